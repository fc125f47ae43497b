//! What a host is equipped with, for `bunker doctor`: programs and their versions.

use super::frames::frames;
use crate::domain::untrusted::Safe;
use crate::steps::quote::quote;

const BODY: &str = include_str!("equipment.sh");

/// What a host has; each part with the reason where it could not be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Equipment {
    /// Who runs the commands there.
    pub user: Result<Safe, Safe>,
    /// Programs that are needed and not installed.
    pub missing: Result<Vec<Safe>, Safe>,
    /// `systemd` or `none`.
    pub manager: Result<Safe, Safe>,
    /// Version of the Docker daemon.
    pub docker: Result<Safe, Safe>,
    /// Version of Compose, as it says it.
    pub compose: Result<Safe, Safe>,
    /// Version of git, as it says it.
    pub git: Result<Safe, Safe>,
    /// The operating system, by its own name.
    pub system: Result<Safe, Safe>,
    /// `on, lets SSH in`, or what else UFW does.
    pub firewall: Result<Safe, Safe>,
    /// `watches SSH`, or why fail2ban does not.
    pub fail2ban: Result<Safe, Safe>,
    /// `on` where the server installs security updates by itself.
    pub updates: Result<Safe, Safe>,
    /// `in the crontab of USER` where the backup runs by itself.
    pub cron: Result<Safe, Safe>,
    /// `needed` where the server waits to be started anew.
    pub restart: Result<Safe, Safe>,
}

/// A script that changes nothing and asks all of it.
///
/// `dir` is the checkout, whose owner's crontab has the backup in a line with `mark`.
pub fn render_equipment(nonce: &str, dir: &str, mark: &str) -> String {
    let (nonce, dir, mark) = (quote(nonce), quote(dir), quote(mark));
    format!("nonce={nonce}\ndir={dir}\nmark={mark}\n{BODY}")
}

/// Reads the answer. `None` where no part of it arrived whole.
pub fn parse_equipment(answer: &[u8], nonce: &str) -> Option<Equipment> {
    let parts = frames(answer, nonce);
    if parts.is_empty() {
        return None;
    }
    let text = |name: &str| match parts.get(name) {
        Some(frame) => frame.text(),
        None => Err(Safe::line("the answer was cut off")),
    };
    let line = |name: &str| {
        let text = text(name)?;
        let first = text.lines().next().map(str::trim).filter(|l| !l.is_empty());
        first.map(Safe::line).ok_or_else(|| Safe::line("it said nothing"))
    };
    Some(Equipment {
        user: line("user"),
        missing: text("missing").map(|t| t.lines().map(Safe::line).collect()),
        manager: line("manager"),
        docker: line("docker"),
        compose: line("compose"),
        git: line("git"),
        system: line("system"),
        firewall: line("firewall"),
        fail2ban: line("fail2ban"),
        updates: line("updates"),
        cron: line("cron"),
        restart: line("restart"),
    })
}

/// The first two numbers of a version in a text: `git version 2.39.5` gives 2 and 39.
pub fn version_of(text: &str) -> Option<(u32, u32)> {
    let start = text.find(|c: char| c.is_ascii_digit())?;
    let mut numbers = text.get(start..)?.split(|c: char| !c.is_ascii_digit());
    let major = numbers.next()?.parse().ok()?;
    Some((major, numbers.next().and_then(|n| n.parse().ok()).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_can_be_asked() {
        use std::io::Write;
        let mut sh = std::process::Command::new("/bin/sh")
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        sh.stdin
            .take()
            .unwrap()
            .write_all(render_equipment("n1", "/", "# no line").as_bytes())
            .unwrap();
        let out = sh.wait_with_output().unwrap();
        let found = parse_equipment(&out.stdout, "n1").unwrap();
        assert!(found.missing.unwrap().iter().all(|tool| tool.as_str() != "git"));
        assert!(version_of(found.git.unwrap().as_str()).unwrap() >= (2, 0));
        assert_eq!(parse_equipment(&out.stdout, "n2"), None);
    }

    #[test]
    fn versions_are_read_from_what_programs_say() {
        for (text, want) in [
            ("git version 2.39.5 (Apple)", Some((2, 39))),
            ("v2.26.1-4", Some((2, 26))),
            ("OpenSSH_9.2p1 Debian-2+deb12u3", Some((9, 2))),
            ("5", Some((5, 0))),
            ("none", None),
        ] {
            assert_eq!(version_of(text), want);
        }
    }
}
