//! Proofs that a person can run on their own machine, with the program they were given.

pub mod simulator;
pub mod torture;
