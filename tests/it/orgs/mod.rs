//! Organisations: settings and the API key.

mod api_key;
mod settings;
