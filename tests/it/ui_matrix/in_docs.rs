//! The pictures of `docs/screens` are those of the pages as they are: the same pages with the same headings.

use std::collections::BTreeSet;
use std::path::Path;

use bunker_ops::ui::{Depth, Theme};

use super::pages::{Made, PAGES, opened};
use super::rules::Seen;
use super::world::usual;

/// Columns and rows of a picture there.
const SIZE: (u16, u16) = (120, 36);

/// Each picture with the page that it shows.
const PICTURES: &[(&str, &str)] = &[
    ("alerts", "alerts"),
    ("audit", "audit"),
    ("backups", "backups"),
    ("canary", "soak"),
    ("charts", "charts"),
    ("compare", "compare"),
    ("doctor", "doctor"),
    ("first-run", "first-run"),
    ("fleet", "fleet"),
    ("forwards", "ports"),
    ("help", "help"),
    ("instance", "instance"),
    ("inventory", "inventory"),
    ("leases", "leases"),
    ("log", "log"),
    ("outputs", "outputs"),
    ("plan", "plan"),
    ("run", "run"),
    ("run-ended", "run"),
    ("runs", "runs"),
    ("secrets-due", "secrets-due"),
    ("wall", "wall"),
    ("windows", "windows"),
];

/// What is written in a picture, line by line.
fn words(svg: &str) -> String {
    let mut out = String::new();
    let mut at = String::new();
    for piece in svg.split("<text").skip(1) {
        let y = piece.split("y=\"").nth(1).and_then(|y| y.split('"').next()).unwrap_or_default();
        if y != at {
            out.push('\n');
            y.clone_into(&mut at);
        }
        let text = piece.split_once('>').map_or("", |(_, rest)| rest);
        out.push_str(text.split("</text>").next().unwrap_or_default());
        out.push(' ');
    }
    out.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

/// The line of the headings of a list: below two lines of header and the border.
const HEADINGS: u16 = 3;

/// The headings of a list.
fn headings(seen: &Seen) -> Vec<&str> {
    let row = seen.row(HEADINGS).trim_matches('│').split("  ").map(str::trim);
    row.filter(|word| word.len() > 1 && !word.chars().any(char::is_lowercase)).collect()
}

#[test]
fn the_pictures_in_the_docs_are_those_of_the_pages_as_they_are() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/screens");
    let there: BTreeSet<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|e| e.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    let wanted: BTreeSet<String> = PICTURES.iter().map(|(file, _)| (*file).to_owned()).collect();
    assert_eq!(there, wanted, "`cargo lab screens` makes them");
    let listed = std::fs::read_to_string(folder.with_extension("md")).unwrap();
    for name in &wanted {
        assert!(listed.contains(&format!("(screens/{name}.svg)")), "docs/screens.md lacks {name}");
    }
    let theme = Theme::builtin("dark", Depth::True);
    let fleet = usual();
    let mut old = Vec::new();
    for (file, name) in PICTURES {
        let page = PAGES.iter().find(|page| page.name == *name).unwrap();
        let svg = std::fs::read_to_string(folder.join(file).with_extension("svg")).unwrap();
        let drawn = words(&svg);
        // A wall has the name of its fleet, and the demo has another.
        let title = if page.made == Made::Wall { "read-only" } else { page.title };
        let title = title.split(' ').next().unwrap_or_default();
        assert!(drawn.contains(title), "{file} does not show {title}: {drawn}");
        if page.made != Made::List {
            continue;
        }
        let seen = Seen::of(&opened(page, "usual", &fleet, SIZE), &theme, SIZE);
        let heads = headings(&seen);
        assert!(heads.len() > 1, "{file}: {heads:?}");
        for word in heads {
            if !drawn.contains(word) {
                old.push(format!("{file}: {word:?} is not in it"));
            }
        }
    }
    assert!(old.is_empty(), "`cargo lab screens` draws them anew: {old:#?}");
}
