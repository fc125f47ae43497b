//! `.env` of an instance as people may see it: secrets by their fingerprints.

use serde::Serialize;

use super::env::{Applied, OnHost};
use super::untrusted::Safe;

/// How a variable stands to what was applied last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EnvState {
    /// As it was applied.
    Applied,
    /// It was edited on the host since.
    Edited,
    /// No run wrote it.
    Own,
}

impl EnvState {
    /// In words; nothing of what is as it should be.
    pub fn words(self) -> &'static str {
        match self {
            Self::Applied => "",
            Self::Edited => "edited on the host",
            Self::Own => "the host's own",
        }
    }
}

/// One variable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EnvRow {
    /// Its name.
    pub name: Safe,
    /// Its value, or the first digits of a secret's fingerprint.
    pub value: Safe,
    /// Whether that is a secret.
    pub secret: bool,
    /// How it stands to what was applied.
    pub state: EnvState,
}

/// The file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct EnvShown {
    /// Its variables in its order.
    pub rows: Vec<EnvRow>,
    /// What is to be said of it, worst first.
    pub remarks: Vec<Safe>,
}

/// Digits of a fingerprint that are shown.
const DIGITS: usize = 8;

impl EnvShown {
    /// Of what a host told.
    pub fn of(file: Option<&OnHost>, applied: Option<&Applied>, pending: bool) -> Self {
        let mut shown = Self::default();
        let mut remark = |text: &str| shown.remarks.push(Safe::line(text));
        let Some(file) = file else {
            remark("there is no .env on this host");
            return shown;
        };
        if pending {
            remark("a run wrote it and ended before the containers had it: run configure again");
        }
        if file.mode & 0o077 != 0 {
            remark(&format!(
                "others can read it: its mode is {:o}, chmod 600 mends that",
                file.mode
            ));
        }
        shown.remarks.extend(file.problems.iter().cloned());
        shown.rows = file
            .variables
            .iter()
            .map(|found| {
                let state = match applied.and_then(|known| known.written.get(&found.name)) {
                    None => EnvState::Own,
                    Some(known) if *known == found.fingerprint => EnvState::Applied,
                    Some(_) => EnvState::Edited,
                };
                let digits = found.fingerprint.get(..DIGITS).unwrap_or(&found.fingerprint);
                let value = match &found.shown {
                    Some(value) => value.clone(),
                    None => Safe::line(&format!("secret {digits}")),
                };
                EnvRow {
                    name: Safe::line(&found.name),
                    value,
                    secret: found.shown.is_none(),
                    state,
                }
            })
            .collect();
        shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::env::found;

    #[test]
    fn secrets_are_told_by_fingerprint_only_and_edits_are_seen() {
        let (variables, problems) = found("A=plain\nDB_PASSWORD=hunter2hunter2\nB=x\n");
        let print =
            |name: &str| variables.iter().find(|v| v.name == name).unwrap().fingerprint.clone();
        let written = [("A", print("A")), ("B", "0".repeat(64))]
            .into_iter()
            .map(|(name, print)| (name.to_owned(), print))
            .collect();
        let applied = Applied { written, ..Applied::default() };
        let file =
            OnHost { sha256: String::new(), mode: 0o644, variables: variables.clone(), problems };
        let shown = EnvShown::of(Some(&file), Some(&applied), true);
        let states: Vec<EnvState> = shown.rows.iter().map(|row| row.state).collect();
        assert_eq!(states, [EnvState::Applied, EnvState::Own, EnvState::Edited]);
        let all = format!("{shown:?}{}", serde_json::to_string(&shown).unwrap());
        assert!(!all.contains("hunter2") && all.contains("plain"), "{all}");
        assert!(shown.rows[1].secret && shown.rows[1].value.as_str().starts_with("secret "));
        assert_eq!(shown.remarks.len(), 2, "{:?}", shown.remarks);
        assert_eq!(EnvShown::of(None, None, false).remarks.len(), 1);
    }
}
