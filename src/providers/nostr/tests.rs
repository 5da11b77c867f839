//! What reaches a relay, and what its answers come to. The relay here keeps what it is given, as the standard says.

mod publish;
mod real;
mod relay;
mod trouble;
