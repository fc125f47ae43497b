//! Silences that a person makes, for a time and with a reason.
//!
//! **Invariant:** none fits everything: there is always the name of an alert, or instances.

use jiff::{SignedDuration, Timestamp};

use super::{ManagerAlert, ManagerSilence};
use crate::domain::untrusted::Safe;
use crate::domain::window::{CREATED_BY, Spell, duration_s, silencing_window};

/// How long a silence lasts where nobody says anything else.
pub const SILENCE_LASTS: &str = "2h";
/// The longest of them: what has to be silent for longer is a rule or a window that is wrong.
const LONGEST_S: i64 = 7 * 86_400;

/// What a silence fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fits {
    alert: Option<Safe>,
    labels: Option<Vec<String>>,
}

/// One condition on a label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelMatch {
    /// The label.
    pub name: &'static str,
    /// Its value, or an expression for the whole of it.
    pub value: String,
    /// Whether it is an expression.
    pub is_regex: bool,
}

impl Fits {
    /// Alerts of this name, of these values of the label `instance`; one of both may be left out.
    pub fn new(alert: Option<&str>, labels: Option<Vec<String>>) -> Result<Self, String> {
        let alert = alert.map(str::trim).filter(|name| !name.is_empty()).map(Safe::line);
        let mut labels = labels.filter(|labels| !labels.is_empty());
        if let Some(labels) = &mut labels {
            labels.sort();
            labels.dedup();
        }
        // An empty value fits every alert without an instance, whatever it is about.
        let named = labels.as_ref().is_some_and(|all| all.iter().all(|label| !label.is_empty()));
        if alert.is_none() && !named {
            return Err("that would silence everything: name an alert, or instances".to_owned());
        }
        Ok(Self { alert, labels })
    }

    /// The name of the alert, where it is about one.
    pub fn alert(&self) -> Option<&Safe> {
        self.alert.as_ref()
    }

    /// The labels of the instances, where it is about some.
    pub fn labels(&self) -> Option<&[String]> {
        self.labels.as_deref()
    }

    /// What Alertmanager has to compare; all of it has to fit.
    pub fn matches(&self) -> Vec<LabelMatch> {
        let name = self.alert.iter().map(|alert| LabelMatch {
            name: "alertname",
            value: alert.to_string(),
            is_regex: false,
        });
        let instance = self.labels.iter().map(|labels| match labels.as_slice() {
            [one] => LabelMatch { name: "instance", value: one.clone(), is_regex: false },
            many => {
                let each: Vec<String> = many.iter().map(|label| regex::escape(label)).collect();
                LabelMatch { name: "instance", value: each.join("|"), is_regex: true }
            }
        });
        name.chain(instance).collect()
    }

    /// The same in words, as Alertmanager writes it.
    pub fn words(&self) -> Safe {
        let each = self.matches().into_iter().map(|m| {
            let sign = if m.is_regex { "=~" } else { "=" };
            format!("{}{sign}{:?}", m.name, m.value)
        });
        Safe::line(&each.collect::<Vec<_>>().join(" "))
    }

    /// Whether it fits an alert.
    pub fn fits(&self, alert: &ManagerAlert) -> bool {
        let of = alert.instance.as_str();
        self.alert.as_ref().is_none_or(|name| *name == alert.name)
            && self.labels.as_ref().is_none_or(|all| all.iter().any(|label| label == of))
    }
}

/// A silence that a person wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ByHand {
    /// What it fits.
    pub fits: Fits,
    /// When.
    pub spell: Spell,
    /// Who wants it.
    pub by: Safe,
    /// Why.
    pub why: Safe,
}

/// The seconds of how long a silence lasts, as it is written: `90m`, `2h`, `1d`.
pub fn silence_s(lasts: &str) -> Result<i64, String> {
    let seconds = duration_s(lasts)?;
    if (60..=LONGEST_S).contains(&seconds) {
        Ok(seconds)
    } else {
        Err("a silence lasts from 1m to 7d: for more there are windows".to_owned())
    }
}

impl ByHand {
    /// From now on for `lasts`.
    pub fn new(
        fits: Fits,
        lasts: &str,
        (by, why): (&Safe, &Safe),
        now: Timestamp,
    ) -> Result<Self, String> {
        let seconds = silence_s(lasts)?;
        if why.as_str().trim().is_empty() {
            return Err("a silence needs a reason, which others read beside the alert".to_owned());
        }
        let lasts = SignedDuration::from_secs(seconds);
        let until = now.saturating_add(lasts).unwrap_or(Timestamp::MAX);
        let (by, why) = (by.clone(), why.clone());
        Ok(Self { fits, spell: Spell { from: now, until }, by, why })
    }

    /// Who made it, as Alertmanager keeps it: never the name under which windows make theirs.
    pub fn created_by(&self) -> Safe {
        Safe::line(&format!("{} via {CREATED_BY}", self.by))
    }
}

impl ManagerSilence {
    /// The window that made it, of this fleet or of another: it would come back if it were ended by itself.
    pub fn window(&self) -> Option<&str> {
        silencing_window(self.by.as_str(), self.comment.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(alert: Option<&str>, labels: &[&str]) -> Result<Fits, String> {
        let labels = labels.iter().map(|label| (*label).to_owned()).collect();
        Fits::new(alert, Some(labels))
    }

    #[test]
    fn a_silence_fits_an_alert_or_instances_and_never_everything() {
        let words =
            |alert, labels: &[&str]| fits(alert, labels).map(|fits| fits.words().to_string());
        let one = words(Some("DiskSpaceLow"), &["a.example.org"]);
        assert_eq!(one.unwrap(), r#"alertname="DiskSpaceLow" instance="a.example.org""#);
        assert_eq!(words(Some("Down"), &[]).unwrap(), r#"alertname="Down""#);
        assert_eq!(words(None, &["b", "a+", "b"]).unwrap(), r#"instance=~"a\\+|b""#);
        assert_eq!(words(Some("Watchdog"), &[""]).unwrap(), r#"alertname="Watchdog" instance="""#);
        for (alert, labels) in
            [(None, &[][..]), (Some(" "), &[]), (None, &[""]), (None, &["a", ""])]
        {
            let refused = words(alert, labels).unwrap_err();
            assert!(refused.contains("would silence everything"), "{alert:?} {labels:?}");
        }
    }

    #[test]
    fn a_silence_by_hand_lasts_a_week_at_most_and_says_who_and_why() {
        let made = |lasts: &str, why: &str| {
            let by = (&Safe::line("bunker"), &Safe::line(why));
            ByHand::new(fits(Some("Down"), &[])?, lasts, by, Timestamp::UNIX_EPOCH)
        };
        let silence = made("1h30m", "the disk comes").unwrap();
        assert_eq!(silence.spell.until.as_second(), 5_400);
        assert_eq!(silence.created_by().as_str(), "bunker via bunker");
        assert!(made("7d", "x").is_ok() && made(SILENCE_LASTS, "x").is_ok());
        for (lasts, why) in [("7d1m", "x"), ("soon", "x"), ("0m", "x"), ("1h", " ")] {
            assert!(made(lasts, why).is_err(), "{lasts} {why:?}");
        }
    }
}
