//! The index on disk. It can be thrown away at any time: who fills it asks how far it is and begins anew when it is empty.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use tantivy::{
    IndexReader, IndexWriter, ReloadPolicy, TantivyDocument, Term,
    collector::TopDocs,
    directory::MmapDirectory,
    query::{BooleanQuery, BoostQuery, FuzzyTermQuery, Occur, Query, TermQuery},
    schema::{Field, IndexRecordOption, STORED, STRING, Schema, TextFieldIndexing, TextOptions, Value as _},
};
use uuid::Uuid;

use super::words::{Piece, Question, analyzer};
use crate::{
    error::{Error, Result},
    kit::OrgId,
};

/// Raised whenever documents are to be read anew: an index of another number is thrown away.
const FORMAT: &str = "1";
/// What the writer may hold before it writes, in bytes: the least that tantivy takes.
const HEAP: usize = 15_000_000;
/// How much more a word of the title counts.
const TITLE: f32 = 2.5;
/// Characters of a text that are indexed.
const LONGEST_BODY: usize = 20_000;

/// Something that can be found.
#[derive(Debug, Clone)]
pub struct Document {
    /// Whose it is.
    pub org: OrgId,
    /// `post`, `media`, `channel`.
    pub kind: &'static str,
    /// Which one.
    pub id: Uuid,
    /// Its name; may be empty.
    pub title: String,
    /// Its words.
    pub body: String,
}

/// A change of what can be found.
#[derive(Debug, Clone)]
pub enum Change {
    /// It is there, in place of what was there of it before.
    Is(Document),
    /// It is gone: kind and id.
    Gone(&'static str, Uuid),
}

/// Something that was found.
#[derive(Debug, Clone)]
pub struct Find {
    /// As in [`Document`].
    pub kind: String,
    /// Which one.
    pub id: Uuid,
    /// Its name with the hits marked.
    pub title: Vec<Piece>,
    /// Its words around the first hit.
    pub excerpt: Vec<Piece>,
}

/// The index of this process. Cloning is cheap; it is opened by its first use.
#[derive(Clone)]
pub struct Index {
    folder: Arc<PathBuf>,
    open: Arc<OnceLock<Open>>,
}

struct Open {
    index: tantivy::Index,
    reader: IndexReader,
    fields: Fields,
    /// Opened by the first change, closed when there was none for a while.
    writer: Mutex<Option<IndexWriter>>,
}

#[derive(Clone, Copy)]
struct Fields {
    key: Field,
    org: Field,
    kind: Field,
    title: Field,
    body: Field,
}

impl Index {
    /// In a folder that is its own.
    pub fn at(folder: PathBuf) -> Self {
        Self { folder: Arc::new(folder), open: Arc::new(OnceLock::new()) }
    }

    /// How far it is, in the words of who filled it; `None`: it is empty. Waits for the disk.
    pub fn progress(&self) -> Result<Option<String>> {
        let open = self.open()?;
        Ok(open.index.load_metas().map_err(Error::internal)?.payload)
    }

    /// Makes changes and remembers how far that is, all or nothing. Waits for the disk.
    pub fn apply(&self, changes: Vec<Change>, progress: &str) -> Result<()> {
        let open = self.open()?;
        let mut place = open.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let done = (|| {
            let writer = match place.as_mut() {
                Some(writer) => writer,
                None => place.insert(open.index.writer_with_num_threads(1, HEAP)?),
            };
            for change in changes {
                open.fields.write(writer, change)?;
            }
            let mut commit = writer.prepare_commit()?;
            commit.set_payload(progress);
            commit.commit()?;
            open.reader.reload()
        })();
        // After an error a writer takes nothing more.
        done.map_err(|e: tantivy::TantivyError| {
            *place = None;
            Error::internal(e)
        })
    }

    /// Empties it.
    pub fn clear(&self) -> Result<()> {
        let open = self.open()?;
        let mut place = open.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let done = (|| {
            let mut writer: IndexWriter = match place.take() {
                Some(writer) => writer,
                None => open.index.writer_with_num_threads(1, HEAP)?,
            };
            writer.delete_all_documents()?;
            writer.commit()?;
            open.reader.reload()
        })();
        done.map_err(Error::internal)
    }

