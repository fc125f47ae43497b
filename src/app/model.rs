//! The whole state of the cockpit: plain data, no type of any terminal library.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::action::{Action, Place};
use super::audit_page::AuditPage;
use super::choice_pages::{DuePage, ReleasesPage, SecretsPage};
use super::columns;
use super::enrol_page::{EnrolPage, Stage};
use super::fleet_page::FleetPage;
use super::forwards::Forwards;
use super::frame::Size;
use super::history::{Bookmark, History};
use super::key::Key;
use super::keymap::Keymap;
use super::layers::Layer;
use super::list_order::{ListSort, Orders};
use super::log_page::{LogMark, LogOf, LogPage};
use super::pages::{InstancePage, PlanPage, RunPage, RunsPage};
use super::replay::Replay;
use super::setup::Setup;
use super::sheet::Sheet;
use super::toast::{ToastKind, Toasts};
use super::wall::Wall;
use super::why::Why;
use crate::domain::alerts::Watch;
use crate::domain::capability::Operate;
use crate::domain::run::state::RunSummary;
use crate::domain::snapshot::FleetSnapshot;
use crate::domain::untrusted::Safe;
use crate::domain::view::SavedView;
use crate::domain::window::FleetStanding;

/// A page above the fleet page.
#[derive(Debug, Clone, PartialEq)]
pub enum Screen {
    /// One instance.
    Instance(InstancePage),
    /// A plan that waits for a person.
    Plan(Box<PlanPage>),
    /// One run.
    Run(Box<RunPage>),
    /// All runs.
    Runs(RunsPage),
    /// What secrets are due.
    Due(DuePage),
    /// Secrets to choose from.
    Secrets(Box<SecretsPage>),
    /// Releases to choose from.
    Releases(ReleasesPage),
    /// Who changed what.
    Audit(Box<AuditPage>),
    /// An instance is taken into the inventory.
    Enrol(Box<EnrolPage>),
    /// A list of what is known of the whole fleet.
    Sheet(Box<Sheet>),
    /// One output, of any length.
    Log(Box<LogPage>),
}

/// The state of the cockpit.
///
/// **Invariant:** everything that the screen shows follows from this value and the theme.
#[derive(Debug, Clone)]
pub struct Model {
    /// The terminal.
    pub size: Size,
    /// The time that the screen shows: how late it is, or since when it stands still.
    pub now: Timestamp,
    /// How late it is.
    pub clock: Timestamp,
    /// Set while the fleet's figures stand still.
    pub frozen: Option<Frozen>,
    /// Where the operator's clock stands.
    pub zone: TimeZone,
    /// Who sits here, for what is marked.
    pub person: Safe,
    /// The right to change something; `None` is read-only.
    pub operate: Option<Operate>,
    /// The fleet page, which is always there.
    pub fleet: FleetPage,
    /// The pages above it; the last one is seen.
    pub screens: Vec<Screen>,
    /// What stands in front of the page; the last one has the keys.
    pub layers: Vec<Layer>,
    /// Notices.
    pub toasts: Toasts,
    /// The runs, newest first; `None` until they were read.
    pub runs: Option<Vec<RunSummary>>,
    /// How the fleet's windows stand, and when that was looked at; looked at once a minute and when the fleet changes.
    pub windows: Option<(Timestamp, Option<FleetStanding>)>,
    /// Since when alert rules hold.
    pub alerts: Watch,
    /// Number of the last request that was sent out.
    pub last_request: u64,
    /// What is wrong with the inventory; `None` where it can be used, or was not read yet.
    pub setup: Option<Box<Setup>>,
    /// What a wall knows; `None` where somebody sits at the screen.
    pub wall: Option<Wall>,
    /// The ports of hosts that are at this machine.
    pub forwards: Forwards,
    /// Where a replay stands; `None` where the world is looked at.
    pub replay: Option<Replay>,
    /// The pages that were looked at.
    pub history: History,
    /// Which keys mean what.
    pub keymap: Arc<Keymap>,
    /// Keys of a sequence that has not come to its end.
    pub pending: Vec<Key>,
    /// Why the operator does what comes next.
    pub why: Why,
    /// The lines that were drawn across outputs of runs, for when one comes back to them.
    pub log_marks: BTreeMap<LogOf, Vec<LogMark>>,
    /// Letters that stand for pages.
    pub bookmarks: BTreeMap<char, Bookmark>,
    /// The orders that were chosen for lists.
    pub orders: Orders,
}

/// A screen that stands still.
#[derive(Debug, Clone, PartialEq)]
pub struct Frozen {
    /// Since when.
    pub since: Timestamp,
    /// The newest snapshot that came meanwhile.
    pub held: Option<Arc<FleetSnapshot>>,
}

