//! Full-text search: the one tantivy index of a process, on its own disk. Knows documents (an organisation, a kind, an id and
//! words) and nothing of what they are. What it says may be a moment old: whoever shows it looks its finds up.

mod index;
mod words;

pub use index::{Change, Document, Find, Index};
pub use words::{Piece, folded};
