//! The JSON of the query API.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use crate::domain::answer::{InstantAnswer, RangeAnswer, Sample, Stretch};
use crate::domain::figure::Trouble;
use crate::domain::series::Series;
use crate::domain::untrusted::Safe;

#[derive(Deserialize)]
struct Envelope {
    status: String,
    #[serde(default, rename = "isPartial")]
    is_partial: bool,
    data: Option<Data>,
    error: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    result_type: String,
    result: Vec<One>,
}

#[derive(Deserialize)]
struct One {
    metric: BTreeMap<String, String>,
    value: Option<Point>,
    #[serde(default)]
    values: Vec<Point>,
}

/// Unix seconds and the value as text, which has `NaN` and `+Inf` that JSON's numbers lack.
#[derive(Deserialize)]
struct Point(f64, Text);

#[derive(Deserialize)]
#[serde(untagged)]
enum Text {
    Text(String),
    Number(f64),
}

impl Point {
    fn sample(&self) -> Option<Sample> {
        let value = match &self.1 {
            Text::Text(text) => text.parse().ok()?,
            Text::Number(number) => *number,
        };
        Some(Sample { value, at: moment(self.0)? })
    }
}

fn moment(seconds: f64) -> Option<Timestamp> {
    let since = SignedDuration::try_from_secs_f64(seconds).ok()?;
    Timestamp::UNIX_EPOCH.checked_add(since).ok()
}

fn malformed(what: &str) -> Trouble {
    Trouble::Malformed(Safe::line(what))
}

fn envelope(body: &[u8], kind: &str) -> Result<(Vec<One>, bool), Trouble> {
    let envelope: Envelope = serde_json::from_slice(body)
        .map_err(|e| malformed(&format!("its answer is not that of a metrics server: {e}")))?;
    if envelope.status != "success" {
        let said = envelope.error.unwrap_or_else(|| envelope.status.clone());
        return Err(Trouble::Refused(Safe::line(&format!("it could not answer: {said}"))));
    }
    let data = envelope.data.ok_or_else(|| malformed("its answer has no data"))?;
    if data.result_type != kind {
        return Err(malformed(&format!("its answer is a {}, not a {kind}", data.result_type)));
    }
    Ok((data.result, envelope.is_partial))
}

/// Reads the answer to an instant query.
pub(super) fn instant(body: &[u8]) -> Result<InstantAnswer, Trouble> {
    let (result, partial) = envelope(body, "vector")?;
    let mut answer = InstantAnswer { partial, ..InstantAnswer::default() };
    for mut one in result {
        let point = one.value.as_ref().and_then(Point::sample);
        let sample = point.ok_or_else(|| malformed("a value of its answer is no number"))?;
        match one.metric.remove("instance").map(|label| answer.samples.entry(label)) {
            Some(Entry::Vacant(free)) => {
                free.insert(sample);
            }
            Some(Entry::Occupied(_)) | None => answer.n_odd += 1,
        }
    }
    Ok(answer)
}

/// Reads the answer to a range query, onto the grid that was asked for.
pub(super) fn range(body: &[u8], stretch: Stretch) -> Result<RangeAnswer, Trouble> {
    let (result, partial) = envelope(body, "matrix")?;
    let mut answer = RangeAnswer { partial, ..RangeAnswer::default() };
    for mut one in result {
        match one.metric.remove("instance").map(|label| answer.series.entry(label)) {
            Some(Entry::Vacant(free)) => {
                free.insert(on_grid(&one.values, stretch)?);
            }
            Some(Entry::Occupied(_)) | None => answer.n_odd += 1,
        }
    }
    Ok(answer)
}

fn on_grid(points: &[Point], stretch: Stretch) -> Result<Series, Trouble> {
    let n = stretch.n as usize;
    let mut values = vec![None; n];
    let step = f64::from(stretch.step_s.max(1));
    let end = stretch.end.as_second() as f64;
    for point in points {
        let sample =
            point.sample().ok_or_else(|| malformed("a value of its answer is no number"))?;
        let back = ((end - point.0) / step).round();
        let place = (back >= 0.0).then(|| n.checked_sub(1 + back as usize)).flatten();
        if let Some(slot) = place.and_then(|i| values.get_mut(i)) {
            *slot = sample.value.is_finite().then_some(sample.value);
        }
    }
    Ok(Series { end: stretch.end, step_s: stretch.step_s, values })
}

/// What an error's body says, at most 200 characters.
pub(super) fn error_text(body: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Refusal {
        error: String,
    }
    let text = serde_json::from_slice::<Refusal>(body)
        .map_or_else(|_| String::from_utf8_lossy(body).into_owned(), |refusal| refusal.error);
    let text = text.trim();
    // A page of HTML tells nobody anything.
    if text.starts_with('<') { String::new() } else { text.chars().take(200).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_stand_on_the_grid_and_gaps_stay() {
        let stretch = Stretch { end: Timestamp::from_second(1_200).unwrap(), step_s: 60, n: 5 };
        let body = r#"{"status":"success","isPartial":true,"data":{"resultType":"matrix","result":[
            {"metric":{"instance":"a"},"values":[[900,"9"],[960,"1"],[1020,"NaN"],[1080.2,"2"],[1200,"+Inf"],[1260,"7"]]},
            {"metric":{},"values":[]}]}}"#;
        let answer = range(body.as_bytes(), stretch).unwrap();
        assert_eq!(answer.series["a"].values, [Some(1.0), None, Some(2.0), None, None]);
        assert!(answer.partial);
        assert_eq!(answer.n_odd, 1);
    }

    #[test]
    fn numbers_that_are_none_stay_visible_as_such() {
        let body = r#"{"status":"success","data":{"resultType":"vector","result":[
            {"metric":{"instance":"a"},"value":[1795377371,"+Inf"]},
            {"metric":{"instance":"b"},"value":[1795377371.5,"NaN"]},
            {"metric":{"instance":"c","x":"y"},"value":[1795377371,"0"]},
            {"metric":{"instance":"c"},"value":[1795377371,"5"]}]},"stats":{"seriesFetched":"2"}}"#;
        let answer = instant(body.as_bytes()).unwrap();
        assert!(answer.samples["a"].value.is_infinite() && answer.samples["b"].value.is_nan());
        assert!(answer.samples["c"].value.abs() < f64::EPSILON);
        assert_eq!(answer.n_odd, 1);
    }
}
