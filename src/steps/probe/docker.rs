//! The containers: `docker compose ps`, `docker inspect`, `docker compose config --services`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::frames::last_line;
use super::parse::Parts;
use crate::domain::facts::{Container, Stack};
use crate::domain::settings::InstanceSettings;
use crate::domain::untrusted::Safe;

/// The stack, whole or not at all: half a list would hide what is missing.
pub(super) fn stack(parts: &Parts<'_>, settings: &InstanceSettings) -> Result<Stack, Safe> {
    let frame = parts.get("stack")?;
    let listed = listed(&frame.text()?)?;
    let services: Vec<Safe> = parts
        .text("services")?
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(Safe::line)
        .collect();
    let inspected = inspected(frame.inspect.unwrap_or_default());
    if inspected.is_empty() && !listed.is_empty() {
        let said = last_line(frame.complaint).unwrap_or_else(|| Safe::line("nothing"));
        return Err(Safe::line(&format!(
            "`docker inspect` told nothing of the containers: {said}"
        )));
    }
    // A container that was removed between the two calls is not there any more.
    let containers = listed
        .into_iter()
        .filter_map(|entry| {
            let more = inspected.iter().find(|(id, _)| id.starts_with(entry.id.as_str()))?.1;
            Some(container(entry, more, settings))
        })
        .collect();
    Ok(Stack { services, containers })
}

/// What `docker compose ps` says of one container.
struct Listed {
    id: String,
    name: Safe,
    service: Safe,
    image: Safe,
    state: Safe,
    health: Safe,
    exit_code: i32,
}

/// What `docker inspect` says of one container.
struct Inspected {
    restarts: u32,
    exit_code: i32,
    started_at: Option<Timestamp>,
    finished_at: Option<Timestamp>,
    health: Option<Safe>,
    /// Restart policy `no`, which is also what Docker takes where nothing is said.
    ends: bool,
}

/// An array (Compose up to 2.20) or one object a line; every field is optional.
fn listed(text: &str) -> Result<Vec<Listed>, Safe> {
    let text = text.trim();
    let odd = |e: serde_json::Error| {
        Safe::line(&format!("`docker compose ps` printed something else than JSON: {e}"))
    };
    let values: Vec<Value> = if text.starts_with('[') {
        serde_json::from_str(text).map_err(odd)?
    } else {
        text.lines()
            .filter(|line| !line.trim().is_empty())
            .map(serde_json::from_str)
            .collect::<Result<_, _>>()
            .map_err(odd)?
    };
    values.iter().map(entry).collect()
}

fn entry(value: &Value) -> Result<Listed, Safe> {
    let word = |key: &str| value.get(key).and_then(Value::as_str).map(Safe::line);
    let id = value.get("ID").and_then(Value::as_str).unwrap_or_default();
    if !is_id(id) {
        return Err(Safe::line("`docker compose ps` lists a container without an id"));
    }
    let name = word("Name").or_else(|| word("Names")).unwrap_or_else(|| Safe::line(id));
    Ok(Listed {
        id: id.to_owned(),
        service: word("Service").unwrap_or_else(|| name.clone()),
        name,
        image: word("Image").unwrap_or_default(),
        state: word("State").unwrap_or_else(|| Safe::line("unknown")),
        health: word("Health").unwrap_or_default(),
        exit_code: value
            .get("ExitCode")
            .and_then(Value::as_i64)
            .and_then(|n| i32::try_from(n).ok())
            .unwrap_or(0),
    })
}

fn is_id(text: &str) -> bool {
    (12..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit())
}

fn inspected(bytes: &[u8]) -> BTreeMap<String, Inspected> {
    String::from_utf8_lossy(bytes).lines().filter_map(inspected_line).collect()
}

