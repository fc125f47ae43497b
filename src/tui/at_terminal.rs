//! What needs the terminal to itself for a while, and what is told of it.

use std::sync::Arc;

use tokio::sync::mpsc::UnboundedSender;

use super::event_loop::Lend;
use super::sources::{AtTerminal, SetUp};
use crate::app::Msg;
use crate::app::setup::SetupAsk;
use crate::app::toast::ToastKind;
use crate::domain::untrusted::Safe;

/// Does what can be done where there is no inventory, and tells what came of it.
pub(super) async fn first_run(
    ask: SetupAsk,
    set_up: Option<Arc<dyn SetUp>>,
    lend: UnboundedSender<Lend>,
) -> Msg {
    let none = || Safe::line("nothing can be set up from here");
    let Some(set_up) = set_up else { return Msg::SetUp(Err(none())) };
    Msg::SetUp(match ask {
        SetupAsk::Make(first) => set_up.make(&first).await,
        SetupAsk::Import(from) => set_up.import(&from).await,
        SetupAsk::Demo => match set_up.demo() {
            Ok(open) => lent(open, &lend).await.map(|s| Safe::line(&s)).map_err(|s| Safe::line(&s)),
            Err(why) => Err(why),
        },
    })
}

/// Gives the screen back, does it there, and tells what is to be told of it.
pub(super) async fn at_terminal(open: AtTerminal, lend: &UnboundedSender<Lend>) -> Msg {
    match lent(open, lend).await {
        Ok(text) => Msg::Notice(ToastKind::Done, Safe::line(&text)),
        Err(text) => Msg::Notice(ToastKind::Problem, Safe::line(&text)),
    }
}

async fn lent(open: AtTerminal, lend: &UnboundedSender<Lend>) -> Result<String, String> {
    let (answer, ended) = tokio::sync::oneshot::channel();
    let doing: Lend = Box::new(move || drop(answer.send(open())));
    match lend.send(doing) {
        Ok(()) => ended.await.unwrap_or_else(|_| Err("it was not opened".to_owned())),
        Err(_) => Err("the cockpit is being left".to_owned()),
    }
}
