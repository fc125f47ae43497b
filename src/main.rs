//! The `bunker` program.

fn main() {}
