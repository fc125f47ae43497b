//! Calling cargo from a program that cargo runs.

/// The variables that cargo sets for the programs that it runs (`cargo run`, `cargo test`). A cargo that one of them calls
/// must not see them: build scripts that ask for these (that of `ring` does) would run again, and all that stands on them
/// be compiled again, at each change between inside and outside.
pub fn set_for_programs() -> Vec<String> {
    let of_a_package = |name: &String| {
        ["CARGO_MANIFEST_", "CARGO_PKG_"].iter().any(|begin| name.starts_with(begin))
    };
    std::env::vars_os()
        .filter_map(|(name, _)| name.into_string().ok())
        .filter(of_a_package)
        .collect()
}
