//! The queue for its operator: how much waits and runs, what was given up and why, and another try for it.

pub mod pages;
