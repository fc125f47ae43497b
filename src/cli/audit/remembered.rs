//! What others remember of the log: the hosts, and the history of the inventory.

use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{self, StreamExt};

use super::super::exit::Trouble;
use super::super::{Context, fleet, wiring};
use crate::adapters::inventory::commits_with_anchors;
use crate::domain::audit::Anchor;
use crate::domain::connection::Connection;
use crate::domain::ids::HostId;
use crate::domain::untrusted::Safe;
use crate::engine::ports::RemoteRead;
use crate::steps::anchor;

/// How long a host may take.
const DEADLINE: Duration = Duration::from_secs(20);
/// Hosts that are asked at once.
const AT_ONCE: usize = 32;

/// Heads of logs, and who could not be asked.
#[derive(Default)]
pub(super) struct Remembered {
    /// Each with who remembers it.
    pub(super) anchors: Vec<(Anchor, Safe)>,
    /// Who could not be asked, and why.
    pub(super) silent: Vec<Safe>,
}

/// Asks the hosts of the limit and the inventory's history.
pub(super) async fn ask(context: &Context, limit: Option<&str>) -> Result<Remembered, Trouble> {
    let (fleet, problems) = fleet::fleet(context)?;
    fleet::tell(&fleet, &problems);
    let hosts: Vec<(HostId, Connection)> = fleet::limited(&fleet, limit)?
        .into_iter()
        .map(|host| (host.id.clone(), host.connection.clone()))
        .collect();
    let pool = wiring::hosts()?;
    let answers: Vec<_> = stream::iter(hosts)
        .map(|(id, to)| {
            let pool = Arc::clone(&pool);
            async move {
                let answer = pool.read(&to, &anchor::recall(to.become_root), DEADLINE).await;
                (id, answer)
            }
        })
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    pool.close().await;
    let mut remembered = Remembered::default();
    for (id, answer) in answers {
        match answer {
            Ok(output) => {
                let by = Safe::line(id.as_str());
                let text = String::from_utf8_lossy(&output.stdout).into_owned();
                let anchors = text.lines().filter_map(Anchor::parse);
                remembered.anchors.extend(anchors.map(|anchor| (anchor, by.clone())));
            }
            Err(error) => {
                let text = format!("{id}: {}", error.message);
                remembered.silent.push(Safe::line(&text));
            }
        }
    }
    remembered.silent.sort();
    for (commit, anchor) in commits_with_anchors(&context.inventory) {
        let by = Safe::line(&format!("commit {commit} of the inventory"));
        remembered.anchors.push((anchor, by));
    }
    Ok(remembered)
}
