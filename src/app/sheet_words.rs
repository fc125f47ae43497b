//! What the rows of sheets have: what their filter looks at, and what they are put in order by.

use jiff::Timestamp;

use super::holds::{HoldOf, Standing};
use super::sheet_rows::{BackupRow, InventoryRow, WindowRow};
use crate::domain::alerts::Alert;
use crate::domain::backups::Grade;
use crate::domain::filter::Row;
use crate::domain::finding::Finding;
use crate::domain::ids::{GroupName, HostId};
use crate::domain::inventory::VariableTold;
use crate::domain::signal::Signal;

pub(super) fn backup(row: &BackupRow) -> Row {
    let i = &row.instance;
    let size = i.signals.get(&Signal::BackupSize).and_then(|f| f.reading);
    let shown = Row::of(format!("{} {} {}", i.id, i.domain, row.grade.word()))
        .problem(!matches!(row.grade, Grade::Fresh))
        .figure("age", row.age_s)
        .figure("size", size.map(|reading| reading.value))
        .text("state", row.grade.word())
        .rank("state", row.grade as u8)
        .text("instance", i.id.as_str())
        .text("domain", i.domain.as_str());
    i.groups.iter().fold(shown, |row, group| row.text("group", group.as_str()))
}

pub(super) fn alert(a: &Alert, now: Timestamp) -> Row {
    let (severity, state) = (a.severity.word(), a.state.word());
    let since = a.since.map(|at| now.duration_since(at).as_secs_f64().max(0.0));
    Row::of(format!("{} {} {} {severity} {state}", a.name, a.of, a.text))
        .figure("age", since)
        .text("state", state)
        .rank("state", a.state as u8)
        .text("severity", severity)
        .rank("severity", a.severity as u8)
        .text("name", a.name.as_str())
        .text("instance", a.of.as_str())
}

pub(super) fn window(row: &WindowRow, now: Timestamp) -> Row {
    let hosts: Vec<&str> = row.hosts.iter().map(HostId::as_str).collect();
    let on = row.spell.is_some_and(|spell| spell.holds(now));
    let next = row.spell.map(|spell| if on { spell.until } else { spell.from });
    let shown = Row::of(format!("{} {} {}", row.window.name, row.window, hosts.join(" ")))
        .text("window", row.window.name.as_str())
        .text("state", if on { "on" } else { "off" })
        .rank("state", u8::from(!on))
        .figure("in", next.map(|at| at.duration_since(now).as_secs_f64().max(0.0)))
        .figure("hosts", Some(hosts.len() as f64));
    hosts.into_iter().fold(shown, |row, host| row.text("host", host))
}

pub(super) fn inventory(row: &InventoryRow<'_>) -> Row {
    let host = match row {
        InventoryRow::Group(group) => {
            return Row::of(format!("group {}", group.name)).text("group", group.name.as_str());
        }
        InventoryRow::Host(host) => host,
    };
    let groups: Vec<&str> = host.groups.iter().map(GroupName::as_str).collect();
    let of = host.instance.as_ref();
    let of = of.map(|(domain, _, reference)| format!("{domain} {reference}"));
    let (address, groups) = (&host.address, groups.join(" "));
    let words = format!("{} {address} {} {groups}", host.id, of.unwrap_or_default());
    let row = Row::of(words).text("host", host.id.as_str()).text("address", address.as_str());
    let row = host.instance.iter().fold(row, |row, (domain, tier, reference)| {
        row.text("domain", domain.as_str())
            .figure("tier", Some(f64::from(*tier)))
            .text("ref", reference.as_str())
    });
    host.groups.iter().fold(row, |row, group| row.text("group", group.as_str()))
}

pub(super) fn finding(f: &Finding) -> Row {
    let state = if f.ok { "good" } else { "finding" };
    Row::of(format!("{} {} {} {state}", f.place, f.check, f.found))
        .text("state", state)
        .rank("state", u8::from(f.ok))
        .text("place", f.place.as_str())
        .text("check", f.check)
}

pub(super) fn lease(of: &HoldOf, standing: &Standing<'_>, now: Timestamp) -> Row {
    let who = standing.who();
    let row = Row::of(format!("{of} {who}"))
        .text("what", of.to_string())
        .text("state", standing.word())
        .rank("state", standing.rank());
    let Some(lease) = standing.lease() else { return row.text("by", who) };
    let since = |at: Timestamp| now.duration_since(at).as_secs_f64().max(0.0);
    row.text("by", lease.operator.as_str())
        .text("at", lease.doing.as_str())
        .figure("for", lease.started_at().map(since))
        .figure("heard", lease.beat_age_s.map(|s| s as f64))
        .figure("ends", Some(lease.left_s as f64))
}

pub(super) fn variable(v: &VariableTold) -> Row {
    let value = v.value.as_ref().map_or("secret", |value| value.as_str());
    Row::of(format!("{} {value} {} {}", v.name, v.given_by, v.at))
        .text("variable", v.name.as_str())
        .text("value", value)
        .text("given", v.given_by.as_str())
        .text("at", v.at.as_str())
}
