//! Files made to hurt end in under a second, with a diagnostic.

use std::fmt::Write as _;
use std::time::Instant;

use super::{folder, hosts, problems, write};
use bunker_ops::adapters::inventory::load;

/// Seconds that one such file may take. The budget is one; a loaded machine gets some more.
const BUDGET_S: f64 = 3.0;

fn hurts(text: &str, told: &str) {
    let dir = folder(&[("hosts.yml", "all:\n  hosts:\n    good:\n    bad:\n")]);
    write(dir.path(), "host_vars/bad.yml", text.as_bytes());
    let start = Instant::now();
    let loaded = load(dir.path());
    let took = start.elapsed().as_secs_f64();
    let all = problems(dir.path(), &loaded);
    assert!(all.contains(told), "wants {told}\ntold  {all}");
    assert_eq!(hosts(&loaded), "good");
    assert!(took < BUDGET_S, "{told}: {took} s");
}

#[test]
fn ten_megabytes_are_refused() {
    hurts(&"a: 1\n".repeat(2_000_000), "host_vars/bad.yml: error: the file is larger than 1000 kB");
}

#[test]
fn a_billion_laughs_are_refused() {
    let mut text = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n".to_owned();
    for level in 1..10 {
        let before = format!("*a{}", level - 1);
        let _ = writeln!(text, "a{level}: &a{level} [{}]", vec![before; 10].join(", "));
    }
    hurts(&text, "error: the file holds more than 50000 values, with those that aliases repeat");
}

#[test]
fn merge_keys_in_a_row_are_refused() {
    let mut text = "m0: &m0 {k: v}\n".to_owned();
    for level in 1..2_000 {
        let _ = writeln!(text, "m{level}: &m{level} {{<<: *m{}, k{level}: v}}", level - 1);
    }
    hurts(&text, "error: the file holds more than 50000 values");
}

#[test]
fn brackets_without_end_are_refused() {
    hurts(&"[".repeat(200_000), "error: values are nested deeper than 32 levels");
    hurts(&"{a: ".repeat(200_000), "error: values are nested deeper than 32 levels");
    hurts(&format!("x: {}", "- ".repeat(200_000)), "error: ");
    hurts(&"- ".repeat(200_000), "error: values are nested deeper than 32 levels");
}

#[test]
fn more_values_than_anybody_writes_are_refused() {
    hurts(
        &format!("x: [{}]", "1,".repeat(400_000)),
        "error: the file holds more than 50000 values",
    );
    hurts(&format!("x: \"{}", "a".repeat(900_000)), "error: this is no valid YAML");
    hurts(&format!("{}: 1", "a".repeat(900_000)), "error: ");
}

#[test]
fn templates_that_grow_without_end_are_left_as_they_are() {
    let mut text = "cml_domain: \"{{ t0 }}\"\nt40: xxxxxxxxxxxxxxxx\n".to_owned();
    for level in 0..40 {
        let _ = writeln!(text, "t{level}: \"{{{{ t{0} }}}}{{{{ t{0} }}}}\"", level + 1);
    }
    hurts(&text, "error: cml_domain ");
}

#[test]
fn ten_thousand_hosts_load_and_more_are_refused() {
    let dir = folder(&[("hosts.yml", "web:\n  hosts:\n    w[1:2000]:\n")]);
    let start = Instant::now();
    assert_eq!(load(dir.path()).fleet.unwrap().hosts.len(), 2_000);
    let took = start.elapsed().as_secs_f64();
    assert!(took < BUDGET_S, "{took}");

    let dir = folder(&[("hosts.yml", "web:\n  hosts:\n    a[1:9999]:\n    b[1:9999]:\n")]);
    let loaded = load(dir.path());
    assert!(
        problems(dir.path(), &loaded)
            .contains("hosts.yml:4:5: error: the inventory has more than 10000 hosts")
    );
    assert_eq!(hosts(&loaded), "no fleet");
}
