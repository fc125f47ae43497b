//! The layers and the states of pages that a person meets on the way: what is typed, what is asked before something is
//! done, a run that is replayed, logs of services. `kinds.rs` looks that none is missing.

use std::sync::Arc;

use bunker_ops::app::action::Action;
use bunker_ops::app::holds::HoldOf;
use bunker_ops::app::host_layers::ReasonPick;
use bunker_ops::app::layers::{Layer, WhyFor, WhyForm};
use bunker_ops::app::log_page::{LogOf, LogPage, LogView};
use bunker_ops::app::pages::{PlanPage, RunPage};
use bunker_ops::app::quiet::{QuietAnswer, QuietForm, WindowDraft};
use bunker_ops::app::replay::Replay;
use bunker_ops::app::why::Of;
use bunker_ops::app::{Model, Msg, Screen, update};
use bunker_ops::domain::alerts::Fits;
use bunker_ops::domain::env::EnvChangeKind;
use bunker_ops::domain::ids::HostId;
use bunker_ops::domain::log::{Row, Splitter, tagged};
use bunker_ops::domain::plan::{Plan, Readiness, Workflow};
use bunker_ops::domain::policy::{Demand, Verdict};
use bunker_ops::domain::run::state::Phase;
use bunker_ops::domain::scaffold::enrol::Answer;
use jiff::SignedDuration;

use super::pages::{Made, Page, enrolled, found_there, run, told, unusable};
use super::world::{full_plan, go, targets};
use crate::sample::{host, run_id};
use crate::ui_choice::enrol::{draft, key, typed};
use crate::ui_sheet_world::{manager, text};
use crate::ui_world::{ago, env_changes, now, press, run_view};

/// A way by keys alone.
macro_rules! keys {
    ($keys:literal) => {
        |kind, model| go(kind, model, $keys)
    };
}

/// A question about a run in this phase, or of what waits.
macro_rules! of_run {
    ($phase:ident, $action:ident) => {
        |kind, model| {
            run_in(kind, model, Phase::$phase);
            update(model, Msg::Do(Action::$action));
        }
    };
}

const fn layer(name: &'static str, title: &'static str, open: fn(&str, &mut Model)) -> Page {
    Page::new(name, title, Made::Layer, open).brief()
}

const fn page(name: &'static str, title: &'static str, open: fn(&str, &mut Model)) -> Page {
    Page::new(name, title, Made::Page, open).brief()
}

