//! The practice platform.
