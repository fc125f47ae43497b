//! Gathering what was looked at, and how it is printed.

use std::fmt::Write;

use crate::domain::finding::Finding;
use crate::domain::untrusted::Safe;

/// Gathers findings about one place.
pub(super) struct Notes {
    place: String,
    pub(super) all: Vec<Finding>,
}

impl Notes {
    pub(super) fn of(place: &str) -> Self {
        Self { place: place.to_owned(), all: Vec::new() }
    }

    pub(super) fn good(&mut self, check: &'static str, found: &str) {
        self.note(check, true, found, None);
    }

    pub(super) fn bad(&mut self, check: &'static str, found: &str, fix: &str) {
        self.note(check, false, found, Some(fix));
    }

    /// Good or bad by a condition; the fix counts only where it is bad.
    pub(super) fn expect(&mut self, check: &'static str, ok: bool, found: &str, fix: &str) {
        self.note(check, ok, found, (!ok).then_some(fix));
    }

    fn note(&mut self, check: &'static str, ok: bool, found: &str, fix: Option<&str>) {
        let (place, found) = (self.place.clone(), Safe::line(found));
        self.all.push(Finding { place, check, ok, found, fix: fix.map(Safe::line) });
    }
}

/// The findings as text: a block for each place, the fix below what it is for.
pub(super) fn text(all: &[Finding], plain: bool) -> String {
    let mut out = String::new();
    let mut place = "";
    for finding in all {
        if finding.place != place {
            place = &finding.place;
            out.push_str(if place == "here" { "this machine" } else { place });
            out.push('\n');
        }
        let glyph = match (finding.ok, plain) {
            (true, false) => "●",
            (true, true) => "*",
            (false, false) => "▲",
            (false, true) => "!",
        };
        _ = writeln!(out, "  {glyph} {:<12} {}", finding.check, finding.found);
        if let Some(fix) = &finding.fix {
            _ = writeln!(out, "      fix: {fix}");
        }
    }
    let n = all.iter().filter(|f| !f.ok).count();
    _ = match n {
        0 => writeln!(out, "nothing found that needs a person"),
        1 => writeln!(out, "1 finding"),
        n => writeln!(out, "{n} findings"),
    };
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_finding_has_its_fix_below() {
        let mut here = Notes::of("here");
        here.good("git", "2.39");
        let mut host = Notes::of("red-deer");
        host.bad("ssh", "no answer", "is it on?");
        here.all.extend(host.all);
        let want = "this machine\n  * git          2.39\nred-deer\n  ! ssh          no answer\n      fix: is it on?\n1 finding\n";
        assert_eq!(text(&here.all, true), want);
    }
}