    /// Gives the memory of its writer back until the next change.
    pub fn rest(&self) {
        if let Some(open) = self.open.get() {
            *open.writer.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
    }

    /// What an organisation has with all these words, the last of which may be a beginning, the best first; of one kind, or
    /// of any. Takes processor time, and waits for the disk.
    pub fn find(&self, org: OrgId, typed: &str, kind: Option<&str>, limit: usize) -> Result<Vec<Find>> {
        let (open, question) = (self.open()?, Question::read(typed));
        if question.0.is_empty() || limit == 0 {
            return Ok(Vec::new());
        }
        let fields = open.fields;
        let searcher = open.reader.searcher();
        let query = fields.query(org, &question, kind);
        let found = searcher.search(&query, &TopDocs::with_limit(limit).order_by_score()).map_err(Error::internal)?;
        let read = |(_, address)| {
            let document: TantivyDocument = searcher.doc(address).map_err(Error::internal)?;
            let text = |field| document.get_first(field).and_then(|v| v.as_str()).unwrap_or_default();
            let (kind, id) = text(fields.key).split_once(':').unwrap_or_default();
            Ok(Find {
                kind: kind.to_owned(),
                id: id.parse().map_err(Error::internal)?,
                title: question.mark(text(fields.title)),
                excerpt: question.excerpt(text(fields.body)),
            })
        };
        found.into_iter().map(read).collect()
    }

    fn open(&self) -> Result<&Open> {
        if let Some(open) = self.open.get() {
            return Ok(open);
        }
        // Two may come here at once: opening twice harms nothing, the second is dropped.
        let open = Open::at(&self.folder).or_else(|e| {
            tracing::warn!(error = %e, "the search index cannot be opened and is made anew");
            let _ = fs::remove_dir_all(&*self.folder);
            Open::at(&self.folder)
        });
        let open = open.map_err(Error::Internal)?;
        Ok(self.open.get_or_init(|| open))
    }
}

impl Open {
    fn at(folder: &Path) -> anyhow::Result<Self> {
        let mark = folder.join("format");
        if fs::read_to_string(&mark).ok().as_deref() != Some(FORMAT) {
            match fs::remove_dir_all(folder) {
                Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(e.into()),
                _ => {}
            }
            fs::create_dir_all(folder)?;
        }
        let (schema, fields) = schema();
        let index = tantivy::Index::open_or_create(MmapDirectory::open(folder)?, schema)?;
        index.tokenizers().register("words", analyzer());
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        // Last: an index without it is not believed.
        fs::write(mark, FORMAT)?;
        Ok(Self { index, reader, fields, writer: Mutex::new(None) })
    }
}

fn schema() -> (Schema, Fields) {
    let words = TextFieldIndexing::default().set_tokenizer("words").set_index_option(IndexRecordOption::WithFreqs);
    let words = TextOptions::default().set_indexing_options(words).set_stored();
    let mut schema = Schema::builder();
    let fields = Fields {
        key: schema.add_text_field("key", STRING | STORED),
        org: schema.add_text_field("org", STRING),
        kind: schema.add_text_field("kind", STRING),
        title: schema.add_text_field("title", words.clone()),
        body: schema.add_text_field("body", words),
    };
    (schema.build(), fields)
}

impl Fields {
    fn write(self, writer: &IndexWriter, change: Change) -> tantivy::Result<()> {
        let (kind, id) = match &change {
            Change::Is(document) => (document.kind, document.id),
            Change::Gone(kind, id) => (*kind, *id),
        };
        let key = format!("{kind}:{id}");
        writer.delete_term(Term::from_field_text(self.key, &key));
        if let Change::Is(document) = change {
            let mut stored = TantivyDocument::default();
            stored.add_text(self.key, key);
            stored.add_text(self.org, document.org.to_string());
            stored.add_text(self.kind, kind);
            stored.add_text(self.title, document.title);
            stored.add_text(self.body, document.body.chars().take(LONGEST_BODY).collect::<String>());
            writer.add_document(stored)?;
        }
        Ok(())
    }

