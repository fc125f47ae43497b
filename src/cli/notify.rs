//! `bunker notify list|test|retry`.

use serde_json::{Value, json};

use super::Context;
use super::args::NotifyVerb;
use super::exit::{Exit, Trouble};
use super::output::{columns, print, print_json};
use super::run::{right, say};
use super::{fleet, wiring};
use crate::domain::capability::Operate;
use crate::domain::notify::{Message, NewsKind};
use crate::domain::untrusted::Safe;
use crate::engine::notify::Post;
use crate::engine::ports::{Clock, Outbox, Posted};

/// Carries out one of these verbs.
pub(super) fn run(context: &Context, verb: &NotifyVerb) -> Result<Exit, Trouble> {
    let runtime = wiring::runtime()?;
    let ended = runtime.block_on(async {
        match verb {
            NotifyVerb::List { limit } => {
                let posted = wiring::store_reader()?.posted(*limit).await?;
                shown(context, &posted)?;
                Ok(Exit::Ok)
            }
            NotifyVerb::Test => test(context).await,
            NotifyVerb::Retry { number } => retry(context, *number).await,
        }
    });
    runtime.shutdown_background();
    ended
}

async fn test(context: &Context) -> Result<Exit, Trouble> {
    let right = right(context)?;
    let (fleet, _) = fleet::fleet(context)?;
    let Some(settings) = &fleet.around.notify else {
        let why = "nobody is told anything: set bunker_notify_webhook_url, bunker_notify_gotify_url or bunker_notify_mail_to";
        return Err(Trouble::new(Exit::Usage, why));
    };
    let clock = wiring::clock();
    let message = Message {
        kind: NewsKind::Test,
        key: format!("test/{}", clock.nonce()),
        run: None,
        fleet: fleet.name.clone(),
        title: "a test".into(),
        text: Safe::text("Somebody wanted to see whether messages of bunker arrive. This one did."),
        at: clock.now(),
    };
    let store = wiring::store_writer(right)?;
    store.post(&message, &settings.channels).await?;
    drop(store);
    let posted = flushed(right, settings.channels.len()).await?;
    let ours: Vec<Posted> = posted.into_iter().filter(|p| p.message.key == message.key).collect();
    shown(context, &ours)?;
    let all = ours.iter().all(|p| p.state.as_str() == "sent");
    Ok(if all { Exit::Ok } else { Exit::Failed })
}

async fn retry(context: &Context, number: Option<u64>) -> Result<Exit, Trouble> {
    let right = right(context)?;
    let store = wiring::store_writer(right)?;
    let n = store.retry(number).await?;
    drop(store);
    if n == 0 {
        if number.is_some() {
            return Err(Trouble::new(Exit::NotFound, "there is no such message that was not sent"));
        }
        say("everything was sent");
    }
    let posted = flushed(right, 200).await?;
    let meant = |p: &Posted| number.is_none_or(|number| p.number == number);
    let ours: Vec<Posted> = posted.into_iter().filter(meant).take(n).collect();
    shown(context, &ours)?;
    let all = ours.iter().all(|p| p.state.as_str() == "sent");
    Ok(if all { Exit::Ok } else { Exit::Failed })
}

/// Sends what is due, and gives what stands in the outbox then.
async fn flushed(right: &Operate, limit: usize) -> Result<Vec<Posted>, Trouble> {
    let (store, courier, clock) =
        (wiring::store_writer(right)?, wiring::courier(), wiring::clock());
    Post { outbox: &*store, courier: &*courier, clock: &*clock }.flush().await?;
    Ok(store.posted(limit).await?)
}

fn shown(context: &Context, posted: &[Posted]) -> Result<(), Trouble> {
    if context.json {
        let rows: Vec<Value> = posted.iter().map(as_json).collect();
        return print_json(&json!({ "messages": rows }));
    }
    let head = ["NUMBER", "STATE", "CHANNEL", "TO", "WHAT", "AT", "TRIES", "LAST ERROR"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for one in posted {
        rows.push(vec![
            one.number.to_string(),
            one.state.to_string(),
            one.channel.name().to_owned(),
            one.channel.target().to_string(),
            one.message.title.to_string(),
            one.made.strftime("%Y-%m-%d %H:%M:%SZ").to_string(),
            one.tries.to_string(),
            one.error.as_ref().map(ToString::to_string).unwrap_or_default(),
        ]);
    }
    print(&columns(&rows))
}

fn as_json(one: &Posted) -> Value {
    json!({ "number": one.number, "id": one.id, "state": one.state, "channel": one.channel.name(),
        "to": one.channel.target(), "kind": one.message.kind, "title": one.message.title,
        "run": one.message.run, "at": one.made, "next": one.next, "tries": one.tries, "error": one.error })
}
