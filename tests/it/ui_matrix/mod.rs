//! Every page of the cockpit with every kind of fleet at every size: what holds for all of them, and how each looks.
//!
//! With `BUNKER_PICTURES=FOLDER` each page of the usual fleet is drawn as pictures too, for a person to look at.

mod charted;
mod copied;
mod deeds;
mod feet;
mod fronts;
mod in_docs;
mod kinds;
mod named;
mod pages;
mod plan_text;
mod quick;
mod reasons;
mod rules;
mod sifted;
mod sorted;
mod told_keys;
mod twins;
mod world;

use std::fmt::Write as _;
use std::sync::Arc;

use bunker_ops::app::{Msg, update};
use bunker_ops::domain::snapshot::FleetSnapshot;
use bunker_ops::ui::theme::{BUILTIN, Role};
use bunker_ops::ui::{Depth, Theme, to_ascii};
use ratatui::style::{Color, Modifier};

use self::pages::{Made, Page, all, leads_nowhere, opened};
use self::rules::Seen;
use self::world::{fleets, go, later, usual};
use crate::ui_gallery::pictures;

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];

fn theme() -> Theme {
    Theme::builtin("dark", Depth::True)
}

/// What is wrong with a page, if anything: each rule is asked, so that one run tells of all.
fn faults(page: &Page, kind: &str, fleet: &Arc<FleetSnapshot>, size: (u16, u16)) -> Vec<String> {
    let theme = theme();
    let mut model = opened(page, kind, fleet, size);
    let seen = Seen::of(&model, &theme, size);
    let mut told = vec![rules::is_harmless(&seen)];
    if !leads_nowhere(page, kind) {
        told.extend([
            rules::borders_are_whole(&seen, page.made),
            rules::cuts_are_told(&seen, page.made),
            rules::says_where_it_is(&seen, page),
            rules::numbers_are_right(&seen, page.right),
        ]);
    }
    if size == SIZES[0] && Seen::of(&model, &theme, size).buf != seen.buf {
        told.push(Err("it is drawn otherwise the second time".to_owned()));
    }
    if kind == "usual" {
        told.push(rules::frame_is_not_cut(&seen, page.made));
    }
    if kind == "usual" && model.setup.is_none() {
        let before = seen.still(&theme);
        update(&mut model, Msg::Fleet(later(fleet)));
        if Seen::of(&model, &theme, size).still(&theme) != before {
            told.push(Err("a border or a heading moves when figures are refreshed".to_owned()));
        }
    }
    if page.made == Made::List && size == SIZES[0] && !leads_nowhere(page, kind) {
        for keys in ["", "G", "pgup", "g g"] {
            go(kind, &mut model, keys);
            told.push(rules::list_speaks(&Seen::of(&model, &theme, size)));
        }
    }
    if size == SIZES[0] {
        // The terminal gets smaller than anything that can be shown: it says so and nothing breaks.
        for (width, height) in [(40, 10), (20, 5), (1, 1)] {
            update(&mut model, Msg::Resize(width, height));
            let mut small = Seen::of(&model, &theme, (width, height));
            told.push(rules::is_harmless(&small));
            to_ascii(&mut small.buf);
            let odd = small.buf.content.iter().find(|cell| !cell.symbol().is_ascii());
            told.push(odd.map_or(Ok(()), |cell| Err(format!("no ASCII for {:?}", cell.symbol()))));
        }
    }
    let shown = seen.text();
    told.into_iter()
        .filter_map(Result::err)
        .map(|what| format!("{} of {kind} at {size:?}: {what}\n{shown}", page.name))
        .collect()
}

#[test]
fn every_page_keeps_the_rules_with_every_fleet_at_every_size() {
    let began = std::time::Instant::now();
    let mut wrong = Vec::new();
    for (kind, fleet) in fleets() {
        for page in all() {
            for (at, size) in SIZES.into_iter().enumerate() {
                // These take long and tell nothing that the others do not.
                let idle = match (page.made, kind) {
                    (Made::Layer, "40" | "1,000" | "stale") => true,
                    (_, "1,000") => at == 1,
                    _ => false,
                };
                if idle {
                    continue;
                }
                wrong.extend(faults(page, kind, &fleet, size));
            }
        }
    }
    eprintln!("{} pages, each with every fleet, took {:.1?}", all().count(), began.elapsed());
    assert!(
        wrong.is_empty(),
        "{} faults, of which the first:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(20)].join("\n")
    );
}

