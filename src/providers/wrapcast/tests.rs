//! What reaches the vendor, and what its answers come to, in the shapes of Neynar's documentation.

mod publish;
mod signer;
mod trouble;
mod vendor;
