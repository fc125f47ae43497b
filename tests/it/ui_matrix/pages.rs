//! Every page and every layer of the cockpit, and how one gets there.

use std::sync::Arc;

use bunker_ops::app::msg::LogChunk;
use bunker_ops::app::pages::{PlanPage, RunPage};
use bunker_ops::app::setup::Unusable;
use bunker_ops::app::{Model, Msg, Screen, update};
use bunker_ops::domain::canary::soak::CanaryEnd;
use bunker_ops::domain::run::event::{EventKind, RunEvent};
use bunker_ops::domain::scaffold::enrol::Answer;
use bunker_ops::domain::snapshot::FleetSnapshot;

use super::fronts::FRONTS;
use super::world::{full_plan, go, runs, targets};
use crate::sample::{host, run_id};
use crate::ui_canary::{report, soaking};
use crate::ui_choice::enrol::{draft, filled, found, typed};
use crate::ui_sheet_world::text;
use crate::ui_world::{now, press, run_view};

/// What a page is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Made {
    /// A list with a pane that tells of the selected row: header, hint, both panes, footer.
    List,
    /// Its own panes, with the header and the footer of every page.
    Page,
    /// It stands in front of a page.
    Layer,
    /// The wall.
    Wall,
}

/// One page.
pub(crate) struct Page {
    pub(crate) name: &'static str,
    /// Words that say which page it is: in its first line, or in a layer's border.
    pub(crate) title: &'static str,
    pub(crate) made: Made,
    /// Headings of columns of numbers.
    pub(crate) right: &'static [&'static str],
    /// Whether other tests keep pictures of it.
    pub(crate) kept: bool,
    /// Whether the fleet behind it changes little of how it looks, so that two of them are drawn.
    pub(crate) brief: bool,
    /// Whether it is one of the screens that operators live in, whose look with every fleet is kept at every size.
    pub(crate) whole: bool,
    /// From the fleet page to it.
    pub(crate) open: fn(&str, &mut Model),
}

impl Page {
    pub(crate) const fn new(
        name: &'static str,
        title: &'static str,
        made: Made,
        open: fn(&str, &mut Model),
    ) -> Self {
        Self { name, title, made, right: &[], kept: false, brief: false, whole: false, open }
    }

    const fn right(self, right: &'static [&'static str]) -> Self {
        Self { right, ..self }
    }

    const fn kept(self) -> Self {
        Self { kept: true, ..self }
    }

    const fn whole(self) -> Self {
        Self { whole: true, ..self }
    }

    pub(crate) const fn brief(self) -> Self {
        Self { brief: true, ..self }
    }
}

/// A way by keys alone.
macro_rules! keys {
    ($keys:literal) => {
        |kind, model| go(kind, model, $keys)
    };
}

