//! Windows and silences from the cockpit, by the same code as `bunker window` and `bunker silence`.

use super::Context;
use super::exit::Trouble;
use super::instance::add::difference;
use super::silence::making;
use super::window::{adding, ending, runs};
use super::{fleet, wiring};
use crate::app::quiet::{QuietAnswer, QuietAsk, WindowDraft};
use crate::domain::fleet::Host;
use crate::domain::untrusted::Safe;

/// Does it. Files are read and written on the way: for a thread that may wait.
pub(super) fn answer(context: &Context, ask: &QuietAsk) -> Result<QuietAnswer, Trouble> {
    match ask {
        QuietAsk::Draft(wish) => {
            let adding = adding::prepare(context, wish)?;
            let lines = adding.edit.files.iter().flat_map(difference);
            Ok(QuietAnswer::Draft(WindowDraft {
                wish: wish.clone(),
                about: Safe::line(&adding.about()),
                hosts: adding.hosts(),
                frozen: adding.frozen(),
                lines: lines.filter(|l| !l.is_empty()).map(|l| Safe::line(&l)).collect(),
            }))
        }
        QuietAsk::Add(wish, _) => {
            let adding = adding::prepare(context, wish)?;
            Ok(told(&adding.write(context, false)?))
        }
        QuietAsk::End { name, hosts, .. } => {
            let (fleet, loaded) = fleet::loaded(context)?;
            let its = |host: &&Host| hosts.contains(&host.id);
            let among: Vec<&Host> = fleet.hosts.iter().map(AsRef::as_ref).filter(its).collect();
            let why = wiring::reason();
            let ending = ending::prepare(context, &loaded, &among, name.as_str(), why.as_ref())?;
            let closed = ending.write(context, false)?;
            let mut lines = vec![ending.words()];
            lines.extend(closed.committed);
            lines.extend(runs::words(&closed.paused));
            lines.extend(closed.silences);
            Ok(told(&lines))
        }
        QuietAsk::Silence { fits, lasts, .. } => {
            let (fleet, _) = fleet::fleet(context)?;
            let silence = making::meant(fits.clone(), lasts)?;
            // One that does not answer is told before anything was asked of it.
            making::told(&fleet)?;
            let id = making::make(context, &fleet, &silence)?;
            Ok(told(&[format!("silent for {lasts}: {} (silence {id})", fits.words())]))
        }
        QuietAsk::EndSilence { id, .. } => {
            let (fleet, _) = fleet::fleet(context)?;
            let silence = making::found(&fleet, id)?;
            making::end(context, &fleet, &silence)?;
            Ok(told(&[format!("the silence is over: {} is loud again", silence.fits)]))
        }
    }
}

fn told(lines: &[String]) -> QuietAnswer {
    QuietAnswer::Done(Safe::line(&lines.join("; ")))
}
