//! What Ctrl-C does while a run is started and followed.

use std::pin::pin;

use color_eyre::eyre::WrapErr;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::super::Context;
use super::super::exit::{Exit, Trouble};
use super::super::wiring;
use super::print;
use crate::domain::ids::RunId;
use crate::domain::run::control::Control;
use crate::engine::ports::{RunReader, RunWriter};

/// What Ctrl-C means for a run that is followed.
#[derive(Debug)]
pub(in crate::cli) enum Hold {
    /// Somebody only looks: leave at once, the run is not touched.
    Looks,
    /// It was started here: the first time nothing further is started, the second time leave.
    Foreground(Presses),
}

/// Ctrl-C, heard from before a run begins: between its begin and its following none ends this program unheard, with
/// the run going on to its next steps.
#[derive(Debug)]
pub(in crate::cli) struct Presses {
    signal: Signal,
    /// It was pressed while the run was being started.
    early: bool,
}

impl Presses {
    pub(super) fn heard() -> Result<Self, Trouble> {
        let signal = signal(SignalKind::interrupt()).wrap_err("listening for Ctrl-C")?;
        Ok(Self { signal, early: false })
    }

    /// Waits for what starts a run, and hears Ctrl-C meanwhile where the run is to be followed. A first one counts once
    /// the run is there; a second one leaves at once.
    pub(super) async fn while_starting<T>(
        heard: Option<&mut Self>,
        starting: impl Future<Output = T>,
    ) -> Result<T, Trouble> {
        match heard {
            Some(presses) => presses.until(starting).await,
            None => Ok(starting.await),
        }
    }

    async fn until<T>(&mut self, starting: impl Future<Output = T>) -> Result<T, Trouble> {
        let mut starting = pin!(starting);
        loop {
            tokio::select! {
                biased;
                done = &mut starting => return Ok(done),
                _ = self.signal.recv() => {}
            }
            if self.early {
                let why = "left while the run was being started, and it may go on: `bunker runs` shows whether it is there, `bunker pause last` holds it";
                return Err(Trouble::new(Exit::Interrupted, why));
            }
            self.early = true;
            print::say(
                "\nthe run is being started; as soon as it is there, it is asked to start no further step. Ctrl-C again leaves at once, without that",
            );
        }
    }

    async fn first(&mut self) {
        if !self.early {
            self.next().await;
        }
    }

    async fn next(&mut self) {
        let _: Option<()> = self.signal.recv().await;
    }
}

/// Waits for Ctrl-C. The first one in the foreground starts nothing further and says what still runs; the run goes on
/// being followed. The next one leaves, and the run stays with its worker.
pub(super) async fn interrupted(
    context: &Context,
    run: &RunId,
    hold: Hold,
) -> Result<Exit, Trouble> {
    match hold {
        Hold::Looks => Presses::heard()?.next().await,
        Hold::Foreground(mut presses) => {
            presses.first().await;
            if let Some(still) = pause(context, run).await? {
                print::say(&format!(
                    "\nrun {run}: no further step is started; {still}\nCtrl-C again leaves it to its worker; `bunker resume {run}` goes on, `bunker abort {run}` ends it"
                ));
                presses.next().await;
            }
        }
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
    let busy = state.hosts.iter().filter(|h| h.is_under_way());
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
