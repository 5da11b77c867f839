//! Proofs over the pure core: no database, no clock, no network.

mod proof;
