//! When a run stops starting further targets.

use serde::{Deserialize, Serialize};

use super::Plan;

/// When a run stops starting further targets: as soon as this many **or more** went wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailureBudget {
    /// It stops when this many targets of the run have failed; at least 1.
    pub max_failed: u32,
    /// It stops when this many of the run could not be reached; at least 1.
    pub max_unreachable: u32,
    /// One per batch: it stops when this many of that batch have failed. Empty where that does not count.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failed_of_batch: Vec<u32>,
    /// The same of those that could not be reached.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unreachable_of_batch: Vec<u32>,
}

impl FailureBudget {
    /// A budget of the whole run.
    pub fn of_run(max_failed: u32, max_unreachable: u32) -> Self {
        Self { max_failed, max_unreachable, ..Self::default() }
    }
}

impl Plan {
    /// When it stops, in words: `stops when 2 or more of 8 fail, or 1 of 8 cannot be reached`.
    pub fn stops_sentence(&self) -> String {
        let n = self.targets().count();
        let many = |k: u32| if k > 1 { format!("{k} or more") } else { k.to_string() };
        let fail = if self.stops.max_failed == 1 { "fails" } else { "fail" };
        let mut parts = vec![format!("{} of {n} {fail}", many(self.stops.max_failed))];
        let of_batch = self.of_batch(&self.stops.failed_of_batch);
        parts.extend(of_batch.map(|batch| format!("{batch} fail")));
        parts.push(format!("{} of {n} cannot be reached", many(self.stops.max_unreachable)));
        let of_batch = self.of_batch(&self.stops.unreachable_of_batch);
        parts.extend(of_batch.map(|batch| format!("{batch} cannot be reached")));
        format!("stops when {}", parts.join(", or "))
    }

    /// Limits of batches in words: equal ones once, else each.
    fn of_batch(&self, limits: &[u32]) -> Option<String> {
        let mut each: Vec<String> = Vec::new();
        for (limit, batch) in limits.iter().zip(&self.batches) {
            let text = format!("{limit} of {}", batch.len());
            if !each.contains(&text) {
                each.push(text);
            }
        }
        match each.as_slice() {
            [] => None,
            [one] => Some(format!("{one} (or more) of a batch")),
            several => Some(format!("as many of a batch: {}", several.join(" · "))),
        }
    }

    /// How large the batches are, in order: `2 · 2 · 1`.
    pub fn sizes(&self) -> String {
        let sizes: Vec<String> = self.batches.iter().map(|b| b.len().to_string()).collect();
        sizes.join(" · ")
    }

    /// The same for people: a row of more than three alike is counted, `1 · 20 × 2`.
    pub fn sizes_told(&self) -> String {
        let sizes: Vec<usize> = self.batches.iter().map(Vec::len).collect();
        let alike = sizes.chunk_by(|a, b| a == b).map(|alike| match alike {
            [size, _, _, _, ..] => format!("{} × {size}", alike.len()),
            few => few.iter().map(ToString::to_string).collect::<Vec<_>>().join(" · "),
        });
        alike.collect::<Vec<_>>().join(" · ")
    }

    /// How its targets are ordered and taken, where that is not as the inventory has them, in words.
    pub fn order_words(&self) -> Option<String> {
        let strategy = self.strategy.as_ref()?;
        let mut words = Vec::new();
        if strategy.order != super::Order::Inventory {
            words.push(format!("order {}", strategy.order));
        }
        if let Some(seed) = strategy.seed {
            words.push(format!("seed {seed}"));
        }
        if strategy.unranked > 0 {
            words.push(format!("{} without a figure go last", strategy.unranked));
        }
        if strategy.step {
            words.push("asks after each instance".to_owned());
        }
        (!words.is_empty()).then(|| words.join(", "))
    }
}
