//! The `hookwell` program.

fn main() -> std::process::ExitCode {
    hookwell::cli::run()
}