/// The layers and states.
pub(crate) const FRONTS: &[Page] = &[
    // What is typed in the last line.
    page("filter", "bunker", keys!("/ r e d")),
    // What is wrong lies over the border of the pane above it.
    layer("filter-wrong", "nothing that can be compared", keys!("/ b a k u p > 2")),
    page("filter-list", "backups", keys!("g b / r e d")),
    page("search", "run 7f3a", |kind, model| {
        run(kind, model);
        press(model, "/ E N O S P C");
    }),
    page("search-log", "log", |kind, model| {
        run("usual", model);
        go(kind, model, "L / n p m");
    }),
    // One letter.
    layer("bookmark-set", "Bookmark this page as", keys!("m a R m b esc m")),
    layer("bookmark-first", "Bookmark this page as", keys!("m")),
    layer("bookmark-drop", "Drop bookmark", keys!("m a R m b esc ' bs")),
    // What a guardrail wants typed.
    layer("guard", "type ", |kind, model| {
        guarded(kind, model);
        press(model, "p r o d");
    }),
    layer("guard-wrong", "type ", |kind, model| {
        guarded(kind, model);
        press(model, "p r o d enter");
    }),
    // A reason.
    layer("why-typed", "Why you do", keys!("Y C H G - 7")),
    layer("why-plan", "bunker_require_why", why_plan),
    layer("why-nothing", "say why", |kind, model| {
        why_plan(kind, model);
        press(model, "enter");
    }),
    layer("why-run", "bunker_require_why", |_, model| demanded(model, Of::Run(run_id(0x7f3a)))),
    layer("why-shell", "bunker_require_why", |kind, model| demanded(model, Of::Host(one(kind)))),
    layer("why-port", "bunker_require_why", |kind, model| demanded(model, Of::Port(one(kind)))),
    layer("why-add", "bunker_require_why", |_, model| demanded(model, Of::Enrol)),
    layer("why-break", "Break the lease of", breaks),
    // Questions.
    layer("start", "upgrade", |kind, model| {
        plan_page(model, plan_for(kind, 1));
        press(model, "enter");
    }),
    layer("overwrite", "overwrite what", overwrite),
    layer("host-key", "is this its host key?", |_, model| {
        importing(model);
        told(model, Answer::Key { keys: vec![key()], asks_why: false });
        press(model, "enter");
    }),
    layer("add-it", "add olds-2", |_, model| {
        enrolled(model, Answer::Draft(draft()));
        press(model, "enter");
    }),
    layer("import-it", "import olds-2", |_, model| {
        importing(model);
        found_there(model);
        press(model, "enter");
    }),
    layer("leave-form", "leave the form", |_, model| {
        press(model, "N");
        typed(model, "olds-2");
        press(model, "esc");
    }),
    layer("leave-wall", "leave the wall", |_, model| {
        model.hang();
        press(model, "q");
    }),
    layer("roll-back", "roll back run", |kind, model| {
        model.why.standing = Some(text(kind, "CHG-123, the mails of the evening"));
        run_in(kind, model, Phase::Failed);
        update(model, Msg::Do(Action::AbortAndRollBack));
    }),
    layer("abort", "abort run", of_run!(Running, Abort)),
    layer("abort-roll-back", "and roll back", of_run!(Running, AbortAndRollBack)),
    layer("kill", "kill run", of_run!(Running, Kill)),
    layer("promote", "promote run", of_run!(Paused, Promote)),
    layer("promote-all", "to its end", of_run!(Paused, PromoteAll)),
    layer("skip", "skip ", |kind, model| {
        run_in(kind, model, Phase::Running);
        press(model, "G");
        update(model, Msg::Do(Action::SkipHost));
    }),
    layer("approve", "approve run", of_run!(WaitingApproval, Approve)),
    layer("reject", "reject run", of_run!(WaitingApproval, Reject)),
    layer("break-it", "break the lease", |kind, model| {
        breaks(kind, model);
        press(model, "g o n e enter");
    }),
    layer("window-end", "End window night", keys!("g t x")),
    layer("window-end-asks", "end window night", keys!("g t x enter")),
    layer("window-add-asks", "add window tonight", drafted),
    layer("silence", "Silence ", silence),
    layer("silence-asks", "silence ", |kind, model| {
        silence(kind, model);
        go(kind, model, "tab t i c k e t space 7 enter");
    }),
    layer("silence-end", "End silence by", end_of_silence),
    layer("silence-end-asks", "end the silence", |kind, model| {
        end_of_silence(kind, model);
        go(kind, model, "enter");
    }),
    layer("make-inventory", "make an inventory", |_, model| {
        first_run(model, "n", FIRST);
        press(model, "enter");
    }),
    // The first run with something typed.
    page("first-typed", "bunker", |_, model| first_run(model, "n", FIRST)),
    page("first-refused", "bunker", |_, model| {
        first_run(model, "n", "red-deer voices");
        press(model, "enter");
    }),
    page("path-typed", "bunker", |_, model| first_run(model, "i", "/etc/ansible/hosts.yml")),
    page("path-busy", "bunker", |_, model| {
        first_run(model, "i", "/etc/ansible/hosts.yml");
        press(model, "enter");
    }),
    page("path-refused", "bunker", |kind, model| {
        first_run(model, "i", "/etc/ansible/hots.yml");
        press(model, "enter");
        let why = text(kind, "/etc/ansible/hots.yml cannot be copied: there is no such file");
        update(model, Msg::SetUp(Err(why)));
    }),
    // A run that is replayed.
    page("replay", "run 7f3a", |kind, model| replayed(kind, model, false)),
    page("replay-paused", "run 7f3a", |kind, model| replayed(kind, model, true)),
    // Logs.
    page("log-service", "log", |kind, model| logged(kind, model, None)),
    page("log-service-lost", "log", |kind, model| {
        logged(kind, model, Some("the connection to the host ended: it is asked again in 5 s"));
    }),
    page("log-merged", "log", merged),
    // Choices.
    layer("reasons", "Evidence for", |kind, model| {
        let reasons = [("api", "exited (1)"), ("backup", "is 3 days old"), ("disk", "is full")];
        let rows = reasons.map(|(subject, words)| (text(kind, subject), text(kind, words)));
        let pick = ReasonPick { host: one(kind), rows: rows.into(), selected: 1 };
        model.layers.push(Layer::Reasons(pick));
    }),
    layer("services-port", "Port of a service", keys!("enter F")),
];

