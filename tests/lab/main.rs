//! `cargo lab` and `cargo demo`: paper hosts and real hosts to try the program on.

#[expect(
    dead_code,
    unreachable_pub,
    unused_imports,
    let_underscore_drop,
    reason = "the tests use parts that this program does not"
)]
#[path = "mod.rs"]
mod lab;
#[expect(let_underscore_drop, reason = "what cannot be tidied up is left to the next time")]
#[path = "run/mod.rs"]
mod run;

fn main() -> std::process::ExitCode {
    run::main()
}
