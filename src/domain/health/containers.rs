//! What the containers of a stack say about its health.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::verdict::{Health, Reason};
use super::words::{seconds_since, short_age};
use crate::domain::facts::{Container, Stack};
use crate::domain::settings::InstanceSettings;
use crate::domain::untrusted::Safe;

/// The services that must run: those that the inventory names, else all of the compose file less the
/// ones that were meant to end and did so well.
pub fn expected_services<'a>(stack: &'a Stack, settings: &'a InstanceSettings) -> Vec<&'a str> {
    if !settings.expected_services.is_empty() {
        return settings.expected_services.iter().map(String::as_str).collect();
    }
    let ended_well = |service: &Safe| {
        let mut mine = stack.containers.iter().filter(|c| &c.service == service).peekable();
        mine.peek().is_some() && mine.all(is_done)
    };
    stack.services.iter().filter(|s| !ended_well(s)).map(Safe::as_str).collect()
}

/// Meant to end, ended, and well.
fn is_done(container: &Container) -> bool {
    container.one_shot && container.state.as_str() == "exited" && container.exit_code == 0
}

/// One reason for each service that is not as it should be. `broken` is the state that a service
/// gives that does not run: down where the instance does not serve, degraded where it does.
///
/// `restarts` has the number of restarts in the last five minutes by service; `host_now` is the time by
/// the host's clock.
pub fn container_reasons(
    stack: &Stack,
    settings: &InstanceSettings,
    restarts: &BTreeMap<Safe, u32>,
    broken: Health,
    host_now: Timestamp,
) -> Vec<Reason> {
    let expected = expected_services(stack, settings);
    let mut reasons = Vec::new();
    for service in &expected {
        if !stack.containers.iter().any(|c| c.service.as_str() == *service) {
            reasons.push(Reason::new(broken, service, "has no container"));
        }
    }
    for container in &stack.containers {
        let service = container.service.as_str();
        let n_restarts = restarts.get(&container.service).copied().unwrap_or(0);
        let wanted = expected.contains(&service);
        if let Some((worst, text)) = complaint(container, n_restarts, host_now) {
            let health = if worst && wanted { broken } else { Health::Degraded };
            reasons.push(Reason::new(health, service, &text));
        }
    }
    reasons
}

/// What is wrong with one container, and whether it means that the service does not run.
fn complaint(c: &Container, n_restarts: u32, host_now: Timestamp) -> Option<(bool, String)> {
    let ago = |t: Option<Timestamp>| {
        t.map(|t| format!(" {} ago", short_age(seconds_since(t, host_now)))).unwrap_or_default()
    };
    let often = match n_restarts {
        // Docker's own count, where the restarts themselves were not seen.
        0 if c.state.as_str() != "running" && c.restarts > 0 => {
            format!(", {} restarts", c.restarts)
        }
        0 => String::new(),
        1 => ", 1 restart in 5m".to_owned(),
        n => format!(", {n} restarts in 5m"),
    };
    match c.state.as_str() {
        "running" => match c.health.as_str() {
            "" | "healthy" if n_restarts == 0 => None,
            "" | "healthy" => {
                Some((false, format!("runs{}{often}", ago(c.started_at)).replace(" ago,", ",")))
            }
            "starting" => {
                Some((false, format!("is starting, for {}", since(c, host_now)) + &often))
            }
            "unhealthy" => Some((true, format!("fails its health check{often}"))),
            other => Some((false, format!("has the unknown health {other}{often}"))),
        },
        "exited" | "dead" if is_done(c) => None,
        "exited" | "dead" => {
            Some((true, format!("exited ({}){}{often}", c.exit_code, ago(c.finished_at))))
        }
        "restarting" => {
            Some((true, format!("restarts over and over, last exit ({}){often}", c.exit_code)))
        }
        "created" => Some((true, "was created and never started".to_owned())),
        "paused" => Some((true, "is paused".to_owned())),
        other => Some((true, format!("is {other}{often}"))),
    }
}

fn since(c: &Container, host_now: Timestamp) -> String {
    c.started_at
        .map_or_else(|| "an unknown time".to_owned(), |t| short_age(seconds_since(t, host_now)))
}

#[cfg(test)]
mod tests {
    use super::super::judge::tests::{container, settings};
    use super::*;

    const NOW: &str = "2026-11-22T14:32:00Z";

    fn texts(containers: Vec<Container>, named: &[&str], restarts: u32) -> Vec<String> {
        let services = vec!["api".into(), "init".into()];
        let stack = Stack { services, containers };
        let mut settings = settings();
        settings.expected_services = named.iter().map(|s| (*s).to_owned()).collect();
        let restarts = BTreeMap::from([("api".into(), restarts)]);
        container_reasons(&stack, &settings, &restarts, Health::Down, NOW.parse().unwrap())
            .iter()
            .map(|r| format!("{} {}: {}", r.health.word(), r.subject, r.text))
            .collect()
    }

    #[test]
    fn one_shots_may_end_and_services_may_not() {
        let api = |state: &str, health: &str, code| container("api", state, health, code, false);
        let init = |state: &str, code| container("init", state, "", code, true);
        for (containers, restarts, want) in [
            (vec![api("running", "healthy", 0), init("exited", 0)], 0, vec![]),
            (vec![api("running", "", 0), init("running", 0)], 0, vec![]),
            (
                vec![api("running", "", 0), init("exited", 3)],
                0,
                vec!["down init: exited (3) 4m ago"],
            ),
            (
                vec![api("exited", "", 1), init("exited", 0)],
                3,
                vec!["down api: exited (1) 4m ago, 3 restarts in 5m"],
            ),
            // A long-running service that ends well has ended all the same.
            (vec![api("exited", "", 0), init("exited", 0)], 0, vec!["down api: exited (0) 4m ago"]),
            (vec![init("exited", 0)], 0, vec!["down api: has no container"]),
            (
                vec![api("running", "unhealthy", 0), init("exited", 0)],
                0,
                vec!["down api: fails its health check"],
            ),
            (
                vec![api("running", "starting", 0), init("exited", 0)],
                0,
                vec!["degraded api: is starting, for 5m"],
            ),
            (
                vec![api("running", "healthy", 0), init("exited", 0)],
                1,
                vec!["degraded api: runs 5m, 1 restart in 5m"],
            ),
            (
                vec![api("restarting", "", 1), init("exited", 0)],
                4,
                vec!["down api: restarts over and over, last exit (1), 4 restarts in 5m"],
            ),
            (
                vec![api("created", "", 0), init("exited", 0)],
                0,
                vec!["down api: was created and never started"],
            ),
        ] {
            assert_eq!(texts(containers, &[], restarts), want);
        }
        assert_eq!(
            texts(vec![container("api", "running", "", 0, false)], &["api", "mail"], 0),
            ["down mail: has no container"]
        );
    }
}
