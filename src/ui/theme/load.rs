//! Reading a theme: a bad line costs that line, never the program.

use std::collections::BTreeMap;

use ratatui::style::{Color, Modifier, Style};
use serde::Deserialize;

use super::check::{grounds, least};
use super::color::{Depth, Paint, line_in, parse_ansi, parse_hex};
use super::role::Role;
use crate::domain::accent::Accent;
use crate::domain::diagnostic::{Diagnostic, Severity};
use crate::domain::untrusted::Safe;

/// The themes that the program brings, by name.
pub const BUILTIN: &[(&str, &str)] = &[
    ("dark", include_str!("../../../themes/dark.yaml")),
    ("light", include_str!("../../../themes/light.yaml")),
    ("high-contrast", include_str!("../../../themes/high-contrast.yaml")),
    ("colour-blind-safe", include_str!("../../../themes/colour-blind-safe.yaml")),
    ("solarized", include_str!("../../../themes/solarized.yaml")),
    ("gruvbox", include_str!("../../../themes/gruvbox.yaml")),
    ("catppuccin", include_str!("../../../themes/catppuccin.yaml")),
    ("nord", include_str!("../../../themes/nord.yaml")),
    ("wall", include_str!("../../../themes/wall.yaml")),
    ("mono", include_str!("../../../themes/mono.yaml")),
];

/// What each role looks like on one terminal.
#[derive(Debug, Clone, PartialEq)]
pub struct Theme {
    name: String,
    depth: Depth,
    styles: Vec<Style>,
}

/// A theme file as serde reads it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Schema {
    name: String,
    #[serde(default)]
    palette: BTreeMap<String, (String, String)>,
    #[serde(default)]
    roles: BTreeMap<String, String>,
}

/// A look before it is brought down to a terminal.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Look {
    pub(super) fg: Option<Paint>,
    pub(super) bg: Option<Paint>,
    pub(super) modifier: Modifier,
}

