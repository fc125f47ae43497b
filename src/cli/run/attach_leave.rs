//! What Ctrl-C does while a run is followed.

use super::super::Context;
use super::super::exit::{Exit, Trouble};
use super::super::wiring;
use super::print;
use crate::domain::ids::RunId;
use crate::domain::run::control::Control;
use crate::engine::ports::{RunReader, RunWriter};

/// What Ctrl-C means for a run that is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Hold {
    /// Somebody only looks: leave at once, the run is not touched.
    Looks,
    /// It was started here: the first time nothing further is started, the second time leave.
    Foreground,
}

/// Waits for Ctrl-C. The first one in the foreground starts nothing further and says what still runs; the run goes on
/// being followed. The next one leaves, and the run stays with its worker.
pub(super) async fn interrupted(
    context: &Context,
    run: &RunId,
    hold: Hold,
) -> Result<Exit, Trouble> {
    let pressed = || async { drop(tokio::signal::ctrl_c().await) };
    pressed().await;
    let may = context.operate.is_some() && hold == Hold::Foreground;
    if may && let Some(still) = pause(context, run).await? {
        print::say(&format!(
            "\nrun {run}: no further step is started; {still}\nCtrl-C again leaves it to its worker; `bunker resume {run}` goes on, `bunker abort {run}` ends it"
        ));
        pressed().await;
    }
    print::say(&format!(
        "\nleft; run {run} stays with its worker: `bunker attach {run}` to come back, `bunker abort {run}` to end it"
    ));
    Ok(Exit::Interrupted)
}

/// Asks the run to pause; gives what still runs, or nothing where there is nobody to ask.
async fn pause(context: &Context, run: &RunId) -> Result<Option<String>, Trouble> {
    let store = wiring::store_writer(super::dispatch::right(context)?)?;
    if !store.worker_alive(run).await? {
        return Ok(None);
    }
    store.ask(run, Control::Pause, &super::operator::operator()).await?;
    let state = super::worker::replay(&*store, run).await?;
    let busy = state.hosts.iter().filter(|h| h.started.is_some() && h.outcome.is_none());
    let busy: Vec<String> = busy
        .map(|h| match h.running_step() {
            Some(step) => format!("{} ({})", h.id, step.title),
            None => h.id.to_string(),
        })
        .collect();
    Ok(Some(if busy.is_empty() {
        "nothing runs now".to_owned()
    } else {
        format!("these finish what they do: {}", busy.join(", "))
    }))
}