fn inspected_line(line: &str) -> Option<(String, Inspected)> {
    let mut words = line.split_whitespace();
    let id = words.next().filter(|id| is_id(id))?.to_owned();
    let restarts = words.next()?.parse().ok()?;
    let exit_code = words.next()?.parse().ok()?;
    let started_at = moment(words.next()?);
    let finished_at = moment(words.next()?);
    let health = words.next().filter(|w| *w != "-").map(Safe::line);
    let ends = matches!(words.next(), None | Some("no"));
    Some((id, Inspected { restarts, exit_code, started_at, finished_at, health, ends }))
}

/// Docker's year 1 means never.
fn moment(text: &str) -> Option<Timestamp> {
    text.parse::<Timestamp>().ok().filter(|t| t.as_second() > 0)
}

fn container(entry: Listed, more: &Inspected, settings: &InstanceSettings) -> Container {
    let named = settings.expected_services.iter().any(|s| s == entry.service.as_str());
    Container {
        id: Safe::line(&entry.id),
        one_shot: more.ends && !named,
        // `ps` says 0 while a crash loop restarts; `inspect` has the last code.
        exit_code: if more.exit_code == 0 { entry.exit_code } else { more.exit_code },
        health: more.health.clone().unwrap_or(entry.health),
        name: entry.name,
        service: entry.service,
        image: entry.image,
        state: entry.state,
        restarts: more.restarts,
        started_at: more.started_at,
        finished_at: more.finished_at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::facts::Part;
    use crate::steps::probe::sample::{PS_ARRAY, facts_of, reply};

    fn stack_of(ps: &str, inspect: &str) -> Part<Stack> {
        facts_of(&reply(&[("stack", ps, Some(inspect), 0, ""), ("services", "api\n", None, 0, "")]))
            .stack
    }

    const ID: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    #[test]
    fn lines_and_arrays_mean_the_same() {
        let inspect =
            format!("{ID} 3 1 2026-11-22T14:20:00.5Z 2026-11-22T14:28:00Z - unless-stopped\n");
        let line = r#"{"ID":"0123456789ab","Name":"cml-api-1","Service":"api","Image":"cml-api","State":"exited","Health":"","ExitCode":1}"#;
        let Part::Known(stack) = stack_of(line, &inspect) else { panic!("unreadable") };
        let api = &stack.containers[0];
        assert_eq!((api.service.as_str(), api.state.as_str()), ("api", "exited"));
        assert_eq!((api.restarts, api.exit_code, api.one_shot), (3, 1, false));
        assert_eq!(api.finished_at, Some("2026-11-22T14:28:00Z".parse().unwrap()));
        assert_eq!(stack_of(&format!("[{line}]"), &inspect), Part::Known(stack));
        let Part::Known(old) = stack_of(PS_ARRAY, &inspect) else { panic!("unreadable") };
        assert_eq!(old.containers.len(), 1);
        assert_eq!(stack_of("", ""), stack_of("[]", ""));
    }

    #[test]
    fn nothing_is_claimed_of_an_answer_that_is_odd() {
        let good = format!("{ID} 0 0 2026-11-22T14:20:00Z 0001-01-01T00:00:00Z healthy no\n");
        for (ps, inspect) in [
            ("{", good.as_str()),
            ("[{\"ID\":\"0123456789ab\"}", &good),
            ("{\"ID\":\"zz\"}", &good),
            ("5", &good),
            ("{}", &good),
            ("{\"ID\":\"0123456789ab\"}", ""),
            ("{\"ID\":\"0123456789ab\"}", "0123456789ab"),
        ] {
            assert!(stack_of(ps, inspect).known().is_none(), "{ps:?} {inspect:?}");
        }
        let Part::Known(bare) = stack_of("{\"ID\":\"0123456789ab\"}", &good) else {
            panic!("unreadable")
        };
        assert_eq!(bare.containers[0].state.as_str(), "unknown");
        assert_eq!(bare.containers[0].health.as_str(), "healthy");
        assert_eq!(bare.containers[0].finished_at, None);
        assert!(bare.containers[0].one_shot);
    }
}
