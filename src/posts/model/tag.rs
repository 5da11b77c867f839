//! The tables `tags` and `post_tags`, and `removed_tags` and `removed_post_tags`, out of which they can be brought back.

use chrono::{DateTime, Utc};

use crate::{
    db::{Ex, FromRow, Tx, is_unique_violation, q},
    error::{Error, OrNotFound as _, Result},
    kit::{OrgId, PostId, TagId},
};

/// Most of one organisation.
const MOST: i64 = 500;
/// Most removed ones that can be brought back.
const MOST_REMOVED: i64 = 100;

/// What posts are sorted by.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Tag {
    /// Its id.
    pub id: TagId,
    /// Its name, unique in the organisation.
    pub name: String,
    /// See [`crate::posts::tag`].
    pub colour: String,
}

/// A tag with how often it is used.
#[derive(Debug, Clone, FromRow)]
pub struct TagUse {
    /// The tag.
    pub id: TagId,
    /// Its name.
    pub name: String,
    /// Its colour.
    pub colour: String,
    /// Posts that carry it.
    pub posts: i64,
}

impl Tag {
    /// All of an organisation, by name.
    pub async fn list(ex: impl Into<Ex<'_>>, org: OrgId) -> Result<Vec<Self>> {
        q("SELECT id, name, colour FROM tags WHERE org_id = $1 ORDER BY lower(name), id").bind(org).all(ex).await
    }

