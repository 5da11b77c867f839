//! The program; everything is in the library.

fn main() -> std::process::ExitCode {
    rostrum::cli::main()
}
