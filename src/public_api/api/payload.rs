//! Bodies of this API: those that all have, and the form of its upload.

use super::super::objects::UploadForm;
pub use crate::web::payload::{Body, JSON, Wire};

/// A form with one file.
pub type FileUpload = crate::web::payload::FileUpload<UploadForm>;
