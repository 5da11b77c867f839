//! The living page of the components, in development builds only: each in light, in dark and from right to left, empty, busy
//! and wrong. Knows no data; its words are samples and not translated.

pub mod pages;
