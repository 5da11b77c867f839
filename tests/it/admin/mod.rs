//! For the operator: the page that others are told does not exist, and the numbers behind their own token.

mod metrics;
mod page;
