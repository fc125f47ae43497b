//! `bunker snapshot`: a page of the cockpit as text or as a picture, for reports.

pub(super) mod args;

use std::time::Duration;

use serde_json::json;

use super::cockpit_connect::Watching;
use super::exit::{Exit, Trouble};
use super::output::{print, print_json};
use super::{Context, cockpit, fleet, wiring};
use crate::adapters::vault::{Asking, Keyring};
use crate::adapters::view_file::ViewFile;
use crate::app::action::Action;
use crate::app::destination::Destination;
use crate::app::frame::{MIN_HEIGHT, MIN_WIDTH};
use crate::app::layers::Layer;
use crate::app::{Model, Screen};
use crate::domain::git::GitRef;
use crate::domain::ids::HostId;
use crate::engine::ports::RunReader;
use crate::tui::{self, Look, Picture, Still, Wanted};
use crate::ui::Depth;
use args::{Colors, Format, Page, SnapshotArgs};

pub(super) fn run(context: &Context, args: &SnapshotArgs) -> Result<Exit, Trouble> {
    wiring::use_keys(Keyring::from_env(Asking::Nobody(
        "unlock the identity first, or use one without a passphrase",
    )));
    if args.size.too_small() {
        let text = format!("a page needs {MIN_WIDTH}x{MIN_HEIGHT} at least: give a larger --size");
        return Err(Trouble::new(Exit::Usage, text));
    }
    let look = look(context, args)?;
    let runtime = wiring::runtime()?;
    let ended = runtime.block_on(async {
        let what = what(context, args).await?;
        // Nobody asks at the terminal while a page is printed.
        let none = || tokio::sync::mpsc::unbounded_channel().1;
        // A look in passing is no watching.
        let watching = Watching { limit: args.limit.clone(), keeps: false };
        let (opening, closing) = cockpit::opening(context, watching, look.clone(), none());
        let seen = tui::still(opening, what).await;
        closing.close().await;
        seen.map_err(cockpit::trouble)
    });
    runtime.shutdown_timeout(Duration::from_millis(100));
    let model = ended?;
    tell(&model);
    if let Some(missing) = missing(context, args, &model) {
        return Err(missing);
    }
    let picture = Picture::with(&model, &look);
    let content = match args.format {
        Format::Text => tui::text(&picture),
        Format::Ansi => tui::ansi(&picture),
        Format::Svg => tui::picture_svg(&picture),
    };
    if context.json {
        let size = json!({ "columns": args.size.width, "rows": args.size.height });
        let here = model.here().map(|page| page.to_string());
        print_json(&json!({ "page": here, "size": size, "content": content }))?;
    } else {
        print(&content)?;
    }
    Ok(Exit::Ok)
}

/// Why there is no such page, where what was asked for came to nothing.
fn missing(context: &Context, args: &SnapshotArgs, model: &Model) -> Option<Trouble> {
    let page = args.screen;
    let is_open = |of: fn(&Screen) -> bool| model.screens.iter().any(of);
    if page == Page::Log && !is_open(|screen| matches!(screen, Screen::Log(_))) {
        let text = "the run has no output yet: see `bunker show RUN`";
        return Some(Trouble::new(Exit::NotFound, text));
    }
    if page == Page::Plan && !is_open(|screen| matches!(screen, Screen::Plan(_))) {
        let late = model.layers.iter().any(|layer| matches!(layer, Layer::Planning { .. }));
        let why = if late {
            format!("it was not made within {} s: --timeout gives it longer", args.timeout)
        } else {
            "what is said above is why".to_owned()
        };
        let text = format!("there is no plan to show, and nothing was changed; {why}");
        return Some(Trouble::new(Exit::Failed, text));
    }
    if page == Page::Setup && model.setup.is_none() {
        let dir = context.inventory.display();
        let text = format!(
            "the inventory {dir} can be used, so there is nothing to set up: `bunker snapshot fleet` shows it, \
and --inventory DIR names another folder"
        );
        return Some(Trouble::new(Exit::NotFound, text));
    }
    None
}

/// What the cockpit would have told in notices goes to standard error.
#[expect(clippy::print_stderr, reason = "messages of verbs go to standard error")]
fn tell(model: &Model) {
    for toast in model.toasts.shown() {
        eprintln!("bunker: {}", toast.text);
    }
}

fn look(context: &Context, args: &SnapshotArgs) -> Result<Look, Trouble> {
    let depth = match (args.colors, args.format) {
        (Some(Colors::None), _) => Some(Depth::Mono),
        (Some(Colors::Sixteen), _) => Some(Depth::Ansi16),
        (Some(Colors::Many), _) => Some(Depth::Ansi256),
        (Some(Colors::True), _) => Some(Depth::True),
        (None, Format::Svg) if context.color => Some(Depth::True),
        (None, _) => None,
    };
    let (view, _told_by_the_cockpit) = ViewFile::below(wiring::state_dir()).load();
    let own = if args.screen == Page::Wall { Some("wall") } else { view.theme() };
    let (color, theme, saved) = (context.color, args.theme.as_deref(), own);
    let mut look = Look::of(Wanted { color, theme, saved, depth });
    // A picture brings its own signs.
    look.ascii &= args.format != Format::Svg;
    match look.problems.first() {
        Some(problem) if args.theme.is_some() => Err(Trouble::new(Exit::Usage, problem)),
        _ => Ok(look),
    }
}

