//! The page of faults holds every row that was promised, and names only tests that are there.

mod edge_ports;
mod edges;
mod points;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;

/// The faults of the matrix that a rollout has to survive.
const PROMISED: [u32; 24] =
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 19, 20, 24, 25, 31, 35, 36];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// `module::name` of every test function below a folder: the module is the file's, or the folder's for a `mod.rs`, or
/// what a test file is called where it is mounted.
fn tests_below(dir: &Path, found: &mut BTreeSet<String>) {
    let a_test =
        Regex::new(r"(?m)#\[(?:tokio::)?test[^\]]*\]\n(?:\s*#\[[^\n]*\n)*\s*(?:async )?fn (\w+)")
            .unwrap();
    for entry in fs::read_dir(dir).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            tests_below(&path, found);
            continue;
        }
        if path.extension().is_none_or(|ending| ending != "rs") {
            continue;
        }
        let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let folder = dir.file_name().unwrap().to_str().unwrap().to_owned();
        let module = match stem.as_str() {
            "mod" => folder,
            "runner_tests" => "tests".to_owned(),
            "runner_reboot_tests" => "reboot_tests".to_owned(),
            _ => stem,
        };
        let text = fs::read_to_string(&path).unwrap();
        for name in a_test.captures_iter(&text) {
            found.insert(format!("{module}::{}", &name[1]));
        }
    }
}

/// Every test function of the project.
fn tests_of_the_project() -> BTreeSet<String> {
    let mut tests = BTreeSet::new();
    tests_below(&root().join("tests/it"), &mut tests);
    tests_below(&root().join("src"), &mut tests);
    tests
}

#[test]
fn every_promised_fault_has_a_row_that_names_tests_which_are_there() {
    let page = fs::read_to_string(root().join("docs/faults.md")).unwrap();
    let tests = tests_of_the_project();
    assert!(tests.len() > 300, "the tests were not found: {}", tests.len());
    let named = Regex::new(r"`([a-z_0-9]+::[a-z_0-9]+)`").unwrap();
    let mut rows = BTreeSet::new();
    for line in page.lines().filter(|line| line.starts_with("| F")) {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").collect();
        assert_eq!(cells.len(), 4, "{line}");
        rows.insert(cells[0].trim().trim_start_matches('F').parse::<u32>().unwrap());
        assert!(named.is_match(cells[3]), "no test proves: {line}");
    }
    assert_eq!(rows, BTreeSet::from(PROMISED));
    for name in named.captures_iter(&page) {
        assert!(tests.contains(&name[1]), "docs/faults.md names {}, which is no test", &name[1]);
    }
}
