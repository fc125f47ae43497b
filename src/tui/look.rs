//! What this terminal can show: colours, signs, and the theme that was asked for.

use std::path::Path;

use crate::domain::diagnostic::Diagnostic;
use crate::ui::theme::{BUILTIN, parse};
use crate::ui::{Depth, Theme};

/// How the screen is drawn on this terminal.
#[derive(Debug, Clone)]
pub struct Look {
    /// The theme, brought down to the colours there are.
    pub theme: Theme,
    /// Whether only ASCII can be shown.
    pub ascii: bool,
    /// What is wrong with the theme's file.
    pub problems: Vec<Diagnostic>,
}

impl Look {
    /// By the environment: `NO_COLOR` (through `color`), `COLORTERM`, `TERM`, the locale, `COLORFGBG` and `BUNKER_THEME`
    /// (the name of a theme that the program brings, or a file).
    pub fn from_env(color: bool) -> Self {
        Self::chosen(color, None, None)
    }

    /// The same, with a theme or a depth of colour that was asked for.
    pub fn chosen(color: bool, theme: Option<&str>, colors: Option<Depth>) -> Self {
        let var = |name: &str| std::env::var(name).unwrap_or_default();
        let found = || if color { depth(&var("COLORTERM"), &var("TERM")) } else { Depth::Mono };
        let depth = colors.unwrap_or_else(found);
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].map(var).into_iter().find(|v| !v.is_empty());
        let ascii = !is_utf8(locale.as_deref().unwrap_or_default());
        let wanted = theme.map_or_else(|| var("BUNKER_THEME"), ToOwned::to_owned);
        let default = if is_light(&var("COLORFGBG")) { "light" } else { "dark" };
        let (theme, problems) = match wanted.as_str() {
            "" => (Theme::builtin(default, depth), Vec::new()),
            name if BUILTIN.iter().any(|(known, _)| *known == name) => {
                (Theme::builtin(name, depth), Vec::new())
            }
            file => from_file(file, depth),
        };
        Self { theme, ascii, problems }
    }
}

fn from_file(file: &str, depth: Depth) -> (Theme, Vec<Diagnostic>) {
    match std::fs::read_to_string(Path::new(file)) {
        Ok(text) => parse(file, &text, depth),
        Err(error) => {
            let (_, mut problems) = parse(file, "", depth);
            if let Some(problem) = problems.first_mut() {
                let text = format!("the theme cannot be read: {error}");
                problem.message = crate::domain::untrusted::Safe::line(&text);
            }
            (Theme::builtin("dark", depth), problems)
        }
    }
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
}
