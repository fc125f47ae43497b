//! The `bunker` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    bunker_ops::cli::main()
}