const FIRST: &str = "red-deer voices.example.org 192.0.2.7 https://git.example.org/cml.git";

/// Targets of which there is one at least.
fn names(kind: &str) -> Vec<String> {
    targets(if kind == "empty" { "one" } else { kind })
}

fn one(kind: &str) -> HostId {
    host(&names(kind)[0])
}

/// The plan of this kind of fleet with so many targets at most.
fn plan_for(kind: &str, n: usize) -> Plan {
    let mut plan = full_plan(if kind == "empty" { "one" } else { kind });
    plan.hosts.truncate(n);
    let ids: Vec<HostId> = plan.hosts.iter().map(|host| host.id.clone()).collect();
    plan.batches = ids.chunks(2).map(<[_]>::to_vec).collect();
    plan
}

fn plan_page(model: &mut Model, plan: Plan) {
    model.screens.push(Screen::Plan(Box::new(PlanPage::new(Arc::new(plan)))));
}

/// A plan that starts once the name of a group is typed, and what asks for that.
fn guarded(kind: &str, model: &mut Model) {
    let mut plan = plan_for(kind, 5);
    plan.rules.verdict = Some(Verdict {
        demand: Demand::Group(text(kind, "production")),
        reasons: vec![text(kind, "more than two instances of production are upgraded at once")],
        ..Verdict::default()
    });
    plan_page(model, plan);
    press(model, "enter");
}

fn demanded(model: &mut Model, of: Of) {
    let asks = WhyFor::Demanded { of, then: Action::Start };
    model.layers.push(Layer::Why(WhyForm::new(asks)));
}

fn why_plan(kind: &str, model: &mut Model) {
    let mut plan = plan_for(kind, 1);
    plan.hosts[0].settings.policy.require_why = true;
    plan_page(model, plan);
    press(model, "enter");
}

fn breaks(kind: &str, model: &mut Model) {
    let holder = text(kind, "run 261122-220000-7f3a (upgrade) by ann on desk since 14:20");
    let (of, run) = (HoldOf::Instance(one(kind)), Some(run_id(0x7f3a)));
    let asks = WhyFor::Break { of, generation: 7, holder, run };
    model.layers.push(Layer::Why(WhyForm::new(asks)));
}

/// A plan of settings that somebody edited on the hosts.
fn overwrite(kind: &str, model: &mut Model) {
    let mut plan = plan_for(kind, 2);
    plan.workflow = Workflow::Configure;
    for host in &mut plan.hosts {
        host.readiness = Readiness::Blocked;
        host.diff = env_changes(3);
        for change in &mut host.diff {
            change.kind = EnvChangeKind::Drift;
            change.name = text(kind, change.name.as_str());
        }
    }
    plan_page(model, plan);
    update(model, Msg::Do(Action::OverwriteDrift));
}

/// The form of an import, filled in, whose host was looked for.
fn importing(model: &mut Model) {
    press(model, "I");
    typed(model, "olds-2");
    press(model, "tab");
    typed(model, "192.0.2.7");
    press(model, "enter");
}

/// A run in this phase, and what it waits for.
fn run_in(kind: &str, model: &mut Model, phase: Phase) {
    let names = names(kind);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut view = run_view(&names);
    view.state.phase = phase;
    if matches!(phase, Phase::Paused | Phase::WaitingApproval) {
        view.state.why = Some(text(kind, "the first batch is done, and a person looks at it"));
    }
    model.screens.push(Screen::Run(Box::new(RunPage::new(run_id(0x7f3a)))));
    update(model, Msg::Run(Arc::new(view)));
}

