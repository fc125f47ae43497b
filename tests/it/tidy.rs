//! The structure of the project, held by a test: import direction, sizes, words, and where
//! dangerous things may stand. A remark that a reviewer makes twice becomes a row here.

use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;

/// A folder of `src/` and what its files may not name.
struct Room {
    folder: &'static str,
    /// Other folders of the crate.
    folders: &'static [&'static str],
    /// Anything else.
    words: &'static [&'static [&'static str]],
}

/// Code of the terminal.
const TERMINAL: &[&str] = &["ratatui", "crossterm"];
/// Code that reaches other machines or the disk.
const WORLD: &[&str] =
    &["openssh", "reqwest", "rusqlite", "std::fs", "tokio::fs", "std::process", "std::net"];
/// The clock.
const CLOCK: &[&str] = &["Timestamp::now", "SystemTime::now", "Zoned::now"];
/// What makes code depend on when and where it runs.
const AMBIENT: &[&str] = &["tokio", "std::env", "Instant::now"];

/// The direction rules of docs/architecture.md, one row a folder.
const ROOMS: &[Room] = &[
    Room {
        folder: "domain",
        folders: &["steps", "workflows", "engine", "adapters", "app", "ui", "tui", "cli"],
        words: &[TERMINAL, WORLD, CLOCK, AMBIENT],
    },
    Room {
        folder: "steps",
        folders: &["workflows", "engine", "adapters", "app", "ui", "tui", "cli"],
        words: &[TERMINAL, WORLD, CLOCK, AMBIENT],
    },
    Room {
        folder: "workflows",
        folders: &["engine", "adapters", "app", "ui", "tui", "cli"],
        words: &[TERMINAL, WORLD, CLOCK, AMBIENT],
    },
    Room {
        folder: "engine",
        folders: &["adapters", "app", "ui", "tui", "cli"],
        words: &[TERMINAL, WORLD, CLOCK],
    },
    Room { folder: "adapters", folders: &["app", "ui", "tui", "cli"], words: &[TERMINAL] },
    Room {
        folder: "app",
        folders: &["steps", "workflows", "engine", "adapters", "ui", "tui", "cli"],
        words: &[TERMINAL, WORLD, CLOCK, AMBIENT],
    },
    Room {
        folder: "ui",
        folders: &["steps", "workflows", "engine", "adapters", "tui", "cli"],
        words: &[&["crossterm", "&mut Model"], WORLD, CLOCK, AMBIENT],
    },
    Room { folder: "tui", folders: &["cli"], words: &[&["openssh", "reqwest", "rusqlite"]] },
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// All `.rs` files below a folder of the project, with their text, in a fixed order.
fn sources(folder: &str) -> Vec<(String, String)> {
    fn walk(dir: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(dir).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(&root().join(folder), &mut found);
    found.sort();
    found
        .into_iter()
        .map(|path| {
            let name = path.strip_prefix(root()).unwrap().display().to_string();
            (name, fs::read_to_string(&path).unwrap())
        })
        .collect()
}

/// The code of a file without comments and without its test module, as numbered lines.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .take_while(|(_, line)| !line.starts_with("#[cfg(test)]"))
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
        .map(|(i, line)| (i + 1, line.split(" // ").next().unwrap_or(line)))
}

/// Whether a file of `src/` is compiled for tests only: its name says so.
fn is_for_tests(name: &str) -> bool {
    name.ends_with("_tests.rs") || name.ends_with("_test_home.rs")
}

fn assert_none(what: &str, found: &[String]) {
    assert!(found.is_empty(), "{what}:\n  {}", found.join("\n  "));
}

#[test]
fn imports_go_one_way() {
    let mut found = Vec::new();
    for room in ROOMS {
        let folders = Regex::new(&format!(
            r"\b(crate|bunker_ops)::(\{{[^}}]*\b)?({})\b",
            room.folders.join("|")
        ))
        .unwrap();
        let words: Vec<(Regex, &str)> = room
            .words
            .concat()
            .into_iter()
            .map(|w| {
                let edge = if w.starts_with('&') { "" } else { r"\b" };
                (Regex::new(&format!("{edge}{}\\b", regex::escape(w))).unwrap(), w)
            })
            .collect();
        for (name, text) in sources(&format!("src/{}", room.folder)) {
            if is_for_tests(&name) {
                continue;
            }
            for (n, line) in code(&text) {
                if let Some(hit) = folders.find(line) {
                    found.push(format!("{name}:{n}: {} names {}", room.folder, hit.as_str()));
                }
                for (word, plain) in &words {
                    if word.is_match(line) {
                        found.push(format!("{name}:{n}: {} names {plain}", room.folder));
                    }
                }
            }
        }
    }
    assert_none("imports against the direction of docs/architecture.md", &found);
}

#[test]
fn files_and_folders_stay_small_and_well_named() {
    let mut found = Vec::new();
    for (name, text) in sources("src").into_iter().chain(sources("tests")) {
        let n = text.lines().count();
        if n > 400 {
            found.push(format!("{name} has {n} lines; split it by meaning"));
        }
        let stem = Path::new(&name).file_stem().unwrap().to_string_lossy().into_owned();
        if ["utils", "util", "helpers", "helper", "manager", "common", "misc"]
            .contains(&stem.as_str())
        {
            found.push(format!("{name} is named after nothing; name it for what it holds"));
        }
        if name.starts_with("src/") && !text.starts_with("//!") {
            found.push(format!("{name} does not begin by saying what it is for"));
        }
    }
    assert_none("files that rot", &found);
}

#[test]
fn dangerous_things_stand_in_one_place() {
    let rows: &[(&str, &str, &[&str])] = &[
        (
            "the right to change things is granted once",
            r"Operate::grant\(",
            &["src/cli/mod.rs", "src/domain/capability.rs"],
        ),
        (
            "tasks are owned by the supervisor",
            r"tokio::(task::)?spawn(_blocking)?\(",
            &["src/engine/supervisor.rs"],
        ),
        (
            "time comes from the clock",
            r"(Timestamp|SystemTime|Zoned)::now\(",
            &["src/adapters/clock.rs"],
        ),
        (
            "no raw words for a remote shell",
            r"\.(raw_command|raw_arg|shell)\(",
            &["src/adapters/ssh/"],
        ),
        ("nothing leaves without its destructors", r"process::exit\(", &[]),
    ];
    let mut found = Vec::new();
    for (rule, pattern, places) in rows {
        let pattern = Regex::new(pattern).unwrap();
        for (name, text) in sources("src") {
            if places.iter().any(|place| name.starts_with(place)) {
                continue;
            }
            for (n, line) in code(&text).filter(|(_, line)| pattern.is_match(line)) {
                found.push(format!("{name}:{n}: {rule}: {}", line.trim()));
            }
        }
    }
    assert_none("out of place", &found);
}

#[test]
fn no_test_is_switched_off_and_no_lint_is_silenced_without_a_reason() {
    let mut found = Vec::new();
    // Built from pieces, so that this file does not hold what it looks for.
    let forbidden = [
        format!("#[{}]", "ignore"),
        format!("{}!(", "todo"),
        format!("{}!(", "unimplemented"),
        format!("{}!(", "dbg"),
        format!("#[{}(", "allow"),
        format!("#![{}(", "allow"),
    ];
    for (name, text) in sources("src").into_iter().chain(sources("tests")) {
        for (i, line) in text.lines().enumerate() {
            if let Some(word) = forbidden.iter().find(|word| line.contains(*word)) {
                found.push(format!("{name}:{}: {word}", i + 1));
            }
        }
    }
    assert_none("not finished", &found);
}

#[test]
fn the_architecture_page_names_every_folder() {
    let page = fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    let missing: Vec<String> = fs::read_dir(root().join("src"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .map(|path| format!("`{}/`", path.file_name().unwrap().to_string_lossy()))
        .filter(|folder| !page.contains(folder))
        .collect();
    assert_none("folders that docs/architecture.md does not explain", &missing);
}

#[test]
fn the_top_level_is_what_the_design_says() {
    let known = [
        "CHANGELOG.md",
        "Cargo.lock",
        "Cargo.toml",
        "LICENSE",
        "README.md",
        "deny.toml",
        "docs",
        "inventory",
        "src",
        "target",
        "tests",
        "themes",
    ];
    let strange: Vec<String> = fs::read_dir(root())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| !name.starts_with('.') && !known.contains(&name.as_str()))
        .collect();
    assert_none("not in the list of the top level", &strange);
}