#[test]
fn how_each_page_looks() {
    let fleets = fleets();
    for page in all() {
        let mut out = String::new();
        for (kind, fleet) in &fleets {
            if page.brief && !matches!(*kind, "usual" | "long names") {
                continue;
            }
            for size in SIZES {
                if *kind != "usual" && (page.kept || !(page.whole || size == SIZES[0])) {
                    continue;
                }
                let model = opened(page, kind, fleet, size);
                let (w, h) = size;
                if !page.kept {
                    let seen = Seen::of(&model, &theme(), size);
                    let _ = write!(out, "=== {kind}, {w}x{h}\n{}", seen.text());
                }
                if *kind == "usual" {
                    pictures(&model, &format!("{}-{w}x{h}", page.name));
                }
            }
        }
        if !page.kept {
            insta::assert_snapshot!(page.name, out);
        }
    }
}

/// Luminance as WCAG 2 counts it.
fn luminance(color: Color) -> Option<f64> {
    let Color::Rgb(r, g, b) = color else { return None };
    let part = |c: u8| {
        let c = f64::from(c) / 255.0;
        if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    };
    Some(0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b))
}

fn contrast(fg: Color, bg: Color) -> Option<f64> {
    let (a, b) = (luminance(fg)?, luminance(bg)?);
    Some((a.max(b) + 0.05) / (a.min(b) + 0.05))
}

/// Least contrast of what stands in a cell: of words, of signs and lines of charts, of borders.
fn least(sign: &str) -> f64 {
    match sign.chars().next() {
        Some(c) if c.is_alphanumeric() => 4.5,
        Some('╭' | '╮' | '╰' | '╯' | '│' | '─') => 1.5,
        // The empty part of a gauge and of a chart tells nothing by itself.
        Some('▁'..='█' | '⠀'..='⣿' | '━' | '░' | '▏'..='▟') => 1.0,
        _ => 3.0,
    }
}

#[test]
fn everything_that_any_page_shows_can_be_read_in_every_theme() {
    let fleet = usual();
    let mut faint = std::collections::BTreeMap::new();
    for page in all() {
        let size = SIZES[1];
        let model = opened(page, "usual", &fleet, size);
        for (name, _) in BUILTIN {
            let theme = Theme::builtin(name, Depth::True);
            let paper = theme.style(Role::Text);
            for cell in &Seen::of(&model, &theme, size).buf.content {
                let bare = |color: Color, or: Option<Color>| {
                    if color == Color::Reset { or.unwrap_or(color) } else { color }
                };
                let (mut fg, mut bg) = (bare(cell.fg, paper.fg), bare(cell.bg, paper.bg));
                if cell.modifier.contains(Modifier::REVERSED) {
                    std::mem::swap(&mut fg, &mut bg);
                }
                let sign = cell.symbol();
                if sign.trim().is_empty() {
                    continue;
                }
                let Some(has) = contrast(fg, bg) else { continue };
                if has < least(sign) {
                    faint.entry((*name, fg.to_string(), bg.to_string())).or_insert_with(|| {
                        format!("{name}, {}: {sign:?} in {fg} on {bg} has {has:.2}", page.name)
                    });
                }
            }
        }
    }
    let all: Vec<&String> = faint.values().collect();
    assert!(all.is_empty(), "{all:#?}");
}

#[test]
fn no_state_is_told_by_colour_alone_on_any_page() {
    const SIGNS: &str = "●▲▼?◐·○◆✓←▌━█▁▂▃▄▅▆▇—◌";
    let (fleet, size, theme) = (usual(), SIZES[1], theme());
    let states = [Role::Degraded, Role::Down, Role::Unknown].map(|role| theme.style(role).fg);
    let mut bare = Vec::new();
    // What a host printed, and the lines of charts with several, have colours of their own.
    let own = |page: &&Page| {
        ["run", "outputs", "log", "charts", "search", "replay"]
            .iter()
            .any(|p| page.name.split('-').next() == Some(*p))
    };
    // A row that a layer covers in part has its sign under it.
    for page in all().filter(|page| !own(page) && page.made != Made::Layer) {
        for kind in ["usual", "failing", "stale"] {
            let seen = Seen::of(&opened(page, kind, &fleet, size), &theme, size);
            for y in 0..size.1 {
                let cells = (0..size.0).map(|x| &seen.buf[(x, y)]);
                let coloured =
                    cells.filter(|c| c.symbol().trim() != "" && states.contains(&Some(c.fg)));
                let row = seen.row(y);
                let told = row.chars().any(|c| SIGNS.contains(c))
                    || ["FAILED", "type the number"].iter().any(|word| row.contains(word));
                if coloured.count() > 0 && !told {
                    bare.push(format!("{} of {kind}: {}", page.name, seen.row(y).trim()));
                }
            }
        }
    }
    bare.dedup();
    assert!(bare.is_empty(), "{bare:#?}");
}