    /// The same with the number of posts that are not deleted.
    pub async fn uses(ex: impl Into<Ex<'_>>, org: OrgId) -> Result<Vec<TagUse>> {
        q("SELECT t.id, t.name, t.colour, count(p.id) AS posts FROM tags t LEFT JOIN post_tags l ON l.tag_id = t.id
           LEFT JOIN posts p ON p.id = l.post_id AND p.deleted_at IS NULL WHERE t.org_id = $1
           GROUP BY t.id, t.name, t.colour ORDER BY lower(t.name), t.id")
        .bind(org)
        .all(ex)
        .await
    }

    /// By id within an organisation.
    pub async fn find(ex: impl Into<Ex<'_>>, org: OrgId, id: TagId) -> Result<Self> {
        let found = q("SELECT id, name, colour FROM tags WHERE org_id = $1 AND id = $2").bind(org).bind(id);
        found.opt(ex).await.or_not_found("tag")
    }

    /// Adds one; a name that there is already is an error of the field `name`, after which the transaction must be dropped.
    pub async fn add(tx: &mut Tx, org: OrgId, (name, colour): (&str, &str), now: DateTime<Utc>) -> Result<Self> {
        let (count,): (i64,) = q("SELECT count(*) FROM tags WHERE org_id = $1").bind(org).one(&mut *tx).await?;
        if count >= MOST {
            return Err(Error::invalid("name", "tags.too_many"));
        }
        let tag = Self { id: TagId::new(), name: name.to_owned(), colour: colour.to_owned() };
        let added = q("INSERT INTO tags (id, org_id, name, colour, created_at) VALUES ($1, $2, $3, $4, $5)")
            .bind(tag.id)
            .bind(org)
            .bind(name)
            .bind(colour)
            .bind(now)
            .exec(tx)
            .await;
        taken(added).map(|_| tag)
    }

    /// Gives it another name and colour; as [`Tag::add`].
    pub async fn change(tx: &mut Tx, org: OrgId, id: TagId, (name, colour): (&str, &str)) -> Result<()> {
        let changed = q("UPDATE tags SET name = $1, colour = $2 WHERE org_id = $3 AND id = $4")
            .bind(name)
            .bind(colour)
            .bind(org)
            .bind(id)
            .exec(tx)
            .await;
        if taken(changed)? == 1 { Ok(()) } else { Err(Error::NotFound("tag")) }
    }

    /// Removes it; its posts stay, without it. Which they were is remembered for [`Tag::bring_back`].
    pub async fn remove(tx: &mut Tx, org: OrgId, id: TagId, now: DateTime<Utc>) -> Result<()> {
        let kept = q("INSERT INTO removed_tags (id, org_id, name, colour, created_at, removed_at)
           SELECT id, org_id, name, colour, created_at, $1 FROM tags WHERE org_id = $2 AND id = $3");
        if kept.bind(now).bind(org).bind(id).exec(&mut *tx).await? != 1 {
            return Err(Error::NotFound("tag"));
        }
        q("INSERT INTO removed_post_tags (tag_id, post_id, org_id) SELECT tag_id, post_id, org_id FROM post_tags WHERE org_id = $1 AND tag_id = $2")
            .bind(org)
            .bind(id)
            .exec(&mut *tx)
            .await?;
        q("DELETE FROM post_tags WHERE org_id = $1 AND tag_id = $2").bind(org).bind(id).exec(&mut *tx).await?;
        q("DELETE FROM tags WHERE org_id = $1 AND id = $2").bind(org).bind(id).exec(&mut *tx).await?;
        q("DELETE FROM removed_tags WHERE org_id = $1 AND id IN
           (SELECT id FROM removed_tags WHERE org_id = $1 ORDER BY removed_at DESC, id DESC LIMIT 1000 OFFSET $2)")
        .bind(org)
        .bind(MOST_REMOVED)
        .exec(tx)
        .await?;
        Ok(())
    }

    /// Takes that back: the tag, on the posts that carried it. A conflict when there is another one of its name by now.
    pub async fn bring_back(tx: &mut Tx, org: OrgId, id: TagId) -> Result<()> {
        let back = q("INSERT INTO tags (id, org_id, name, colour, created_at)
           SELECT id, org_id, name, colour, created_at FROM removed_tags WHERE org_id = $1 AND id = $2");
        match back.bind(org).bind(id).exec(&mut *tx).await {
            Ok(1) => {}
            Ok(_) => return Err(Error::NotFound("tag")),
            Err(e) if is_unique_violation(&e) => return Err(Error::conflict("tags.taken")),
            Err(e) => return Err(e),
        }
        q("INSERT INTO post_tags (post_id, tag_id, org_id) SELECT post_id, tag_id, org_id FROM removed_post_tags WHERE org_id = $1 AND tag_id = $2")
            .bind(org)
            .bind(id)
            .exec(&mut *tx)
            .await?;
        q("DELETE FROM removed_post_tags WHERE org_id = $1 AND tag_id = $2").bind(org).bind(id).exec(&mut *tx).await?;
        q("DELETE FROM removed_tags WHERE org_id = $1 AND id = $2").bind(org).bind(id).exec(tx).await?;
        Ok(())
    }

    /// Those of a post, by name.
    pub async fn of_post(ex: impl Into<Ex<'_>>, org: OrgId, post: PostId) -> Result<Vec<Self>> {
        q("SELECT t.id, t.name, t.colour FROM post_tags l JOIN tags t ON t.id = l.tag_id
           WHERE l.org_id = $1 AND l.post_id = $2 ORDER BY lower(t.name), t.id")
        .bind(org)
        .bind(post)
        .all(ex)
        .await
    }

    /// Those of some posts, by post and name.
    pub async fn of_posts(ex: impl Into<Ex<'_>>, org: OrgId, posts: &[PostId]) -> Result<Vec<(PostId, TagId, String, String)>> {
        q("SELECT l.post_id, t.id, t.name, t.colour FROM post_tags l JOIN tags t ON t.id = l.tag_id WHERE l.org_id = $1")
            .bind(org)
            .list(" AND l.post_id IN ", posts.iter().copied())
            .push(" ORDER BY l.post_id, lower(t.name), t.id")
            .all(ex)
            .await
    }

    /// What a post carries from now on. Ids of another organisation's tags are passed over.
    pub async fn set(tx: &mut Tx, org: OrgId, post: PostId, tags: &[TagId]) -> Result<()> {
        q("DELETE FROM post_tags WHERE org_id = $1 AND post_id = $2").bind(org).bind(post).exec(&mut *tx).await?;
        q("INSERT INTO post_tags (post_id, tag_id, org_id) SELECT $1, id, org_id FROM tags WHERE org_id = $2")
            .bind(post)
            .bind(org)
            .list(" AND id IN ", tags.iter().copied())
            .exec(tx)
            .await?;
        Ok(())
    }
}

fn taken(done: Result<u64>) -> Result<u64> {
    match done {
        Err(e) if is_unique_violation(&e) => Err(Error::invalid("name", "tags.taken")),
        done => done,
    }
}