impl Theme {
    /// A theme that the program brings; without colours it is always `mono`.
    pub fn builtin(name: &str, depth: Depth) -> Self {
        let name = if depth == Depth::Mono { "mono" } else { name };
        let text = BUILTIN.iter().find(|(known, _)| *known == name).or(BUILTIN.first());
        parse("", text.map(|(_, text)| *text).unwrap_or_default(), depth).0
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The same by another name.
    #[must_use]
    pub fn called(self, name: &str) -> Self {
        Self { name: name.to_owned(), ..self }
    }

    /// With sixteen colours: those of the selected row, where states would not be read in their own.
    pub(in crate::ui) fn plain_selection(&self) -> Option<(Color, Color)> {
        let own = self.style(Role::Selection);
        let few = self.depth == Depth::Ansi16;
        own.bg.zip(own.fg).filter(|(bg, _)| few && *bg != Color::Reset)
    }

    /// The look of a line in a fleet's own colour.
    pub(in crate::ui) fn accent(&self, accent: Accent) -> Style {
        line_in(accent.rgb, self.depth)
    }

    /// The look of a role.
    pub fn style(&self, role: Role) -> Style {
        self.styles.get(role as usize).copied().unwrap_or_default()
    }
}

/// Reads a theme for a terminal; what cannot be understood is told and has the look of its fallback.
pub fn parse(file: &str, text: &str, depth: Depth) -> (Theme, Vec<Diagnostic>) {
    let mut problems = Vec::new();
    let (name, looks) = parse_looks(file, text, &mut problems);
    let paper = resolve(Role::Text, &looks);
    let styles = Role::ALL
        .iter()
        .map(|role| {
            let look = resolve(*role, &looks);
            let mut style = Style::new().add_modifier(look.modifier);
            let grounds = grounds(*role, look, paper, &looks).into_iter();
            let grounds: Vec<Paint> = grounds.filter_map(|(ground, _)| ground).collect();
            style.fg = look.fg.and_then(|p| p.on(depth, &grounds, least(*role)));
            style.bg = look.bg.and_then(|p| p.at(depth));
            style
        })
        .collect();
    (Theme { name, depth, styles }, problems)
}

/// The look of a role, or that of its nearest fallback that has one.
pub(super) fn resolve(role: Role, looks: &BTreeMap<&'static str, Look>) -> Look {
    let mut at = role;
    // No chain is longer than the number of roles.
    for _ in Role::ALL {
        if let Some(look) = looks.get(at.key()) {
            return *look;
        }
        at = at.fallback();
    }
    Look::default()
}

pub(super) fn parse_looks(
    file: &str,
    text: &str,
    problems: &mut Vec<Diagnostic>,
) -> (String, BTreeMap<&'static str, Look>) {
    let mut tell = |(line, column): (u32, u32), message: String, hint: &str| {
        problems.push(Diagnostic {
            severity: Severity::Error,
            file: Safe::line(file),
            line,
            column,
            message: Safe::line(&message),
            hint: Some(Safe::line(hint)),
        });
    };
    let schema: Schema = match serde_yaml::from_str(text) {
        Ok(schema) => schema,
        Err(error) => {
            let at = |n: u64| u32::try_from(n).unwrap_or(0);
            let place = error.location().map(|l| (at(l.line()), at(l.column())));
            // The place is told before, and the lines around it are in the file.
            let said = error.to_string();
            let said = said.lines().next().unwrap_or_default().trim_start_matches("error: ");
            let said = said.split_once(": ").filter(|(at, _)| at.starts_with("line "));
            let said =
                said.map_or_else(|| "it cannot be read".to_owned(), |(_, said)| said.to_owned());
            let hint = "it has name, palette and roles";
            tell(place.unwrap_or_default(), format!("not a theme: {said}"), hint);
            return (String::new(), BTreeMap::new());
        }
    };
    let mut palette = BTreeMap::new();
    for (name, (hex, ansi)) in &schema.palette {
        match (parse_hex(hex), parse_ansi(ansi)) {
            (Some(rgb), Some(ansi)) => {
                palette.insert(name.as_str(), Paint { rgb, ansi });
            }
            _ => tell(
                place(text, "palette", name),
                format!("colour {name} is not [\"#rrggbb\", name]: [{hex}, {ansi}]"),
                "the name is default, black, red, green, yellow, blue, magenta, cyan, grey, dark-grey, white or bright-...",
            ),
        }
    }
    let mut looks = BTreeMap::new();
    for (key, words) in &schema.roles {
        let Some(role) = Role::ALL.iter().find(|role| role.key() == key) else {
            let hint = "the roles are in themes/dark.yaml";
            tell(place(text, "roles", key), format!("there is no role {key}"), hint);
            continue;
        };
        match parse_look(words, &palette) {
            Ok(look) => {
                looks.insert(role.key(), look);
            }
            Err(word) => tell(
                place(text, "roles", key),
                format!("role {key}: {word} is neither a colour of the palette nor a style"),
                "write `colour`, `on colour`, bold, dim, italic, underline or reverse",
            ),
        }
    }
    (schema.name, looks)
}

/// Where a name stands in a section of a theme's file, line and column from 1; 0 where it is not found.
pub(super) fn place(text: &str, section: &str, name: &str) -> (u32, u32) {
    let mut within = false;
    for (n, line) in text.lines().enumerate() {
        if line.starts_with(char::is_alphabetic) {
            within = line.split(':').next() == Some(section);
        }
        let is_name = |at: &usize| {
            let word = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
            let (before, after) = line.split_at(*at);
            let rest = after.get(name.len()..).unwrap_or_default().trim_start_matches(['"', '\'']);
            !before.ends_with(word) && rest.trim_start().starts_with(':')
        };
        let found = line.match_indices(name).map(|(at, _)| at).find(is_name).filter(|_| within);
        if let Some(at) = found {
            let column = line.get(..at).unwrap_or_default().chars().count() + 1;
            return (u32::try_from(n + 1).unwrap_or(0), u32::try_from(column).unwrap_or(0));
        }
    }
    (0, 0)
}

fn parse_look(words: &str, palette: &BTreeMap<&str, Paint>) -> Result<Look, String> {
    let mut look = Look::default();
    let mut behind = false;
    for word in words.split_whitespace() {
        match word {
            "on" => behind = true,
            "bold" => look.modifier |= Modifier::BOLD,
            "dim" => look.modifier |= Modifier::DIM,
            "italic" => look.modifier |= Modifier::ITALIC,
            "underline" => look.modifier |= Modifier::UNDERLINED,
            "reverse" => look.modifier |= Modifier::REVERSED,
            color => {
                let paint = palette.get(color).copied().ok_or_else(|| color.to_owned())?;
                if behind {
                    look.bg = Some(paint);
                } else {
                    look.fg = Some(paint);
                }
            }
        }
    }
    Ok(look)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_themes_that_we_bring_are_called_as_their_files_and_name_every_state() {
        for (name, text) in BUILTIN {
            let mut problems = Vec::new();
            let (own, looks) = parse_looks(name, text, &mut problems);
            assert_eq!((problems, own.as_str()), (vec![], *name));
            for role in [Role::Degraded, Role::Down, Role::Unknown, Role::Running, Role::Selection]
            {
                assert!(looks.contains_key(role.key()), "{name}: {}", role.key());
            }
        }
        let files = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/themes")).unwrap();
        assert_eq!(files.count(), BUILTIN.len(), "every file of themes/ is brought");
    }

    #[test]
    fn a_bad_line_costs_that_line_only() {
        let text = "name: mine\npalette:\n  ink: ['#ffffff', white]\n  bad: ['#12', red]\nroles:\n  text: ink bold\n  nonsense: ink\n  dim: purple\n";
        let (theme, problems) = parse("mine.yaml", text, Depth::True);
        let told: Vec<String> = problems.iter().map(|p| p.message.to_string()).collect();
        assert_eq!(
            told,
            [
                "colour bad is not [\"#rrggbb\", name]: [#12, red]",
                "role dim: purple is neither a colour of the palette nor a style",
                "there is no role nonsense",
            ]
        );
        let at: Vec<(u32, u32)> = problems.iter().map(|p| (p.line, p.column)).collect();
        assert_eq!(at, [(4, 3), (8, 3), (7, 3)]);
        assert_eq!(theme.style(Role::Dim), theme.style(Role::Text));
        let (theme, problems) = parse("mine.yaml", "::: not yaml [", Depth::True);
        assert_eq!((theme.name(), problems.len()), ("", 1));
        let one = |text: &str| parse("mine.yaml", text, Depth::True).1.remove(0);
        let told = one("name: mine\nrolez: {}\n");
        assert_eq!((told.line, told.column), (2, 1));
        assert_eq!(
            told.message.as_str(),
            "not a theme: unknown field `rolez`, expected one of name, palette, roles"
        );
        assert_eq!(place("roles: {text: a, log-text: b, 'text-x': c}", "roles", "text-x"), (1, 32));
    }

    #[test]
    fn no_colour_is_left_where_there_is_none() {
        for (name, _) in BUILTIN {
            let theme = Theme::builtin(name, Depth::Mono);
            for role in Role::ALL {
                assert_eq!((theme.style(*role).fg, theme.style(*role).bg), (None, None));
            }
        }
    }
}
