//! `rostrum selftest`: proves on the machine at hand that delivery keeps its promises. Needs no instance and touches none.

pub mod simulator;
