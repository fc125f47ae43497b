//! A canary in words for the plan page and for the header of a run.

use crate::domain::canary::CanaryPlan;
use crate::domain::canary::soak::CanaryState;
use crate::domain::run::state::RunState;
use crate::ui::figures;
use crate::ui::theme::Role;

/// The lines of the plan page: label, text, role.
pub(super) fn facts(canary: &CanaryPlan) -> Vec<(&'static str, String, Role)> {
    let names = |members: &[crate::domain::canary::Member]| {
        members.iter().map(|m| m.host.as_str()).collect::<Vec<_>>().join(", ")
    };
    let soak = figures::elapsed(canary.soak_s as f64);
    let rest = match canary.rest.len() {
        0 => "nobody to compare with".to_owned(),
        1 => "against 1 host".to_owned(),
        n => format!("against {n} hosts"),
    };
    let mut lines = vec![
        ("canary", format!("{} (group {})", names(&canary.canary), canary.group), Role::Text),
        (
            "soak",
            format!("{soak} of observed health, then {} {rest}", canary.metrics_words()),
            Role::Text,
        ),
        ("passes", canary.pass_words().to_owned(), Role::Text),
        ("fails", format!("{}; no data pauses", canary.fail_words()), Role::Text),
    ];
    lines.extend(canary.remarks.iter().map(|remark| ("", format!("▲ {remark}"), Role::Degraded)));
    lines
}

/// The second line of a run's header while its canary is watched, and after it failed.
pub(super) fn line(state: &RunState) -> Option<(String, Role)> {
    let canary = state.canary.as_ref()?;
    match &canary.end {
        Some(end) if !end.passed => Some((format!("canary FAILED: {}", end.why), Role::Down)),
        Some(_) => None,
        None => Some((soaking(canary), Role::Running)),
    }
}

fn soaking(canary: &CanaryState) -> String {
    let time = |s: f64| figures::elapsed(s);
    let judged = canary.newest().map(|(report, decides)| {
        format!("; {}: {}", if decides { "judged" } else { "so far" }, report.verdict.word())
    });
    format!(
        "canary: {} of {} of observed health, last {}{}",
        time(canary.counted_s),
        time(canary.needed_s as f64),
        canary.detail,
        judged.unwrap_or_default()
    )
}
