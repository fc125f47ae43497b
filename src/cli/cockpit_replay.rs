//! The cockpit on a run that is played from a file: nothing is connected to, and nothing can be changed.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::exit::{Exit, Trouble};
use super::{Context, cockpit, wiring};
use crate::adapters::replay::ReplayStore;
use crate::adapters::view_file::ViewFile;
use crate::app::replay::{Ask, Replay};
use crate::domain::bundle::Redacted;
use crate::domain::snapshot::{FleetSnapshot, InventoryState, MetricsState};
use crate::domain::untrusted::Safe;
use crate::engine::ports::{Clock, RunReader};
use crate::engine::supervisor::Supervisor;
use crate::tui;

/// How long tasks may take to end.
const ENDS: Duration = Duration::from_millis(700);
/// Seconds of a jump.
const JUMP_S: i64 = 10;

/// Opens the page of the run.
pub(super) fn open(context: &Context, store: &Arc<ReplayStore>) -> Result<Exit, Trouble> {
    // A second installation only means that there are hooks already.
    let _installed = color_eyre::install();
    let runtime = wiring::runtime()?;
    let supervisor = Supervisor::new();
    let sources = sources(store);
    let (_nobody_asks, lends) = tokio::sync::mpsc::unbounded_channel();
    let opening = tui::Opening {
        look: cockpit::look(context),
        clock: store.clock(),
        supervisor: supervisor.clone(),
        operate: None,
        sources: Box::new(move || {
            let sources = sources.clone();
            Box::pin(async move { Ok(sources) })
        }),
        set_up: None,
        lends,
        view: ViewFile::below(wiring::state_dir()),
        keymap: cockpit::own_keys(),
        why: None,
        wall: false,
    };
    let ended = runtime.block_on(async {
        let ended = tui::run(opening).await;
        supervisor.stop(ENDS).await;
        ended
    });
    runtime.shutdown_timeout(Duration::from_millis(100));
    ended.map_err(cockpit::trouble)?;
    Ok(Exit::Ok)
}

fn sources(store: &Arc<ReplayStore>) -> tui::Sources {
    let fleet = FleetSnapshot {
        fleet: store.bundle().plan.fleet.clone(),
        at: store.clock().now(),
        instances: Vec::new(),
        metrics: MetricsState::NotConfigured,
        inventory: InventoryState::default(),
        windows: Arc::new([]),
        accent: None,
        others: Arc::new([]),
    };
    let (_, fleet) = watch::channel(Arc::new(fleet));
    let problems = match &store.bundle().redacted {
        Redacted::Again => Vec::new(),
        Redacted::OnceOnly { .. } => vec![crate::app::msg::Problem {
            message: Safe::line("secrets of the vault were not looked for when this file was made"),
            hint: None,
        }],
    };
    tui::Sources {
        fleet,
        runs: Some(Arc::clone(store) as Arc<dyn RunReader>),
        at_work: None,
        audit: None,
        replay: Some(Arc::clone(store) as Arc<dyn tui::Replaying>),
        looker: None,
        desk: None,
        changer: None,
        problems,
    }
}

impl tui::Replaying for ReplayStore {
    fn state(&self) -> Replay {
        let clock = self.clock();
        let ((from, to), (speed, paused)) = (clock.span(), clock.speed());
        Replay { run: self.bundle().run.clone(), from, to, now: clock.now(), speed, paused }
    }

    fn ask(&self, ask: Ask) {
        let clock = self.clock();
        match ask {
            Ask::Pause => clock.pause(),
            Ask::Faster => clock.faster(2.0),
            Ask::Slower => clock.faster(0.5),
            Ask::Forward => clock.skip(JUMP_S),
            Ask::Back => clock.skip(-JUMP_S),
            Ask::Begin => clock.rewind(),
            Ask::End => clock.end(),
        }
    }
}
