//! When a secret should be changed, by its age and by who has seen it.

use std::cmp::Reverse;

use jiff::Timestamp;

use super::SecretName;
use super::catalogue::{Known, Method, known};
use crate::domain::untrusted::Safe;

const DAY_S: i64 = 86_400;

/// A secret with its age. No value is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// The host or the group whose it is.
    pub owner: Safe,
    /// Whether the owner is a host, whose secrets `rotate-secrets` can change.
    pub of_host: bool,
    /// Its name.
    pub name: SecretName,
    /// How often it was set.
    pub generation: u32,
    /// Days since it was set.
    pub age_days: i64,
    /// Days until it is due; negative where it was; `None` where it never is by its age.
    pub in_days: Option<i64>,
    /// Whether somebody has seen it who no longer may.
    pub seen: bool,
}

impl Due {
    /// How late it is for a secret that was last set at `rotated`.
    pub fn new(
        now: Timestamp,
        whose: (Safe, bool),
        name: SecretName,
        set: (u32, Timestamp),
    ) -> Self {
        let (generation, rotated) = set;
        let age_days = (now.as_second() - rotated.as_second()) / DAY_S;
        let every = known(&name).and_then(|row| row.every_days);
        let in_days = every.map(|days| i64::from(days) - age_days);
        let (owner, of_host) = whose;
        Self { owner, of_host, name, generation, age_days, in_days, seen: false }
    }

    /// Whether it should be changed now.
    pub fn is_due(&self) -> bool {
        self.is_due_within(0)
    }

    /// Whether it should be changed within this many days.
    pub fn is_due_within(&self, days: i64) -> bool {
        self.seen || self.in_days.is_some_and(|left| left <= days)
    }

    /// What sorts the most urgent first.
    pub fn urgency(&self) -> impl Ord + use<> {
        (!self.seen, self.in_days.is_none(), self.in_days, Reverse(self.age_days))
    }

    /// When, in words; nothing where its age does not matter.
    pub fn when(&self) -> String {
        match self.in_days {
            _ if self.seen => "now: a removed recipient has seen it".to_owned(),
            Some(-1) => "since 1 day".to_owned(),
            Some(days) if days < 0 => format!("since {} days", -days),
            Some(0) => "today".to_owned(),
            Some(1) => "in 1 day".to_owned(),
            Some(days) => format!("in {days} days"),
            None => String::new(),
        }
    }

    /// What the catalogue says of it.
    pub fn row(&self) -> Option<&'static Known> {
        known(&self.name)
    }

    /// What is done instead, where `rotate-secrets` does not change it.
    pub fn by_hand(&self) -> Option<&'static str> {
        match self.row().map(|row| row.method) {
            Some(Method::ByHand(how)) => Some(how),
            Some(Method::Settings | Method::Redis | Method::Database) => None,
            None => Some("bunker vault set, then bunker configure"),
        }
    }

    /// How it is changed, as a command line where there is one.
    pub fn how(&self) -> String {
        match self.by_hand() {
            Some(how) => how.to_owned(),
            None => format!("bunker rotate-secrets {} --secret {}", self.owner, self.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(name: &str, days: i64) -> Due {
        let now: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
        let then = Timestamp::from_second(now.as_second() - days * DAY_S).unwrap();
        Due::new(now, ("one".into(), true), name.parse().unwrap(), (1, then))
    }

    #[test]
    fn what_was_seen_comes_first_then_what_is_due_longest_and_last_what_never_is() {
        let mut seen = due("vault_redis_password", 1);
        seen.seen = true;
        let mut all = [
            due("vault_encryption_key", 900),
            due("vault_redis_password", 1),
            due("vault_jwt_secret", 100),
            due("vault_jwt_secret", 90),
            seen,
        ];
        all.sort_by_key(Due::urgency);
        let words: Vec<String> = all.iter().map(Due::when).collect();
        assert_eq!(
            words,
            ["now: a removed recipient has seen it", "since 10 days", "today", "in 364 days", ""]
        );
        assert_eq!(
            all.iter().map(Due::is_due).collect::<Vec<_>>(),
            [true, true, true, false, false]
        );
        assert!(all[3].is_due_within(364) && !all[4].is_due_within(1_000));
        assert!(all[4].by_hand().is_some() && all[1].by_hand().is_none());
    }
}
