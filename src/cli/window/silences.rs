//! `bunker window sync`, and the same after every edit of a window.

use serde_json::json;

use super::super::exit::{Exit, Trouble};
use super::super::output::print_json;
use super::super::run::{right, say};
use super::super::{Context, fleet, wiring};
use crate::adapters::alertmanager::Alertmanager;
use crate::domain::fleet::Fleet;
use crate::engine::ports::Clock as _;
use crate::engine::silences;

/// Brings Alertmanager in step with the inventory.
pub(super) fn sync(context: &Context) -> Result<Exit, Trouble> {
    right(context)?;
    let (fleet, problems) = fleet::fleet(context)?;
    fleet::tell(&fleet, &problems);
    let now = wiring::clock().now();
    let runtime = wiring::runtime()?;
    let synced = runtime.block_on(silences::sync(&Alertmanager::default(), &fleet, now));
    let synced = synced.map_err(|what| Trouble::new(Exit::Failed, what))?;
    let Some(done) = synced else {
        let why = "the fleet has no Alertmanager: set bunker_alertmanager_url in group_vars/all";
        return Err(Trouble::new(Exit::Usage, why));
    };
    if context.json {
        print_json(&json!({ "created": done.created, "expired": done.expired }))?;
    } else {
        say(&format!("silences: {} made, {} ended", done.created, done.expired));
    }
    Ok(Exit::Ok)
}

/// Tells Alertmanager of the windows of this fleet, where it has one. What goes wrong is said and ends nothing: the
/// windows themselves count whatever Alertmanager knows.
pub(in crate::cli) async fn tell(fleet: &Fleet) {
    words(fleet).await.iter().for_each(|told| say(told));
}

/// The same; what is to be told is given back.
async fn words(fleet: &Fleet) -> Option<String> {
    let now = wiring::clock().now();
    match silences::sync(&Alertmanager::default(), fleet, now).await {
        Ok(Some(done)) if done.created + done.expired > 0 => {
            Some(format!("silences: {} made, {} ended", done.created, done.expired))
        }
        Err(what) => Some(format!("alerts are not silenced: {what}; `bunker window sync`")),
        Ok(_) => None,
    }
}

/// [`words`], from a verb or a thread that has no runtime.
pub(super) fn synced(fleet: &Fleet) -> Option<String> {
    wiring::runtime().ok()?.block_on(words(fleet))
}