/// The pages.
pub(crate) const PAGES: &[Page] = &[
    Page::new("fleet", "bunker", Made::Page, |_, _| {})
        .right(&["P95", "ERR", "QUEUE", "SESS", "BACKUP", "DISK"])
        .kept(),
    Page::new("instance", "instance", Made::Page, keys!("enter")).kept(),
    Page::new("backups", "backups", Made::List, keys!("g b")).right(&["AGE", "SIZE"]).kept(),
    Page::new("alerts", "alerts", Made::List, keys!("g a")).right(&["FOR"]).kept(),
    Page::new("windows", "windows", Made::List, keys!("g t")).right(&["IN"]).kept(),
    Page::new("leases", "leases", Made::List, keys!("g w")).right(&["HEARD", "ENDS IN"]).kept(),
    Page::new("inventory", "inventory", Made::List, keys!("g i")).right(&["TIER"]).kept(),
    Page::new("variables", "variables", Made::List, keys!("g i G enter")).kept(),
    Page::new("doctor", "doctor", Made::List, keys!("g d")).kept(),
    Page::new("compare", "compare", Made::List, keys!("g c d")).kept(),
    Page::new("compare-releases", "compare", Made::List, keys!("g c o d")),
    Page::new("charts", "charts", Made::Page, keys!("g m")).kept(),
    Page::new("fleet-charts", "fleet charts", Made::List, keys!("g v"))
        .right(&["VISITS", "MAILS", "REQUESTS", "QUEUE"])
        .whole(),
    Page::new("timeline", "timeline", Made::List, keys!("g l")).right(&["FOR"]).whole(),
    Page::new("audit", "audit log", Made::List, keys!("H")).right(&["AGE"]).whole(),
    Page::new("audit-record", "audit log", Made::Page, keys!("H enter")),
    Page::new("secrets-due", "secrets due", Made::List, keys!("K")).right(&["AGE", "SET"]).whole(),
    Page::new("rotate-secrets", "rotate secrets", Made::List, keys!("S")).right(&["AGE"]),
    Page::new("rollback", "rollback", Made::List, keys!("Z")).right(&["AGE"]),
    Page::new("runs", "runs", Made::Page, runs_page).right(&["OK", "TOOK", "AGE"]).whole(),
    Page::new("run", "run 7f3a", Made::Page, run).whole(),
    Page::new("run-full", "run 7f3a", Made::Page, |kind, model| {
        run(kind, model);
        press(model, "z");
    }),
    Page::new("outputs", "outputs", Made::Page, |kind, model| {
        run(kind, model);
        go(kind, model, "v");
    })
    .kept(),
    Page::new("outputs-folded", "outputs", Made::Page, |kind, model| {
        run(kind, model);
        go(kind, model, "v v v");
    })
    .kept(),
    Page::new("log", "log", Made::Page, |kind, model| {
        run("usual", model);
        go(kind, model, "L");
    })
    .kept(),
    Page::new("canary", "run 7f3a", Made::Page, canary).whole(),
    Page::new("plan", "plan", Made::Page, |kind, model| {
        let page = PlanPage { typed: "3".into(), ..PlanPage::new(Arc::new(full_plan(kind))) };
        model.screens.push(Screen::Plan(Box::new(page)));
    })
    .whole(),
    Page::new("plan-held", "plan", Made::Page, keys!("u enter")),
    Page::new("add", "add an instance", Made::Page, |_, model| {
        press(model, "N");
        typed(model, "olds-2");
        press(model, "tab");
    }),
    Page::new("add-draft", "add an instance", Made::Page, |_, model| {
        enrolled(model, Answer::Draft(draft()));
    }),
    Page::new("import-found", "import an instance", Made::Page, |_, model| {
        press(model, "I");
        typed(model, "olds-2");
        press(model, "tab");
        typed(model, "192.0.2.7");
        press(model, "enter");
        found_there(model);
    }),
    Page::new("first-run", "bunker", Made::Page, |_, model| unusable(model, "")),
    Page::new("bad-inventory", "bunker", Made::Page, |kind, model| {
        unusable(
            model,
            text(kind, "hosts.yml:14: `ansible_prot` is no setting: ansible_port?").as_str(),
        );
    }),
    Page::new("wall", "bnkserve", Made::Wall, |_, model| model.hang()).kept(),
    Page::new("help", "Help", Made::Layer, keys!("?")).kept(),
    Page::new("palette", "Command", Made::Layer, keys!(":")).kept(),
    Page::new("copy", "Copy", Made::Layer, keys!("y")).kept(),
    Page::new("columns", "Columns", Made::Layer, keys!("w j j")).kept(),
    Page::new("bookmarks", "bookmark", Made::Layer, keys!("m a R m b esc '")).kept(),
    Page::new("which-key", "esc none", Made::Layer, keys!("g")).kept(),
    Page::new("upgrade", "Upgrade", Made::Layer, |_, m| drop(press(m, "u"))).kept(),
    Page::new("canary-upgrade", "Canary upgrade", Made::Layer, |_, m| drop(press(m, "U"))),
    Page::new("playbook", "playbook", Made::Layer, |_, m| drop(press(m, "P"))),
    Page::new("planning", "Planning", Made::Layer, |_, m| drop(press(m, "u enter"))).kept(),
    Page::new("why", "Why", Made::Layer, keys!("Y")),
    Page::new("window-add", "A new window", Made::Layer, keys!("g t a")),
    Page::new("shell", "shell on", Made::Layer, keys!("enter s")),
    Page::new("env", ".env of", Made::Layer, keys!("enter e")),
    Page::new("services", "Log of a service", Made::Layer, keys!("enter l")),
    Page::new("ports", "Ports brought here", Made::Layer, keys!("g p")),
    Page::new("soak", "Canary", Made::Layer, soak),
];

/// All of them, and all that may stand in front of them.
pub(crate) fn all() -> impl Iterator<Item = &'static Page> {
    PAGES.iter().chain(FRONTS)
}

fn runs_page(kind: &str, model: &mut Model) {
    update(model, runs(kind));
    press(model, "R");
}

