//! The pictures of `docs/screens` are those of the pages as they are: same pages, same headings, same keys.

use std::collections::BTreeSet;
use std::path::Path;

use bunker_ops::ui::theme::Role;
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
    ("charts", "charts"),
    ("compare", "compare"),
    ("doctor", "doctor"),
    ("fleet", "fleet"),
    ("forwards", "ports"),
    ("help", "help"),
    ("instance", "instance"),
    ("inventory", "inventory"),
    ("leases", "leases"),
    ("outputs", "outputs"),
    ("plan", "plan"),
    ("run", "run"),
    ("run-ended", "run"),
    ("runs", "runs"),
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
            at = y.to_owned();
        }
        let text = piece.split_once('>').map_or("", |(_, rest)| rest);
        out.push_str(text.split("</text>").next().unwrap_or_default());
        out.push(' ');
    }
    out.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

/// The words of a page that have a role, each once; a blank of another role parts them.
fn with_role(seen: &Seen, theme: &Theme, role: Role) -> BTreeSet<String> {
    let look = theme.style(role);
    let mut all = BTreeSet::new();
    for y in 0..SIZE.1 {
        let row = (0..SIZE.0).map(|x| &seen.buf[(x, y)]);
        let has: String = row
            .map(|cell| {
                let same = Some(cell.fg) == look.fg && cell.modifier == look.add_modifier;
                if same { cell.symbol() } else { " " }
            })
            .collect();
        all.extend(has.split("  ").map(|w| w.trim().to_owned()).filter(|w| w.len() > 1));
    }
    all
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
    let theme = Theme::builtin("dark", Depth::True);
    let fleet = usual();
    let mut old = Vec::new();
    for (file, name) in PICTURES {
        let page = PAGES.iter().find(|page| page.name == *name).unwrap();
        let svg = std::fs::read_to_string(folder.join(file).with_extension("svg")).unwrap();
        let drawn = words(&svg);
        assert!(drawn.contains(page.title), "{file} shows {}: {drawn}", page.title);
        if page.made != Made::List {
            continue;
        }
        let seen = Seen::of(&opened(page, "usual", &fleet, SIZE), &theme, SIZE);
        let heads = with_role(&seen, &theme, Role::Heading);
        let heads = heads.into_iter().filter(|w| !w.chars().any(char::is_lowercase));
        for word in heads {
            if !drawn.contains(&word) {
                old.push(format!("{file}: {word:?} is not in it"));
            }
        }
    }
    assert!(old.is_empty(), "`cargo lab screens` draws them anew: {old:#?}");
}
