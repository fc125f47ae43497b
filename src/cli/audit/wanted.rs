//! Which records a person means.

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use super::super::exit::{Exit, Trouble};
use super::args::WantedArgs;
use crate::adapters::store::StoreReader;
use crate::domain::audit::Wanted;
use crate::domain::untrusted::Safe;
use crate::engine::ports::RunReader;

pub(super) async fn wanted(
    store: &StoreReader,
    args: &WantedArgs,
    now: Timestamp,
) -> Result<Wanted, Trouble> {
    let usage = |e: crate::domain::ids::InvalidName| Trouble::new(Exit::Usage, e);
    let since = args.since.as_deref().map(|text| since(text, now)).transpose()?;
    let host = args.host.as_deref().map(str::parse).transpose().map_err(usage)?;
    let run = match &args.run {
        Some(run) => Some(store.find(run).await?),
        None => None,
    };
    Ok(Wanted { since, who: args.who.clone(), host, run })
}

/// A time that somebody means: how long ago, a day, or a moment.
pub(in crate::cli) fn since(text: &str, now: Timestamp) -> Result<Timestamp, Trouble> {
    let wrong = || {
        let text = Safe::line(text);
        let why = format!("{text} is no time: write 2h, 3d, 2026-11-22 or 2026-11-22T14:00:00Z");
        Trouble::new(Exit::Usage, why)
    };
    let zone = TimeZone::system();
    if let Ok(span) = text.parse::<Span>() {
        let then = now.to_zoned(zone).checked_sub(span.abs()).map_err(|_| wrong())?;
        return Ok(then.timestamp());
    }
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Ok(moment);
    }
    let day: jiff::civil::DateTime = text.parse().map_err(|_| wrong())?;
    Ok(day.to_zoned(zone).map_err(|_| wrong())?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_span_a_day_or_a_moment() {
        let now: Timestamp = "2026-11-22T14:00:00Z".parse().unwrap();
        assert_eq!(since("2h", now).unwrap().to_string(), "2026-11-22T12:00:00Z");
        let moment = "2026-11-01T00:00:00Z";
        assert_eq!(since(moment, now).unwrap().to_string(), moment);
        let day = since("2026-11-20", now).unwrap().to_zoned(TimeZone::system());
        assert_eq!(day.strftime("%F %T").to_string(), "2026-11-20 00:00:00");
        for wrong in ["", "yesterday-ish", "2026-13-01"] {
            assert!(since(wrong, now).is_err(), "{wrong}");
        }
    }
}
