//! What the model foretells of a rollout that nobody disturbs, for those who carry one out elsewhere.

use std::collections::BTreeSet;

pub(crate) use super::model::Behaviour;
use super::model::Model;

/// What may become of each host: `well`, `failed`, `unreachable` or `not run`. The hosts of a batch go side by side.
pub(crate) fn foretold(
    hosts: &[Behaviour],
    batches: &[usize],
    (max_failed, max_unreachable): (u32, u32),
) -> Vec<BTreeSet<&'static str>> {
    let model = Model {
        hosts: hosts.to_vec(),
        batches: batches.to_vec(),
        one_by_one: false,
        max_failed,
        max_unreachable,
        disturbed: false,
        ended_early: false,
        meddled: BTreeSet::new(),
    };
    model.allowed()
}