/// Which page is meant, with every name that it needs.
async fn what(context: &Context, args: &SnapshotArgs) -> Result<Still, Trouble> {
    let (mut first, mut line) = (Vec::new(), None);
    let to = match args.screen {
        Page::Fleet | Page::Wall | Page::Setup => Destination::Fleet,
        Page::Plan => {
            line = Some(reference(args)?);
            if let Some(host) = &args.host {
                first.push(Action::Upgrade);
                Destination::Instance(known(context, host)?)
            } else {
                first.extend([Action::MarkAll, Action::Upgrade]);
                Destination::Fleet
            }
        }
        Page::Help => {
            first.push(Action::Help);
            Destination::Fleet
        }
        Page::Runs => Destination::Runs,
        Page::SecretsDue => Destination::SecretsDue,
        Page::Audit => Destination::Audit,
        Page::Backups => Destination::Backups,
        Page::Alerts => Destination::Alerts,
        Page::Windows => Destination::Windows,
        Page::Leases => Destination::Leases,
        Page::Inventory => Destination::Inventory,
        Page::FleetCharts => Destination::FleetCharts,
        Page::Doctor => Destination::Doctor,
        Page::Variables => Destination::Variables(subject(context, args.host.as_deref())?),
        Page::Charts => Destination::Charts(subject(context, args.host.as_deref())?),
        Page::Timeline => Destination::Timeline(subject(context, args.host.as_deref())?),
        Page::Compare => both(context, args)?,
        Page::Outputs => Destination::Outputs(wiring::store_reader()?.find(&args.run).await?),
        Page::Canary => {
            first.push(Action::ShowCanary);
            with_canary(args).await?
        }
        Page::Log => {
            first.push(Action::OpenLog);
            Destination::Run(wiring::store_reader()?.find(&args.run).await?)
        }
        Page::Run => Destination::Run(wiring::store_reader()?.find(&args.run).await?),
        Page::Instance => {
            if let Some(host) = &args.host {
                Destination::Instance(known(context, host)?)
            } else {
                first.push(Action::Open);
                Destination::Fleet
            }
        }
    };
    let patience = Duration::from_secs(args.timeout.clamp(1, 600));
    let (wall, setup) = (args.screen == Page::Wall, args.screen == Page::Setup);
    let (size, keys) = (args.size, args.keys.0.clone());
    Ok(Still { size, to, first, line, keys, patience, wall, setup })
}

/// What an upgrade would go to, as it would be typed.
fn reference(args: &SnapshotArgs) -> Result<String, Trouble> {
    let to = args.to.as_deref().map(str::parse::<GitRef>).transpose();
    let to = to.map_err(|e| Trouble::new(Exit::Usage, e))?;
    Ok(to.map(|to| to.to_string()).unwrap_or_default())
}

/// The run that is meant, which has to have a canary.
async fn with_canary(args: &SnapshotArgs) -> Result<Destination, Trouble> {
    let store = wiring::store_reader()?;
    let run = store.find(&args.run).await?;
    if store.plan(&run).await?.canary.is_none() {
        let text = format!("run {run} has no canary: `bunker snapshot run --run {run}` shows it");
        return Err(Trouble::new(Exit::NotFound, text));
    }
    Ok(Destination::Run(run))
}

/// The instance of this name, else the first one.
fn subject(context: &Context, host: Option<&str>) -> Result<HostId, Trouble> {
    if let Some(host) = host {
        return known(context, host);
    }
    let (fleet, _) = fleet::fleet(context)?;
    let first = fleet.instances().next().map(|(host, _)| host.id.clone());
    first.ok_or_else(|| Trouble::new(Exit::NotFound, "the inventory has no instance"))
}

/// Two instances side by side.
fn both(context: &Context, args: &SnapshotArgs) -> Result<Destination, Trouble> {
    let left = subject(context, args.host.as_deref())?;
    if let Some(with) = &args.with {
        return Ok(Destination::Compare(left, known(context, with)?));
    }
    let (fleet, _) = fleet::fleet(context)?;
    let other = fleet.instances().map(|(host, _)| host.id.clone()).find(|id| *id != left);
    let right = other.ok_or_else(|| Trouble::new(Exit::NotFound, "there is only one instance"))?;
    Ok(Destination::Compare(left, right))
}

/// The instance of this name.
fn known(context: &Context, host: &str) -> Result<HostId, Trouble> {
    let id: HostId = host.parse().map_err(|e| Trouble::new(Exit::Usage, e))?;
    let (fleet, _) = fleet::fleet(context)?;
    if fleet.instances().any(|(host, _)| host.id == id) {
        Ok(id)
    } else {
        let text = format!("the inventory has no instance {id}: `bunker instance list` names them");
        Err(Trouble::new(Exit::NotFound, text))
    }
}