    fn query(self, org: OrgId, question: &Question, kind: Option<&str>) -> BooleanQuery {
        let is = |field, text: &str| -> Box<dyn Query> {
            Box::new(TermQuery::new(Term::from_field_text(field, text), IndexRecordOption::WithFreqs))
        };
        let mut all = vec![(Occur::Must, is(self.org, &org.to_string()))];
        all.extend(kind.map(|kind| (Occur::Must, is(self.kind, kind))));
        let last = question.0.len() - 1;
        for (n, word) in question.0.iter().enumerate() {
            let mut either: Vec<Box<dyn Query>> = Vec::new();
            for (field, weight) in [(self.title, TITLE), (self.body, 1.0)] {
                either.push(Box::new(BoostQuery::new(is(field, word), weight)));
                if n == last {
                    let begins = FuzzyTermQuery::new_prefix(Term::from_field_text(field, word), 0, true);
                    either.push(Box::new(BoostQuery::new(Box::new(begins), weight / 2.0)));
                }
            }
            let either = either.into_iter().map(|query| (Occur::Should, query)).collect::<Vec<_>>();
            all.push((Occur::Must, Box::new(BooleanQuery::new(either))));
        }
        BooleanQuery::new(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(org: OrgId, kind: &'static str, title: &str, body: &str) -> Document {
        Document { org, kind, id: Uuid::now_v7(), title: title.into(), body: body.into() }
    }

    fn titles(index: &Index, org: OrgId, typed: &str, kind: Option<&str>) -> Vec<String> {
        let found = index.find(org, typed, kind, 10).unwrap();
        found.into_iter().map(|f| f.title.into_iter().map(|p| p.text).collect()).collect()
    }

    #[test]
    fn what_was_put_in_is_found_by_its_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let index = Index::at(folder.path().join("search"));
        assert_eq!(index.progress().unwrap(), None);
        let (ours, theirs) = (OrgId::new(), OrgId::new());
        let one = document(ours, "post", "Engine", "The analytical engine weaves");
        let changes = [
            one.clone(),
            document(ours, "post", "Loom", "An engine is no loom"),
            document(ours, "media", "engine.png", ""),
            document(theirs, "post", "Engine of theirs", "secret"),
        ];
        index.apply(changes.into_iter().map(Change::Is).collect(), "e-1").unwrap();
        assert_eq!(titles(&index, ours, "engine", Some("post")), ["Engine", "Loom"]);
        assert_eq!(titles(&index, ours, "ana eng", None), Vec::<String>::new(), "only the last word may be a beginning");
        assert_eq!(titles(&index, ours, "engine ana", None), ["Engine"]);
        assert_eq!(titles(&index, ours, "eng", Some("media")), ["engine.png"]);
        assert_eq!(titles(&index, ours, "secret", None), Vec::<String>::new());
        index.rest();
        index.apply(vec![Change::Gone("post", one.id)], "e-2").unwrap();
        assert_eq!(titles(&index, ours, "weaves", None), Vec::<String>::new());
        // Another process, after this one.
        index.rest();
        let again = Index::at(folder.path().join("search"));
        assert_eq!(again.progress().unwrap().as_deref(), Some("e-2"));
        assert_eq!(titles(&again, ours, "loom", None), ["Loom"]);
    }

    #[test]
    fn a_broken_or_old_index_is_made_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("search");
        Index::at(path.clone()).apply(vec![], "e-1").unwrap();
        fs::write(path.join("meta.json"), "no index").unwrap();
        assert_eq!(Index::at(path.clone()).progress().unwrap(), None);
        Index::at(path.clone()).apply(vec![], "e-1").unwrap();
        fs::write(path.join("format"), "0").unwrap();
        assert_eq!(Index::at(path).progress().unwrap(), None);
    }
}
