//! The schemas of the inventory's files, with what the template of `.env` reads.

use serde_json::Value;

use super::EMBEDDED;
use crate::domain::schema::{self, Setting};

/// Name and schema of each file.
pub fn schemas() -> [(&'static str, Value); 3] {
    let settings: Vec<Setting> = EMBEDDED.lines().filter_map(setting).collect();
    schema::schemas(&settings)
}

/// The variable of a line `NAME={{ variable | default(…) }}`.
fn setting(line: &str) -> Option<Setting> {
    let (fills, rest) = line.split_once("={{ ")?;
    let inside = rest.strip_suffix(" }}")?;
    let (name, default) = match inside.split_once(" | default(") {
        Some((name, default)) => (name, default.strip_suffix(')').map(str::to_owned)),
        None => (inside, None),
    };
    Some(Setting { name: name.to_owned(), fills: fills.to_owned(), default })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_template_gives_its_variable() {
        let all: Vec<Setting> = EMBEDDED.lines().filter_map(setting).collect();
        let lines = EMBEDDED.lines().filter(|l| !l.starts_with('#') && l.contains('='));
        assert_eq!(all.len(), lines.count());
        let port = all.iter().find(|s| s.fills == "SMTP_PORT").unwrap();
        assert_eq!((port.name.as_str(), port.default.as_deref()), ("cml_smtp_port", Some("1025")));
    }
}
