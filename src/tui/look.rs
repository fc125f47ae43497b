//! What this terminal can show: colours, signs, and the theme that was asked for.

use std::path::Path;

use super::clipboard::Multiplexer;
use crate::adapters::paths::ConfigDir;
use crate::domain::diagnostic::{Diagnostic, Severity};
use crate::domain::untrusted::Safe;
use crate::ui::theme::{BUILTIN, parse};
use crate::ui::{Depth, Theme};

/// How the screen is drawn on this terminal.
#[derive(Debug, Clone)]
pub struct Look {
    /// The theme, brought down to the colours there are.
    pub theme: Theme,
    /// Whether only ASCII can be shown.
    pub ascii: bool,
    /// What stands between us and the terminal.
    pub multiplexer: Multiplexer,
    /// What is wrong with the theme's file.
    pub problems: Vec<Diagnostic>,
    depth: Depth,
    /// Nobody chose the theme, and the terminal has not said what its background is.
    guessed: bool,
}

/// What is asked of the look beside what the environment says.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted<'a> {
    /// Whether colour is wanted.
    pub color: bool,
    /// The theme of the command line.
    pub theme: Option<&'a str>,
    /// The theme that was chosen the last time.
    pub saved: Option<&'a str>,
    /// How many colours to draw with, whatever the terminal has.
    pub depth: Option<Depth>,
}

impl Look {
    /// By the environment: `NO_COLOR` (through `color`), `COLORTERM`, `TERM`, the locale, `COLORFGBG` and `BUNKER_THEME`
    /// (the name of a theme, or a file). What was asked for comes first, then the environment, then the last choice.
    pub fn of(wanted: Wanted<'_>) -> Self {
        let var = |name: &str| std::env::var(name).unwrap_or_default();
        let term = var("TERM");
        let found = || if wanted.color { depth(&var("COLORTERM"), &term) } else { Depth::Mono };
        let depth = wanted.depth.unwrap_or_else(found);
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].map(var).into_iter().find(|v| !v.is_empty());
        let ascii = !is_utf8(locale.as_deref().unwrap_or_default());
        let multiplexer = match (var("TMUX").as_str(), var("STY").as_str()) {
            ("", "") => Multiplexer::None,
            ("", _) => Multiplexer::Screen,
            _ => Multiplexer::Tmux,
        };
        let ground = var("COLORFGBG");
        let default = if is_light(&ground) { "light" } else { "dark" };
        let own = var("BUNKER_THEME");
        let own = Some(own.as_str()).filter(|name| !name.is_empty());
        let chosen = wanted.theme.or(own).or(wanted.saved);
        let (theme, problems) = match chosen {
            None => (Theme::builtin(default, depth), Vec::new()),
            Some(name) => named(name, depth, default),
        };
        let asks = !matches!(term.as_str(), "" | "dumb" | "linux");
        let guessed = chosen.is_none() && ground.is_empty() && depth != Depth::Mono && asks;
        Self { theme, ascii, multiplexer, problems, depth, guessed }
    }

    /// A fixed look, whatever the terminal is.
    pub fn fixed(theme: Theme, depth: Depth) -> Self {
        let multiplexer = Multiplexer::None;
        Self { theme, ascii: false, multiplexer, problems: Vec::new(), depth, guessed: false }
    }

    /// Whether the terminal should be asked what its background is.
    pub(super) fn asks(&self) -> bool {
        self.guessed
    }

    /// The terminal said whether its background is light. Says whether the theme is another one now.
    pub(super) fn ground(&mut self, light: bool) -> bool {
        let before = self.theme.name().to_owned();
        if std::mem::take(&mut self.guessed) {
            self.theme = Theme::builtin(if light { "light" } else { "dark" }, self.depth);
        }
        self.theme.name() != before
    }

    /// Goes on to the next theme that can be used: those of the program, then the operator's own. Gives its name, and what is
    /// wrong with those that were passed over.
    pub(super) fn next_theme(&mut self) -> (String, Vec<Diagnostic>) {
        let mut names: Vec<String> = BUILTIN.iter().map(|(name, _)| (*name).to_owned()).collect();
        names.extend(own_themes());
        let depth = self.depth;
        self.next_of(&names, |name| named(name, depth, "dark"))
    }

    fn next_of(
        &mut self,
        names: &[String],
        load: impl Fn(&str) -> (Theme, Vec<Diagnostic>),
    ) -> (String, Vec<Diagnostic>) {
        self.guessed = false;
        let at = names.iter().position(|name| name == self.theme.name());
        let from = at.map_or(0, |at| at + 1);
        let mut problems = Vec::new();
        for name in names.iter().cycle().skip(from).take(names.len()) {
            let (theme, found) = load(name);
            problems.extend(found);
            if theme.name() == name {
                self.theme = theme;
                break;
            }
        }
        (self.theme.name().to_owned(), problems)
    }
}

