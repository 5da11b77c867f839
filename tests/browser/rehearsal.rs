//! The program with the tests' own platforms, for the browser: `cargo build --example rehearsal`.

#[path = "../it/channels/platform/providers.rs"]
mod providers;

fn main() -> std::process::ExitCode {
    providers::add();
    rostrum::cli::main()
}