/// A run in its middle, with the output of its first target.
pub(crate) fn run(kind: &str, model: &mut Model) {
    let names = targets(kind);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    model.screens.push(Screen::Run(Box::new(RunPage::new(run_id(0x7f3a)))));
    update(model, Msg::Run(Arc::new(run_view(&names))));
    let Some(first) = names.first() else { return };
    let error = text(kind, "npm error ENOSPC: no space left on device");
    let bytes = format!("#9 RUN npm ci\n{error}\n").into_bytes();
    let (run, host) = (run_id(0x7f3a), host(first));
    update(model, Msg::Log(LogChunk { run, host, offset: 0, bytes: bytes.into() }));
}

/// A run whose canary soaks, and what its metrics say so far.
fn soak(kind: &str, model: &mut Model) {
    let report = Box::new(report(text(kind, "too few samples: 12 of 50").as_str()));
    let detail = text(kind, "healthy");
    let soak = EventKind::CanarySoak { counted_s: 754.0, needed_s: 1_800, detail };
    model.screens.push(Screen::Run(Box::new(RunPage::new(run_id(0x7f3a)))));
    let view = soaking(vec![soak, EventKind::CanarySoFar { report }]);
    update(model, Msg::Run(Arc::new(view)));
    press(model, "C");
}

/// A run whose canary failed.
fn canary(kind: &str, model: &mut Model) {
    let mut view = run_view(&["a", "b", "c"]);
    let why = text(kind, "p95: 900 ms against 350 ms of the rest").to_string();
    let end =
        CanaryEnd { passed: false, why: why.as_str().into(), failure: None, rollback: Vec::new() };
    let kind = EventKind::CanaryEnded { end };
    let soak =
        EventKind::CanarySoak { counted_s: 754.0, needed_s: 1_800, detail: "healthy".into() };
    for kind in [soak, kind] {
        let seq = view.state.seq + 1;
        view.state.apply(&RunEvent { run: run_id(0x7f3a), seq, at: now(), kind });
    }
    model.screens.push(Screen::Run(Box::new(RunPage::new(run_id(0x7f3a)))));
    update(model, Msg::Run(Arc::new(view)));
}

pub(crate) fn told(model: &mut Model, answer: Answer) {
    let request = model.last_request;
    update(model, Msg::Enrol { request, result: Ok(Box::new(answer)) });
}

/// The host is known, and was read.
pub(crate) fn found_there(model: &mut Model) {
    told(model, Answer::Key { keys: Vec::new(), asks_why: false });
    told(model, Answer::Found(found()));
}

pub(crate) fn enrolled(model: &mut Model, answer: Answer) {
    filled(model);
    press(model, "enter");
    told(model, answer);
}

pub(crate) fn unusable(model: &mut Model, problem: &str) {
    let missing = problem.is_empty();
    let problems = if missing { Vec::new() } else { vec![problem.into(); 3] };
    let dir = "/home/ann/fleet/inventory".into();
    update(model, Msg::Unusable(Unusable { dir, missing, problems }));
}

/// Whether a page needs what this fleet does not have, so that its keys lead nowhere.
pub(crate) fn leads_nowhere(page: &Page, kind: &str) -> bool {
    const OF_ONE: [&str; 16] = [
        "timeline",
        "instance",
        "variables",
        "compare",
        "compare-releases",
        "charts",
        "rotate-secrets",
        "rollback",
        "plan-held",
        "copy",
        "upgrade",
        "canary-upgrade",
        "playbook",
        "planning",
        "shell",
        "env",
    ];
    match (page.name, kind) {
        // Two instances, an answer; a target that has not begun: two have.
        ("compare", "one" | "long names" | "CJK" | "hostile bytes")
        | ("variables" | "plan-held", "failing")
        | ("skip", "empty" | "one" | "long names")
        // What would be written is said of an Alertmanager that answered.
        | ("silence-asks", "empty" | "one" | "failing") => true,
        // Two releases, the services that a host tells, a window that is on.
        (
            "compare-releases" | "services" | "services-port" | "window-end" | "window-end-asks",
            kind,
        ) => kind != "usual",
        (name, "empty") => OF_ONE.contains(&name),
        _ => false,
    }
}

/// The model of a page with this fleet.
pub(crate) fn opened(
    page: &Page,
    kind: &str,
    fleet: &Arc<FleetSnapshot>,
    (width, height): (u16, u16),
) -> Model {
    let mut model = crate::ui_gallery::with(width, height, fleet);
    (page.open)(kind, &mut model);
    model
}
