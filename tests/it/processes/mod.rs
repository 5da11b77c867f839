//! Several processes of one instance, and instances that were restored or copied.

mod restore;
mod share;
