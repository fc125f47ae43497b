//! `bunker worker RUN`: the process that owns a run.

use std::io::Read;

use color_eyre::eyre::WrapErr;
use zeroize::Zeroizing;

use super::super::Context;
use super::super::exit::{Exit, Trouble};
use super::super::wiring;
use super::dispatch::right;
use super::show::exit_of;
use super::{again, print};
use crate::adapters::store::StoreWriter;
use crate::adapters::vault::{Asking, Keyring};
use crate::domain::notify::no_way_back;
use crate::domain::run::control::Control;
use crate::domain::run::state::RunState;
use crate::engine::notify::Post;
use crate::engine::ports::{Clock, Outbox, RunReader};
use crate::engine::worker::{WorkerError, carry_out};

/// What to do where a worker needs a passphrase.
const NOBODY: &str = "resume the run in a shell, where `bunker resume` asks for it";

/// Carries a run out, apart from whoever started it.
pub(super) async fn work(context: &Context, run: &str, identity: bool) -> Result<Exit, Trouble> {
    // Out of the session of whoever started us, so that its end is not ours. This fails only where
    // we lead a session of our own already.
    let _leads_already = rustix::process::setsid();
    let keys = if identity { given_keys()? } else { Keyring::from_env(Asking::Nobody(NOBODY)) };
    wiring::use_keys(keys);
    let right = right(context)?;
    let store = wiring::store_writer(right)?;
    let run = store.find(run).await?;
    let hosts = wiring::hosts()?;
    let ports = wiring::worker_ports(std::sync::Arc::clone(&store), &hosts, right);
    let (courier, clock) = (wiring::courier(), wiring::clock());
    let post = Post { outbox: &*store, courier: &*courier, clock: &*clock };
    let worked = tokio::select! {
        worked = carry_out(ports, run.clone(), std::process::id()) => worked,
        never = post.keep_sending(&*store) => match never {},
    };
    if worked.is_ok() {
        roll_back_if_wanted(context, &store, &run, &hosts).await;
    }
    // The run has ended; its last message goes out now.
    wiring::last_words(&store).await;
    hosts.close().await;
    match worked {
        Ok(_) => {
            let state = replay(&*store, &run).await?;
            Ok(exit_of(&*store.plan(&run).await?, &state))
        }
        Err(WorkerError::Store(error)) => Err(error.into()),
    }
}

/// Brings back what the run changed, where somebody asked for that. What goes wrong is told in worker.log and to whom the
/// run's messages go: it has ended, so its journal takes nothing more. `bunker abort --rollback` on it tries again.
async fn roll_back_if_wanted(
    context: &Context,
    store: &StoreWriter,
    run: &crate::domain::ids::RunId,
    hosts: &std::sync::Arc<crate::adapters::ssh::SshPool>,
) {
    let asked = async {
        let state = replay(store, run).await?;
        let asks = |control: &Control| *control == Control::AbortAndRollBack;
        let by = state.controls.iter().rev().find(|(_, control, _)| asks(control));
        let Some((_, _, by)) = by else { return Ok(()) };
        let right = right(context)?;
        let runs = again::roll_back(right, &context.inventory, hosts, run, by).await?;
        again::tell(run, &runs);
        Ok::<(), Trouble>(())
    };
    if let Err(trouble) = asked.await {
        print::say(&format!(
            "run {run}: the rollback could not be started: {:#}; try `bunker abort --rollback {run}`",
            trouble.report
        ));
        let why = format!("{:#}", trouble.report);
        if let Err(error) = post_no_way_back(store, run, &why).await {
            print::say(&format!("run {run}: nobody could be told of that: {:#}", error.report));
        }
    }
}

async fn post_no_way_back(
    store: &StoreWriter,
    run: &crate::domain::ids::RunId,
    why: &str,
) -> Result<(), Trouble> {
    let (plan, state) = (store.plan(run).await?, replay(store, run).await?);
    let message = no_way_back(&plan, &state, why, wiring::clock().now());
    if let (Some(message), Some(to)) = (message, &plan.around.notify) {
        store.post(&message, &to.channels).await?;
    }
    Ok(())
}

/// The identity that our starter unlocked, by standard input.
fn given_keys() -> Result<Keyring, Trouble> {
    let mut text = Zeroizing::new(String::with_capacity(4096));
    let mut input = std::io::stdin().lock().take(64 * 1024);
    input.read_to_string(&mut text).wrap_err("reading the identity")?;
    Ok(Keyring::given(text)?)
}

/// The state of a run by its journal, lost where its worker is gone.
pub(super) async fn replay(
    store: &dyn RunReader,
    run: &crate::domain::ids::RunId,
) -> Result<RunState, Trouble> {
    let plan = store.plan(run).await?;
    let alive = store.worker_alive(run).await?;
    Ok(crate::engine::worker::replayed(store, run, &plan).await?.recovered(alive))
}
