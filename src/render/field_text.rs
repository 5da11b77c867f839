//! What is wrong with a form's field, as the form shows it.

use serde::Serialize;

use super::text;
use crate::error::FieldError;

/// One entry of a view's `errors`: what `components/form.html` puts beside the field and into the summary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldText {
    /// The field's name in the form; empty for the form as a whole.
    pub field: String,
    /// What is wrong.
    pub text: String,
}

impl FieldText {
    /// The errors of a form, in order.
    pub fn list(errors: &[FieldError]) -> Vec<Self> {
        errors.iter().map(|e| Self { field: e.field.clone(), text: text(&e.message) }).collect()
    }
}
