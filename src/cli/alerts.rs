//! `bunker alerts`: what the alert rules and the Alertmanager say, once.

use std::time::Duration;

use clap::Args as ClapArgs;
use serde_json::json;

use super::Context;
use super::exit::{Exit, Trouble};
use super::output::{columns, print, print_json};
use super::run::say;
use super::{fleet, status, wiring};
use crate::adapters::alertmanager::Alertmanager;
use crate::domain::alerts::{Alert, State, Watch, fold, from_here, from_manager};
use crate::domain::health::short_age;
use crate::engine::alerts;
use crate::engine::poller::run_once;

/// Options of `alerts`.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Exit codes: 0 nothing fires; 3 something fires; 6 nothing fires, but some rule could not be judged. One look \
cannot tell for how long a rule has held where nothing else tells it: such an alert is pending."
)]
pub struct AlertsArgs {
    /// Ansible pattern: only these hosts
    #[arg(long, short, value_name = "PATTERN")]
    pub limit: Option<String>,
    /// Seconds to wait for hosts that do not answer
    #[arg(long, default_value_t = 20)]
    pub timeout: u64,
}

pub(super) fn run(context: &Context, args: &AlertsArgs) -> Result<Exit, Trouble> {
    let (fleet, diagnostics) = fleet::fleet(context)?;
    fleet::tell(&fleet, &diagnostics);
    let watched = status::watched(fleet, &diagnostics, args.limit.as_deref())?;
    let deadline = Duration::from_secs(args.timeout.clamp(1, 600));
    let (snapshot, told) = wiring::runtime()?.block_on(async {
        let hosts = wiring::hosts()?;
        let (sources, alertmanager) = (wiring::sources(&hosts), Alertmanager::default());
        let now = sources.clock.now();
        let (snapshot, told) = tokio::join!(
            run_once(&sources, &watched, deadline),
            alerts::read(&alertmanager, &watched.fleet, now)
        );
        hosts.close().await;
        Ok::<_, Trouble>((snapshot, told))
    })?;
    let (here, n_judged) = from_here(&snapshot, &Watch::default(), snapshot.at);
    let manager = told.unwrap_or_else(|what| {
        say(&format!("{what}; the alerts below are judged here"));
        None
    });
    let all = match &manager {
        Some(manager) => from_manager(manager, here),
        None => here,
    };
    if context.json {
        let source = manager.as_ref().map(|m| &m.url);
        print_json(&json!({ "alertmanager": source, "rules_judged": n_judged, "alerts": all }))?;
    } else if all.is_empty() {
        print(&format!("nothing fires; {n_judged} rules judged\n"))?;
    } else {
        let code = exit(&all);
        print(&columns(&rows(&fold(all), snapshot.at)))?;
        return Ok(code);
    }
    Ok(exit(&all))
}

fn rows(all: &[Alert], now: jiff::Timestamp) -> Vec<Vec<String>> {
    let head = ["STATE", "SEVERITY", "ALERT", "INSTANCE", "FOR", "WHAT IS"];
    let row = |alert: &Alert| {
        let age = alert.since.map(|at| short_age(now.duration_since(at).as_secs_f64()));
        let silent = alert.silence.as_ref().map(|why| format!("; silent: {why}"));
        vec![
            alert.state.word().to_owned(),
            alert.severity.word().to_owned(),
            alert.name.to_string(),
            alert.of.to_string(),
            age.unwrap_or_else(|| "-".to_owned()),
            format!("{}{}", alert.text, silent.unwrap_or_default()),
        ]
    };
    std::iter::once(head.map(str::to_owned).to_vec()).chain(all.iter().map(row)).collect()
}

fn exit(all: &[Alert]) -> Exit {
    let any = |state| all.iter().any(|alert| alert.state == state);
    if any(State::Firing) {
        Exit::Findings
    } else if any(State::Unknown) {
        Exit::Unreachable
    } else {
        Exit::Ok
    }
}
