//! A window as a person says it, on the command line or in the form of the cockpit: both are checked here, and alike.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use super::Window;
use crate::domain::untrusted::Safe;

/// Whose window it is, not looked up yet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Whom {
    /// That of all hosts.
    #[default]
    All,
    /// That of a group.
    Group(String),
    /// That of a host.
    Host(String),
    /// That of a group or, where there is none of this name, of a host.
    Named(String),
}

/// A window that somebody wants.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WindowWish {
    /// Its name.
    pub name: String,
    /// It opens every day at this time.
    pub daily: Option<String>,
    /// It opens on days of the week.
    pub weekly: Option<String>,
    /// It opens once, or `now`.
    pub once: Option<String>,
    /// It opens when cron would.
    pub cron: Option<String>,
    /// It closes at this time.
    pub to: Option<String>,
    /// It closes after this long.
    pub lasts: Option<String>,
    /// Its time zone; without one that of this machine.
    pub zone: Option<String>,
    /// It is only for runs, or only for alerts.
    pub only: Option<String>,
    /// No run may start while it is on.
    pub deny: bool,
    /// Whose it is.
    pub whom: Whom,
}

impl WindowWish {
    /// The window, checked as one of the inventory is. `here` is the time zone of this machine.
    pub fn window(&self, now: Timestamp, here: &TimeZone) -> Result<Window, Safe> {
        let zone = self.zone(here)?;
        let once = self.once(now, &zone)?;
        let said = [
            ("name", Some(self.name.clone())),
            ("daily", self.daily.clone()),
            ("weekly", self.weekly.clone()),
            ("once", once),
            ("cron", self.cron.clone()),
            ("to", self.to.clone()),
            ("for", self.lasts.clone()),
            ("zone", Some(zone)),
            ("only", self.only.clone()),
        ];
        let said = said.into_iter().filter_map(|(key, text)| Some((key.to_owned(), text?.into())));
        let mut map: Map<String, Value> = said.collect();
        if self.deny {
            map.insert("deny".to_owned(), Value::Bool(true));
        }
        serde_json::from_value(Value::Object(map)).map_err(|e| Safe::line(&e.to_string()))
    }

    /// The same with `now` as the time that it is: what is shown of it is what is written later.
    pub fn settled(&self, now: Timestamp, here: &TimeZone) -> Result<Self, Safe> {
        let once = self.once(now, &self.zone(here)?)?;
        Ok(Self { once, ..self.clone() })
    }

    fn zone(&self, here: &TimeZone) -> Result<String, Safe> {
        let here = || here.iana_name().map(str::to_owned);
        self.zone.clone().or_else(here).ok_or_else(|| {
            Safe::line(
                "this machine does not tell its time zone: name one, such as America/Edmonton",
            )
        })
    }

    fn once(&self, now: Timestamp, zone: &str) -> Result<Option<String>, Safe> {
        if self.once.as_deref() != Some("now") {
            return Ok(self.once.clone());
        }
        let zone = TimeZone::get(zone).map_err(|e| Safe::line(&e.to_string()))?;
        Ok(Some(now.to_zoned(zone).strftime("%Y-%m-%d %H:%M").to_string()))
    }
}
