//! Whether everything that a theme draws can be read: contrast as WCAG 2 counts it.

use std::collections::BTreeMap;

use super::color::contrast;
use super::load::{Look, parse_looks, place, resolve};
use super::role::Role;
use crate::domain::diagnostic::{Diagnostic, Severity};
use crate::domain::untrusted::Safe;

/// Least contrast of text.
const TEXT: f64 = 4.5;
/// Least contrast of signs and of the lines of charts.
const SIGN: f64 = 3.0;
/// Least contrast of borders, which tell nothing by themselves.
const BORDER: f64 = 1.5;

/// Where a selected row is.
const SELECTED: &str = "on a selected row";

/// Everything that is wrong with a theme's file.
pub fn check(file: &str, text: &str) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    let (_, looks) = parse_looks(file, text, &mut problems);
    if problems.iter().any(|problem| problem.severity == Severity::Error) && looks.is_empty() {
        return problems;
    }
    problems.extend(missing(file, &looks));
    let paper = resolve(Role::Text, &looks);
    for role in Role::ALL {
        let look = resolve(*role, &looks);
        for (ground, words) in grounds(*role, look, paper, &looks) {
            let (Some(fg), Some(bg)) = (look.fg.or(paper.fg), ground) else { continue };
            let (has, least) = (contrast(fg.rgb, bg.rgb), least(*role));
            if has < least {
                let place = looked(*role, &looks).map_or((0, 0), |own| place(text, "roles", own));
                problems.push(faint((file, place), *role, has, least, words));
            }
        }
    }
    problems
}

fn faint(
    (file, (line, column)): (&str, (u32, u32)),
    role: Role,
    has: f64,
    least: f64,
    words: &str,
) -> Diagnostic {
    Diagnostic {
        severity: Severity::Warning,
        file: Safe::line(file),
        line,
        column,
        message: Safe::line(&format!(
            "role {} has contrast {has:.2} {words}: it should be {least} or more",
            role.key()
        )),
        hint: Some(Safe::line("take a lighter or a darker colour")),
    }
}

/// What tells states apart and has no look of its own.
fn missing(file: &str, looks: &BTreeMap<&'static str, Look>) -> Option<Diagnostic> {
    let needed =
        [Role::Text, Role::Selection, Role::Degraded, Role::Down, Role::Unknown, Role::Running];
    let left_out = needed.into_iter().filter(|role| !looks.contains_key(role.key()));
    // A theme without any colour is one for terminals that have none: its text has no look to be given.
    let colours =
        looks.is_empty() || looks.values().any(|look| look.fg.is_some() || look.bg.is_some());
    let left_out: Vec<String> = left_out
        .filter(|role| colours || *role != Role::Text)
        .map(|role| {
            if role == Role::Text {
                return "text (it stays the terminal's own)".to_owned();
            }
            format!("{} (it looks like {})", role.key(), role.fallback().key())
        })
        .collect();
    (!left_out.is_empty()).then(|| Diagnostic {
        severity: Severity::Warning,
        file: Safe::line(file),
        line: 0,
        column: 0,
        message: Safe::line(&format!("roles without a look of their own: {}", left_out.join(", "))),
        hint: Some(Safe::line("name them under `roles`, as themes/dark.yaml does")),
    })
}

