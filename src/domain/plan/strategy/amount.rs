//! A number of targets: so many, or so many per cent.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What cannot be read as a part of a strategy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no {what}: {rule}")]
pub struct InvalidStrategy {
    /// What was given.
    pub text: String,
    /// What it should be.
    pub what: &'static str,
    /// How that is written.
    pub rule: &'static str,
}

/// So many targets, or so many per cent of them; never 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Amount {
    /// So many.
    Count(u32),
    /// So many per cent, rounded up.
    Percent(u32),
}

impl Amount {
    /// How many of `n` that is: at least 1, also of none; a count may be more than there are.
    pub fn of(self, n: usize) -> usize {
        match self {
            Self::Count(count) => (count as usize).max(1),
            Self::Percent(percent) => (n * percent as usize).div_ceil(100).max(1),
        }
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => write!(f, "{count}"),
            Self::Percent(percent) => write!(f, "{percent}%"),
        }
    }
}

impl FromStr for Amount {
    type Err = InvalidStrategy;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let (digits, most) = match text.strip_suffix('%') {
            Some(percent) => (percent.trim_end(), 100),
            None => (text, 10_000),
        };
        let all_digits = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        let number = digits.parse::<u32>().ok().filter(|n| all_digits && (1..=most).contains(n));
        match number {
            Some(percent) if most == 100 => Ok(Self::Percent(percent)),
            Some(count) => Ok(Self::Count(count)),
            None => Err(InvalidStrategy {
                text: text.to_owned(),
                what: "number of targets",
                rule: "a count from 1 to 10000, or 1% to 100%",
            }),
        }
    }
}

impl TryFrom<String> for Amount {
    type Error = InvalidStrategy;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Amount> for String {
    fn from(amount: Amount) -> Self {
        amount.to_string()
    }
}

/// Sizes of batches between commas: `25%`, `1,5,20%`.
pub fn serial(text: &str) -> Result<Vec<Amount>, InvalidStrategy> {
    text.split(',').map(str::parse).collect()
}

/// Of what a limit is a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Of all targets of the run.
    Run,
    /// Of the targets of each batch, counted anew in each.
    Batch,
}

/// When a run stops: as soon as this many or more went wrong. Written `2`, `25%`, `1/batch`, `50%/batch`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Limit {
    /// How many.
    pub amount: Amount,
    /// Of what.
    pub scope: Scope,
}

impl Limit {
    /// A limit of the whole run.
    pub fn of_run(amount: Amount) -> Self {
        Self { amount, scope: Scope::Run }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.scope {
            Scope::Run => write!(f, "{}", self.amount),
            Scope::Batch => write!(f, "{}/batch", self.amount),
        }
    }
}

impl FromStr for Limit {
    type Err = InvalidStrategy;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || InvalidStrategy {
            text: text.trim().to_owned(),
            what: "limit",
            rule: "a count or per cent, of the run or of each batch: 2, 25%, 1/batch, 50%/batch",
        };
        let (amount, scope) = match text.split_once('/') {
            None => (text, Scope::Run),
            Some((amount, scope)) => match scope.trim() {
                "run" => (amount, Scope::Run),
                "batch" => (amount, Scope::Batch),
                _ => return Err(wrong()),
            },
        };
        Ok(Self { amount: amount.parse().map_err(|_| wrong())?, scope })
    }
}

impl TryFrom<String> for Limit {
    type Error = InvalidStrategy;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Limit> for String {
    fn from(limit: Limit) -> Self {
        limit.to_string()
    }
}
