//! The command line of what can be done on each page is one that the program takes.

use std::sync::Arc;

use bunker_ops::app::action::{ACTIONS, Action, Place};
use bunker_ops::app::pages::PlanPage;
use bunker_ops::app::toast::ToastKind;
use bunker_ops::app::twin::{Twin, twin};
use bunker_ops::app::{Effect, Model, Screen};
use bunker_ops::cli::args::Args;
use bunker_ops::domain::plan::{Plan, Workflow};
use clap::Parser;
use clap::error::ErrorKind;

use super::pages::{Made, PAGES, opened};
use super::world::{full_plan, go, usual};
use crate::sample::run_id;
use crate::ui_world::press;

/// The words of a line as a shell reads them.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for (at, part) in line.split('\'').enumerate() {
        let quoted = at % 2 == 1;
        for (n, piece) in part.split(if quoted { '\0' } else { ' ' }).enumerate() {
            if n > 0 {
                words.push(String::new());
            }
            words.last_mut().unwrap().push_str(piece);
        }
    }
    words
}

/// What the program says against a line, where it says anything.
fn refused(line: &str) -> Option<String> {
    if line == "cargo demo" {
        return None;
    }
    if line.split([' ', ',', '=']).any(|w| w.len() > 1 && w.chars().all(|c| c.is_ascii_uppercase()))
    {
        return Some("it holds a word that stands for another".to_owned());
    }
    match Args::try_parse_from(words(line)) {
        Err(error) if error.kind() != ErrorKind::DisplayHelp => Some(error.to_string()),
        _ => None,
    }
}

/// The same page with its plan made for something else.
fn planned(workflow: Workflow) -> Model {
    let page = PAGES.iter().find(|page| page.name == "plan").unwrap();
    let mut model = opened(page, "usual", &usual(), (120, 40));
    let mut plan = Plan { workflow, ..full_plan("usual") };
    if !matches!(
        workflow,
        Workflow::Upgrade | Workflow::CanaryUpgrade | Workflow::Rollback | Workflow::Deploy
    ) {
        plan.target = None;
    }
    model.screens = vec![Screen::Plan(Box::new(PlanPage::new(Arc::new(plan))))];
    model
}

/// Every page with data, and each with the selection on another row.
fn models() -> Vec<(String, Model)> {
    let fleet = usual();
    let mut all = Vec::new();
    for page in PAGES.iter().filter(|page| page.made != Made::Layer) {
        for keys in ["", "j", "j j j"] {
            let mut model = opened(page, "usual", &fleet, (120, 40));
            if !matches!(model.place(), Place::Form | Place::Wall) {
                go("usual", &mut model, keys);
            }
            all.push((format!("{} {keys}", page.name), model));
        }
    }
    for workflow in [
        Workflow::Upgrade,
        Workflow::CanaryUpgrade,
        Workflow::Rollback,
        Workflow::Backup,
        Workflow::VerifyBackup,
        Workflow::Deploy,
        Workflow::Configure,
        Workflow::RotateSecrets,
    ] {
        all.push((workflow.name().to_owned(), planned(workflow)));
    }
    all
}

#[test]
fn every_command_line_that_is_offered_is_one_that_the_program_takes() {
    let (mut wrong, mut n_whole) = (Vec::new(), 0);
    let mut places = Vec::new();
    for (name, model) in models() {
        let place = model.place();
        places.push(place);
        for row in ACTIONS.iter().filter(|row| row.action.applies(place)) {
            match twin(&model, row.action) {
                Some(Twin::Whole(line)) => {
                    n_whole += 1;
                    let why = refused(&line);
                    wrong.extend(why.map(|why| format!("{name}: {:?}: {line}: {why}", row.action)));
                }
                Some(Twin::Lacks(line)) => {
                    let told = line
                        .split([' ', '='])
                        .any(|w| w.len() > 1 && w.chars().all(|c| c.is_ascii_uppercase()));
                    assert!(
                        told && line.starts_with("bunker "),
                        "{name}: {:?}: {line}",
                        row.action
                    );
                }
                None => {}
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {n_whole}: {wrong:#?}", wrong.len());
    assert!(n_whole > 500, "{n_whole}");
    // A replay is asked below.
    let unseen: Vec<_> = Place::ALL.iter().filter(|place| !places.contains(place)).collect();
    let layers = [&Place::Palette, &Place::Menu, &Place::Columns, &Place::Ports];
    assert_eq!(unseen[..2], [&Place::Everywhere, &Place::Replay]);
    assert_eq!(unseen[2..], layers, "what stands in front of a page is about that page");
}

fn on(name: &str, keys: &str) -> Model {
    let page = PAGES.iter().find(|page| page.name == name).unwrap();
    let mut model = opened(page, "usual", &usual(), (120, 40));
    go("usual", &mut model, keys);
    model
}

fn line(model: &Model, action: Action) -> String {
    twin(model, action).map_or_else(|| "none".to_owned(), |twin| twin.text().to_owned())
}

#[test]
fn a_command_line_is_about_what_the_page_is_about() {
    let fleet = on("fleet", "g g");
    let first = fleet.fleet.selected().unwrap().id.clone();
    let instance = on("instance", "");
    let run = run_id(0x7f3a);
    for (model, action, want) in [
        (&fleet, Action::Open, format!("bunker status --limit {first}")),
        (&fleet, Action::Charts, format!("bunker snapshot charts --host {first}")),
        (&instance, Action::Timeline, format!("bunker timeline {first}")),
        (&instance, Action::Shell, format!("bunker shell {first}")),
        (&instance, Action::ShowEnv, format!("bunker env {first}")),
        (&instance, Action::Forward, format!("bunker forward {first} SERVICE")),
        (&instance, Action::Upgrade, format!("bunker upgrade --limit {first}")),
        (&instance, Action::Rotate, format!("bunker rotate-secrets --secret NAME --limit {first}")),
        (&on("run", ""), Action::Abort, format!("bunker abort {run}")),
        (&on("run", ""), Action::OpenLog, format!("bunker logs {run} red-deer")),
        (&on("audit", ""), Action::Open, "none".to_owned()),
        (&on("backups", ""), Action::Filter, "none".to_owned()),
    ] {
        assert_eq!(line(model, action), want);
    }
    let compared = line(&on("fleet", "space space"), Action::Compare);
    assert_eq!(words(&compared).len(), 4, "{compared}");
    for (workflow, verb) in [
        (Workflow::Rollback, "bunker rollback red-deer st-albert "),
        (Workflow::VerifyBackup, "bunker backup verify red-deer st-albert "),
    ] {
        let start = line(&planned(workflow), Action::Start);
        assert!(start.starts_with(verb) && start.ends_with("--yes"), "{start}");
    }
    let rollback = planned(Workflow::Rollback);
    assert_eq!(line(&rollback, Action::OverwriteDrift), "none");
    assert!(line(&rollback, Action::WhenFree).ends_with("--wait=3600"));
}

#[test]
fn what_is_not_whole_is_told_and_not_copied() {
    let mut model = on("instance", "");
    let effects = press(&mut model, ": f o r w a r d C-y");
    let copies = |e: &Effect| matches!(e, Effect::Copy(_));
    assert!(!effects.iter().any(copies), "{effects:?}");
    let told: Vec<_> = model.toasts.shown().iter().map(|t| (t.kind, t.text.to_string())).collect();
    let (kind, text) = told.last().unwrap();
    assert_eq!(*kind, ToastKind::Warning);
    assert!(
        text.contains("not chosen yet: bunker forward ") && text.ends_with(" SERVICE"),
        "{text}"
    );
}