impl Model {
    /// The state at the start: nothing is known yet.
    pub fn new(size: Size, now: Timestamp, zone: TimeZone, operate: Option<Operate>) -> Self {
        Self {
            size,
            now,
            clock: now,
            frozen: None,
            zone,
            person: Safe::default(),
            operate,
            fleet: FleetPage::default(),
            screens: Vec::new(),
            layers: Vec::new(),
            toasts: Toasts::default(),
            runs: None,
            windows: None,
            alerts: Watch::default(),
            last_request: 0,
            setup: None,
            wall: None,
            forwards: Forwards::default(),
            replay: None,
            history: History::default(),
            keymap: Arc::default(),
            pending: Vec::new(),
            why: Why::default(),
            log_marks: BTreeMap::new(),
            bookmarks: BTreeMap::new(),
            orders: Orders::new(),
        }
    }

    /// Takes what was chosen to be seen the last time; gives what of it means nothing.
    pub fn remember(&mut self, view: &SavedView) -> Vec<String> {
        let mut strange = Vec::new();
        if let Some(keys) = view.columns() {
            let (columns, unknown) = columns::chosen(keys);
            self.fleet.columns = columns;
            strange.extend(unknown.into_iter().map(|key| format!("there is no column {key:?}")));
        }
        match view.sort().map(str::parse) {
            Some(Ok(sort)) => self.fleet.sort = sort,
            Some(Err(error)) => strange.push(error.to_string()),
            None => {}
        }
        for (list, sort) in view.list_sorts() {
            let place = Place::ALL.into_iter().find(|place| place.key() == list);
            match place.map(|place| (place, ListSort::parse(sort, place))) {
                Some((place, Ok(sort))) => drop(self.orders.insert(place, sort)),
                Some((_, Err(error))) => strange.push(format!("{list}: {error}")),
                None => strange.push(format!("there is no list {list:?}")),
            }
        }
        for (letter, to) in view.bookmarks() {
            match (letter.chars().next().filter(|_| letter.len() == 1), to.parse()) {
                (Some(letter), Ok(bookmark)) => {
                    self.bookmarks.insert(letter, bookmark);
                }
                (_, Err(error)) => strange.push(format!("bookmark {letter}: {error}")),
                (None, Ok(_)) => strange.push(format!("bookmark {letter:?} is no letter")),
            }
        }
        strange
    }

    /// Where the keys mean something.
    pub fn place(&self) -> Place {
        match self.screens.last() {
            _ if self.wall.is_some() => Place::Wall,
            None if self.setup.is_some() => Place::Setup,
            None => Place::Fleet,
            Some(Screen::Instance(_)) => Place::Instance,
            Some(Screen::Plan(_)) => Place::Plan,
            Some(Screen::Run(_)) if self.replay.is_some() => Place::Replay,
            Some(Screen::Run(_)) => Place::Run,
            Some(Screen::Runs(_)) => Place::Runs,
            Some(Screen::Due(_)) => Place::Due,
            Some(Screen::Audit(_)) => Place::Audit,
            Some(Screen::Secrets(_)) => Place::Secrets,
            Some(Screen::Releases(_)) => Place::Releases,
            Some(Screen::Enrol(page)) if page.stage == Stage::Form => Place::Form,
            Some(Screen::Enrol(_)) => Place::Enrol,
            Some(Screen::Sheet(sheet)) => sheet.of.place(),
            Some(Screen::Log(_)) => Place::Log,
        }
    }

    /// Where the next key means something: what stands in front of the page, where its keys are in the table.
    pub fn front(&self) -> Place {
        let layer = self.layers.last().filter(|_| self.wall.is_none());
        layer.and_then(Layer::place).unwrap_or_else(|| self.place())
    }

    /// The run page, wherever it lies.
    #[expect(clippy::wildcard_enum_match_arm, reason = "one page is looked for")]
    pub fn run_page(&self) -> Option<&RunPage> {
        self.screens.iter().rev().find_map(|screen| match screen {
            Screen::Run(page) => Some(&**page),
            _ => None,
        })
    }

    /// The run page, wherever it lies.
    #[expect(clippy::wildcard_enum_match_arm, reason = "one page is looked for")]
    pub fn run_page_mut(&mut self) -> Option<&mut RunPage> {
        self.screens.iter_mut().rev().find_map(|screen| match screen {
            Screen::Run(page) => Some(&mut **page),
            _ => None,
        })
    }

    /// Runs that have not ended and have a worker.
    pub fn active_runs(&self) -> impl Iterator<Item = &RunSummary> {
        self.runs.iter().flatten().filter(|r| super::pages::is_active(r.phase))
    }

    /// Rows of the fleet table that are shown at once.
    pub fn fleet_rows(&self) -> usize {
        self.size.fleet(self.fleet.n_rows()).rows()
    }

    /// What a sentence calls the key of an action on the page that is seen.
    pub fn key(&self, action: Action) -> String {
        self.keymap.told(action, self.place())
    }

    /// The same on another page.
    pub fn key_at(&self, action: Action, place: Place) -> String {
        self.keymap.told(action, place)
    }

    /// Tells the operator something.
    pub fn tell(&mut self, kind: ToastKind, text: &str) {
        let now = self.clock;
        self.toasts.push(kind, Safe::line(text), now);
    }

    /// A new number for a request.
    pub fn next_request(&mut self) -> u64 {
        self.last_request += 1;
        self.last_request
    }
}
