//! The log as a table for spreadsheets, which take a cell that begins with `=` for a formula.

use super::deed::{Facts, KeySource};
use super::record::Entry;

/// The line of headings.
pub fn csv_head() -> &'static str {
    "seq,at,phase,action,outcome,user,uid,sudo_from,machine,connection,key,key_by,source,hosts,target,why,run,plan,intent,detail,before,after,hash\r\n"
}

/// A record as a line: every cell in quotes, none that a spreadsheet would calculate.
pub fn csv_line(entry: &Entry) -> String {
    let r = &entry.record;
    let text = |text: Option<&crate::domain::untrusted::Safe>| {
        text.map(ToString::to_string).unwrap_or_default()
    };
    let key = r.who.key.as_ref();
    let by = key.map(|key| match key.by {
        KeySource::Sshd => "sshd",
        KeySource::OnlyKeyOfAgent => "only-key-of-agent",
    });
    let hosts: Vec<&str> = r.hosts.iter().map(crate::domain::ids::HostId::as_str).collect();
    let cells = [
        r.seq.to_string(),
        r.at.to_string(),
        r.phase.to_string(),
        r.action.to_string(),
        text(r.outcome.as_ref()),
        r.who.user.to_string(),
        r.who.uid.to_string(),
        text(r.who.sudo_from.as_ref()),
        r.who.machine.to_string(),
        text(r.who.connection.as_ref()),
        text(key.map(|key| &key.fingerprint)),
        by.unwrap_or_default().to_owned(),
        r.source.to_string(),
        hosts.join(" "),
        text(r.target.as_ref()),
        text(r.why.as_ref()),
        r.run.as_ref().map(ToString::to_string).unwrap_or_default(),
        r.plan.as_ref().map(ToString::to_string).unwrap_or_default(),
        r.intent.map(|n| n.to_string()).unwrap_or_default(),
        text(r.detail.as_ref()),
        facts(&r.before),
        facts(&r.after),
        entry.hash.to_string(),
    ];
    let cells: Vec<String> = cells.iter().map(|cell| quoted(cell)).collect();
    format!("{}\r\n", cells.join(","))
}

fn facts(facts: &Facts) -> String {
    let facts: Vec<String> = facts.iter().map(|(name, value)| format!("{name}={value}")).collect();
    facts.join("; ")
}

fn quoted(cell: &str) -> String {
    let formula = cell.trim_start().starts_with(['=', '+', '-', '@', '|', '%', '\t', '\r']);
    let mark = if formula { "'" } else { "" };
    format!("\"{mark}{}\"", cell.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula_or_leaves_its_quotes() {
        for (cell, want) in [
            ("plain", "\"plain\""),
            ("=cmd()", "\"'=cmd()\""),
            (" +1", "\"' +1\""),
            ("-2", "\"'-2\""),
            ("@x", "\"'@x\""),
            ("say \"=1\"", "\"say \"\"=1\"\"\""),
        ] {
            assert_eq!(quoted(cell), want);
        }
        assert_eq!(csv_head().trim_end().split(',').count(), 23);
    }
}
