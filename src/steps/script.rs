//! A step's script: assignments of quoted values, then fixed text from a `.sh` file beside the step.

use super::quote::quote;
use crate::domain::settings::InstanceSettings;

/// A script in the making. The only text that is not fixed is what `set` and `list` quote.
#[derive(Debug, Clone, Default)]
pub(super) struct Script(String);

impl Script {
    /// A script that works in the checkout of an instance: `$dir` is its path, Compose knows its files
    /// and profiles. They are environment variables and not options, so that the commands that an
    /// operator wrote in the inventory mean the same stack.
    pub(super) fn in_checkout(settings: &InstanceSettings) -> Self {
        Self::knowing_compose(settings).fixed(include_str!("enter.sh"))
    }

    /// A script that knows the path of a checkout, and Compose its files and profiles.
    pub(super) fn knowing_compose(settings: &InstanceSettings) -> Self {
        let mut script = Self::default().set("dir", settings.dir.as_str());
        if !settings.compose_files.is_empty() {
            script = script.export("COMPOSE_FILE", &settings.compose_files.join(":"));
        }
        if !settings.compose_profiles.is_empty() {
            script = script.export("COMPOSE_PROFILES", &settings.compose_profiles.join(","));
        }
        script
    }

    /// Assigns a value to a variable.
    pub(super) fn set(self, name: &'static str, value: &str) -> Self {
        self.line(&format!("{name}={}", quote(value)))
    }

    /// Assigns a list to a variable, one item a line. No item holds a newline: all come from types
    /// or from `Safe` lines.
    pub(super) fn list<'a>(
        self,
        name: &'static str,
        items: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let items: Vec<&str> = items.into_iter().collect();
        self.set(name, &items.join("\n"))
    }

    fn export(self, name: &'static str, value: &str) -> Self {
        self.line(&format!("export {name}={}", quote(value)))
    }

    /// Appends fixed text, without its comment lines.
    pub(super) fn fixed(mut self, text: &'static str) -> Self {
        bare_into(&mut self.0, text);
        self
    }

    /// The whole text.
    pub(super) fn text(self) -> String {
        self.0
    }

    fn line(mut self, line: &str) -> Self {
        self.0.push_str(line);
        self.0.push('\n');
        self
    }
}

/// Fixed text of a `.sh` file without its comment lines, which nobody reads on a host.
pub(super) fn bare(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    bare_into(&mut out, text);
    out
}

fn bare_into(out: &mut String, text: &str) {
    for line in text.lines().filter(|l| !l.trim_start().starts_with('#') && !l.is_empty()) {
        out.push_str(line);
        out.push('\n');
    }
}