/// Names of the themes in the operator's folder, in order.
fn own_themes() -> Vec<String> {
    let Ok(folder) = std::fs::read_dir(ConfigDir::from_env().themes()) else { return Vec::new() };
    let stem = |path: std::path::PathBuf| {
        let yaml = path.extension().is_some_and(|end| end == "yaml");
        path.file_stem().filter(|_| yaml).map(|stem| stem.to_string_lossy().into_owned())
    };
    let mut names: Vec<String> = folder.flatten().filter_map(|entry| stem(entry.path())).collect();
    names.sort();
    names
}

/// A theme of the program, one of the operator's folder, or a file. What is no theme gives the usual one.
fn named(name: &str, depth: Depth, default: &str) -> (Theme, Vec<Diagnostic>) {
    if BUILTIN.iter().any(|(known, _)| *known == name) {
        return (Theme::builtin(name, depth), Vec::new());
    }
    let own = ConfigDir::from_env().themes().join(format!("{name}.yaml"));
    let path = if name.contains('/') || !own.exists() { Path::new(name) } else { own.as_path() };
    let shown = Safe::line(&path.to_string_lossy());
    let (mut theme, problems) = match std::fs::read_to_string(path) {
        Ok(text) => parse(shown.as_str(), &text, depth),
        Err(error) => {
            let message = Safe::line(&format!("the theme cannot be read: {error}"));
            let names: Vec<&str> = BUILTIN.iter().map(|(name, _)| *name).collect();
            let hint = Some(Safe::line(&format!("a file, or one of {}", names.join(", "))));
            let (severity, file) = (Severity::Error, shown);
            let problem = Diagnostic { severity, file, line: 0, column: 0, message, hint };
            return (Theme::builtin(default, depth), vec![problem]);
        }
    };
    if theme.name().is_empty() {
        theme = Theme::builtin(default, depth);
    } else if path == own {
        // It is found again by the name of its file.
        theme = theme.called(name);
    }
    (theme, problems)
}

fn depth(colorterm: &str, term: &str) -> Depth {
    if term == "dumb" {
        Depth::Mono
    } else if matches!(colorterm, "truecolor" | "24bit") || term.ends_with("-direct") {
        Depth::True
    } else if term.contains("256color") {
        Depth::Ansi256
    } else {
        Depth::Ansi16
    }
}

fn is_utf8(locale: &str) -> bool {
    let locale = locale.to_ascii_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}

/// `COLORFGBG` is `15;0` on dark and `0;15` on light terminals that set it.
fn is_light(colorfgbg: &str) -> bool {
    matches!(colorfgbg.rsplit(';').next(), Some("7" | "15"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_decides_what_can_be_shown() {
        assert_eq!(depth("truecolor", "xterm-256color"), Depth::True);
        assert_eq!(depth("", "screen-256color"), Depth::Ansi256);
        assert_eq!(depth("", "linux"), Depth::Ansi16);
        assert_eq!(depth("truecolor", "dumb"), Depth::Mono);
        assert!(is_utf8("en_US.UTF-8") && is_utf8("C.utf8") && !is_utf8("C") && !is_utf8(""));
        assert!(is_light("0;15") && !is_light("15;0") && !is_light(""));
    }

    #[test]
    fn a_file_that_is_no_theme_gives_the_usual_one_and_says_why() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("mine.yaml");
        std::fs::write(&file, "::: no [").unwrap();
        for path in [file.to_string_lossy().into_owned(), "/no/such/theme.yaml".to_owned()] {
            let (theme, problems) = named(&path, Depth::True, "light");
            assert_eq!((theme.name(), problems.len()), ("light", 1), "{path}");
        }
    }

    #[test]
    fn what_the_terminal_says_counts_only_where_nobody_chose() {
        let mut look = Look::fixed(Theme::builtin("dark", Depth::True), Depth::True);
        assert!(!look.ground(true) && look.theme.name() == "dark");
        look.guessed = true;
        assert!(look.ground(true) && look.theme.name() == "light");
        assert!(!look.ground(false), "it is asked once");
        let mut seen = vec![look.next_theme().0];
        while !seen.contains(&"light".to_owned()) && seen.len() < 40 {
            seen.push(look.next_theme().0);
        }
        assert!(seen.len() >= BUILTIN.len(), "{seen:?}");
    }

    #[test]
    fn a_theme_that_is_broken_is_passed_over_and_told_and_those_behind_it_are_reached() {
        let mut look = Look::fixed(Theme::builtin("nord", Depth::True), Depth::True);
        let names = ["dark", "nord", "broken", "good"].map(str::to_owned);
        let load = |name: &str| match name {
            "broken" => parse("broken.yaml", "::: no [", Depth::True),
            "good" => (Theme::builtin("light", Depth::True).called("good"), Vec::new()),
            name => (Theme::builtin(name, Depth::True), Vec::new()),
        };
        let (name, problems) = look.next_of(&names, load);
        assert_eq!((name.as_str(), problems.len()), ("good", 1));
        let (name, problems) = look.next_of(&names, load);
        assert_eq!((name.as_str(), problems.len()), ("dark", 0), "and round again");
    }
}