/// The role of the file that gives a role its look.
fn looked(role: Role, looks: &BTreeMap<&'static str, Look>) -> Option<&'static str> {
    let mut at = role;
    for _ in Role::ALL {
        if looks.contains_key(at.key()) {
            return Some(at.key());
        }
        at = at.fallback();
    }
    None
}

/// What contrast a role must have.
pub(super) fn least(role: Role) -> f64 {
    const SIGNS: [Role; 10] = [
        Role::Healthy,
        Role::Waiting,
        Role::NotRun,
        Role::BorderFocus,
        Role::Chart1,
        Role::Chart2,
        Role::Chart3,
        Role::Chart4,
        Role::Chart5,
        Role::Chart6,
    ];
    if role == Role::Border {
        BORDER
    } else if SIGNS.contains(&role) {
        SIGN
    } else {
        TEXT
    }
}

/// What a role is drawn on: its own ground, or the page, the selected row and dialogs.
pub(super) fn grounds(
    role: Role,
    look: Look,
    paper: Look,
    looks: &BTreeMap<&'static str, Look>,
) -> Vec<(Option<super::color::Paint>, &'static str)> {
    if let Some(own) = look.bg {
        return vec![(Some(own), "on its own ground")];
    }
    let mut grounds = vec![(paper.bg, "on the page")];
    let rows = [
        Role::Text,
        Role::Dim,
        Role::Strong,
        Role::Healthy,
        Role::HealthyWord,
        Role::Degraded,
        Role::Down,
        Role::Unknown,
        Role::Running,
        Role::Accent,
        Role::Marked,
        Role::Key,
        Role::Waiting,
        Role::NotRun,
        Role::Chart1,
    ];
    if rows.contains(&role) {
        grounds.push((resolve(Role::Selection, looks).bg, SELECTED));
    }
    let dialogs = [
        Role::Text,
        Role::Dim,
        Role::Strong,
        Role::Key,
        Role::Hint,
        Role::Heading,
        Role::Danger,
        Role::Title,
        Role::Healthy,
        Role::Degraded,
        Role::Down,
        Role::Unknown,
        Role::Running,
        Role::Accent,
        Role::Marked,
        Role::BorderFocus,
    ];
    if dialogs.contains(&role) {
        grounds.push((resolve(Role::Dialog, looks).bg, "in a dialog"));
    }
    grounds
}

#[cfg(test)]
mod tests {
    use super::super::color::{Depth, rgb_of};
    use super::super::load::{BUILTIN, Theme};
    use super::*;

    #[test]
    fn everything_in_the_themes_that_we_bring_can_be_read() {
        for (name, text) in BUILTIN {
            assert_eq!(check(name, text), vec![], "{name}");
        }
    }

    /// Of 256 colours those that never change, of sixteen as xterm shows them; what is the terminal's own is not known.
    #[test]
    fn everything_can_be_read_where_there_are_fewer_colours_too() {
        for (name, text) in BUILTIN {
            let (_, looks) = parse_looks(name, text, &mut Vec::new());
            let paper = resolve(Role::Text, &looks);
            for depth in [Depth::True, Depth::Ansi256, Depth::Ansi16] {
                let (theme, mut n) = (Theme::builtin(name, depth), 0);
                let pairs = Role::ALL.iter().flat_map(|role| {
                    let look = resolve(*role, &looks);
                    grounds(*role, look, paper, &looks).into_iter().map(move |pair| (*role, pair))
                });
                for (role, (ground, words)) in pairs {
                    // With sixteen colours a selected row has its own ink only.
                    let ink = if depth == Depth::Ansi16 && words == SELECTED {
                        Role::Selection
                    } else {
                        role
                    };
                    let fg = theme.style(ink).fg.or(theme.style(Role::Text).fg).and_then(rgb_of);
                    let bg = ground.and_then(|paint| rgb_of(paint.at(depth)?));
                    let (Some(fg), Some(bg)) = (fg, bg) else { continue };
                    n += 1;
                    let has = contrast(fg, bg);
                    assert!(
                        has >= least(role),
                        "{name}, {depth:?}: {} has {has:.2} {words}",
                        role.key()
                    );
                }
                assert!(n >= 10 || *name == "mono", "{name}, {depth:?}: {n} pairs");
            }
        }
    }

    #[test]
    fn what_is_too_faint_is_named() {
        let text = "name: faint\npalette:\n  paper: ['#ffffff', white]\n  ink: ['#999999', grey]\n\
                    roles:\n  text: ink on paper\n";
        let told: Vec<String> =
            check("f.yaml", text).iter().map(|d| d.message.to_string()).collect();
        let first = "roles without a look of their own: selection (it looks like strong), degraded (it looks like strong), \
                     down (it looks like strong), unknown (it looks like dim), running (it looks like accent)";
        assert_eq!(told.first().map(String::as_str), Some(first), "{told:?}");
        let next = "role text has contrast 2.85 on its own ground: it should be 4.5 or more";
        assert_eq!(told.get(1).map(String::as_str), Some(next), "{told:?}");
        assert_eq!(check("f.yaml", text).get(1).map(|d| (d.line, d.column)), Some((6, 3)));
        let bare = check("bare.yaml", "name: bare\n");
        assert_eq!(bare.len(), 1, "{bare:?}");
        assert!(
            bare[0].message.as_str().contains("text (it stays the terminal's own), selection"),
            "{bare:?}"
        );
    }
}