/// A window that is typed, and what would be written for it.
fn drafted(kind: &str, model: &mut Model) {
    go(kind, model, "g t a t o n i g h t tab tab 2 2 : 0 0 tab 6 h enter");
    let Some(Layer::Quiet(form)) = model.layers.last() else { panic!("{:?}", model.layers) };
    let (request, _) = form.waits.unwrap_or_else(|| panic!("{:?}", form.problem));
    let hosts: Vec<HostId> = names(kind).iter().take(3).map(|name| host(name)).collect();
    let lines = ["group_vars/all/bunker.yml", "+  - name: tonight", "+    daily: 22:00"];
    let wish = Box::new(form.wish());
    let draft = WindowDraft {
        wish,
        about: text(kind, "window tonight (daily 22:00 for 6h)"),
        frozen: Vec::new(),
        hosts,
        lines: lines.map(Into::into).to_vec(),
    };
    update(model, Msg::Quiet { request, result: Ok(QuietAnswer::Draft(draft)) });
}

/// What is typed to silence an alert.
fn silence(kind: &str, model: &mut Model) {
    go(kind, model, "g a");
    let (alert, label) = (text(kind, "InstanceDown"), text(kind, "airdrie.example.org"));
    let fits = Fits::new(Some(alert.as_str()), Some(vec![label.to_string()])).unwrap();
    model.layers.push(Layer::Quiet(Box::new(QuietForm::silence(fits))));
}

/// What is typed to end a silence, while another one holds the alert too.
fn end_of_silence(kind: &str, model: &mut Model) {
    go(kind, model, "g a");
    let silence = manager(kind, model).silences.remove(0);
    model.layers.push(Layer::Quiet(Box::new(QuietForm::end_of_silence(silence, 1))));
}

fn first_run(model: &mut Model, key: &str, words: &str) {
    unusable(model, "");
    press(model, key);
    update(model, Msg::Paste(words.into()));
}

fn replayed(kind: &str, model: &mut Model, paused: bool) {
    let (run, from, to) = (run_id(0x7f3a), ago(162), now());
    let speed = if paused { 0.5 } else { 4.0 };
    update(model, Msg::Replay(Replay { run, from, to, now: ago(40), speed, paused }));
    let names = names(kind);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    update(model, Msg::Run(Arc::new(run_view(&names))));
}

/// An output whose lines come with their times, as its reader tells them.
fn lines(kind: &str, hosts: &[HostId]) -> LogView {
    let mut rows = Vec::new();
    let mut splitter = Splitter::default().tagged(true);
    for n in 0..12_usize {
        let at = now() + SignedDuration::from_secs(i64::try_from(n).unwrap() - 20);
        let words = if n % 5 == 4 { "error: no answer of redis" } else { "GET /api/health 200" };
        let line = tagged(at, &hosts[n % hosts.len()], &text(kind, words));
        splitter.feed(line.as_bytes(), |line| {
            rows.push(Row::new(line.number, line));
            true
        });
    }
    let (length, n) = (splitter.next_offset(), rows.len() as u64);
    LogView { n_lines: n, n_places: n, length, looked: length, rows, ..LogView::default() }
}

fn logged(kind: &str, model: &mut Model, trouble: Option<&str>) {
    let id = one(kind);
    let of = LogOf::Service { host: id.clone(), service: "api".parse().unwrap() };
    let mut log = LogPage::new(of);
    log.show(lines(kind, &[id]));
    log.trouble = trouble.map(|words| text(kind, words));
    model.screens.push(Screen::Log(Box::new(log)));
}

fn merged(kind: &str, model: &mut Model) {
    let hosts: Vec<HostId> = names(kind).iter().take(3).map(|name| host(name)).collect();
    let mut log = LogPage::new(LogOf::Merged { run: run_id(0x7f3a) });
    log.show(lines(kind, &hosts));
    model.screens.push(Screen::Log(Box::new(log)));
}
