//! The one table of what an operator can do. The footer, the help, the palette and docs/keys.md are made of it.
//!
//! **Invariant:** keys are matched nowhere else, and no dangerous action happens on a key alone: each
//! goes through a dialog whose safe choice has the focus, or through a typed number.

use std::fmt::Write as _;

use super::key::Key;
use super::keymap::Keymap;

pub use super::action_table::ACTIONS;
pub use super::place::Place;

/// What stands between the key and the deed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Danger {
    /// Nothing is changed.
    None,
    /// A dialog asks; its safe choice has the focus.
    Asks,
    /// The number of instances has to be typed where there is more than one.
    Counts,
}

/// Something that an operator can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each variant is documented by its row of the table")]
pub enum Action {
    Up,
    Down,
    PageUp,
    PageDown,
    Top,
    Bottom,
    Open,
    Back,
    NextPane,
    PrevPane,
    Mark,
    MarkAll,
    MarkRange,
    Invert,
    ProblemsOnly,
    Freeze,
    SortBefore,
    SortReverse,
    ReverseList,
    Columns,
    HistoryBack,
    HistoryForward,
    BookmarkSet,
    BookmarkGo,
    Filter,
    Sort,
    Upgrade,
    CanaryUpgrade,
    Deploy,
    Configure,
    Backup,
    VerifyBackup,
    Rollback,
    Rotate,
    SecretsDue,
    Playbook,
    MakePlan,
    AddInstance,
    Import,
    NextField,
    PrevField,
    GoOn,
    OverwriteDrift,
    Start,
    Pause,
    Resume,
    Abort,
    Kill,
    Approve,
    Reject,
    Promote,
    PromoteAll,
    SkipHost,
    StepMode,
    AbortAndRollBack,
    Retry,
    Follow,
    Full,
    Search,
    NextMatch,
    PrevMatch,
    CopyCommand,
    Runs,
    Audit,
    Backups,
    Alerts,
    Windows,
    Leases,
    BreakLease,
    AddWindow,
    EndWindow,
    Silence,
    EndSilence,
    WhenFree,
    WaitForWindow,
    SayWhy,
    OpenRun,
    Inventory,
    Doctor,
    Compare,
    Charts,
    FleetCharts,
    NextFigure,
    FigureBefore,
    Timeline,
    Evidence,
    CompareNext,
    ComparePrev,
    CompareSwap,
    CompareKind,
    CompareAll,
    Panes,
    PanesLayout,
    LookAgain,
    ReplayPause,
    ReplayForward,
    ReplayBack,
    ReplayFaster,
    ReplaySlower,
    ReplayBegin,
    ReplayEnd,
    GoFleet,
    NextTheme,
    Palette,
    Help,
    Redraw,
    Suspend,
    Quit,
    LeaveWall,
    ShowCanary,
    OpenLog,
    MergedLog,
    LogFilter,
    ErrorsOnly,
    Wrap,
    Times,
    ShiftLeft,
    ShiftRight,
    MarkLog,
    NextMark,
    PrevMark,
    SaveLog,
    OpenPager,
    Shell,
    ShowEnv,
    ServiceLog,
    Forward,
    Forwards,
    MakeInventory,
    ImportInventory,
    StartDemo,
    TryAgain,
    TakeEntry,
    EntryBefore,
    EntryAfter,
    CopyEntry,
    ShowColumn,
    ColumnBefore,
    ColumnAfter,
    SortColumn,
    UsualColumns,
    ColumnsDone,
    EndForward,
    TryForward,
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub struct ActionInfo {
    /// What.
    pub action: Action,
    /// Its name in the palette.
    pub name: &'static str,
    /// What it does, as a sentence part.
    pub doc: &'static str,
    /// Its word in the footer; empty where the footer does not name it.
    pub hint: &'static str,
    /// Its keys, the one that screens show first.
    pub keys: &'static [Key],
    /// Sequences of keys that mean it too.
    pub chords: &'static [&'static [Key]],
    /// Where they mean it.
    pub places: &'static [Place],
    /// What stands between the key and the deed.
    pub danger: Danger,
    /// Whether it changes the fleet or leads there, so that a read-only cockpit lacks it.
    pub changes: bool,
    /// The verb of the command line that does the same; what is to be named stands in capitals. Where it depends on the
    /// place, [`twin::form`](super::twin::form) tells it.
    pub twin: Option<&'static str>,
}

impl Action {
    /// Its row.
    pub fn info(self) -> &'static ActionInfo {
        // Every action has a row: held by a test. The other is there for totality.
        static NONE: ActionInfo = ActionInfo {
            action: Action::Redraw,
            name: "",
            doc: "",
            hint: "",
            keys: &[],
            chords: &[],
            places: &[],
            danger: Danger::None,
            changes: false,
            twin: None,
        };
        ACTIONS.iter().find(|row| row.action == self).unwrap_or(&NONE)
    }

    /// Whether it can be asked for at `place`.
    pub fn applies(self, place: Place) -> bool {
        let places = self.info().places;
        places.contains(&place) || places.contains(&Place::Everywhere)
    }
}

/// What docs/keys.md begins with.
const HEAD: &str = "# Keys\n\nMade from the table in `src/app/action.rs`; a test compares. \
What changes the fleet asks first, and is not there in `bunker watch` and with `--read-only`.\n\n\
Keys with a blank between are pressed one after the other; after the first, a box says what can follow. There is no time-out.\n\n\
## Keys of your own\n\n\
`$XDG_CONFIG_HOME/bunker/keys.yaml` gives actions other keys. The names of places are the headings below in lower case with `-` for blanks; \
the names of actions are in the table. What is not named keeps its keys.\n\n\
```yaml\npreset: tmux-safe        # default, or tmux-safe: no Ctrl but C-c\nmouse: true              # clicks and the wheel; off where text is read\nkeys:\n  everywhere:\n    top: [\"g g\", home]\n  fleet:\n    upgrade: \"X X\"\n```\n\n\
`bunker check keys FILE` says what is wrong with such a file: a key that means two things at one place, keys that begin as others do, an unknown name, \
something dangerous on a single key that is not its own. With anything wrong in it the cockpit says so and keeps the keys of this page. \
`C-c` always leaves.\n\n\
A question has the keys of every question: `tab` or the arrows go to the other answer, `enter` takes it, `esc` is no. What is typed is edited as in a shell: \
`C-a`, `C-e`, `C-u`, `C-k`, `C-w`. A letter of a bookmark, or of an entry of what can be copied, is that letter.\n";

/// The keys as a section of the man page.
pub fn keys_roff() -> String {
    let keymap = Keymap::default();
    let plain = |text: &str| text.replace('\\', "\\e").replace('-', "\\-").replace('\'', "\\(aq");
    let mut out = String::from(".SH KEYS\n");
    for place in Place::ALL {
        let _infallible = writeln!(out, ".SS {}", plain(place.title()));
        for row in ACTIONS.iter().filter(|row| row.places.contains(&place)) {
            let keys = keymap.keys(row.action, place).join(", ");
            let _infallible = writeln!(out, ".TP\n\\fB{}\\fR\n{}", plain(&keys), plain(row.doc));
        }
    }
    out
}

/// docs/keys.md, whole.
pub fn keys_page() -> String {
    let head = HEAD;
    let sections: Vec<String> = Place::ALL.into_iter().map(keys_section).collect();
    format!("{head}{}", sections.concat())
}

fn keys_section(place: Place) -> String {
    let columns = "| keys | action | what it does | on the command line |\n|---|---|---|---|\n";
    let keymap = Keymap::default();
    let rows = ACTIONS.iter().filter(|row| row.places.contains(&place)).map(|row| {
        let keys: Vec<String> =
            keymap.keys(row.action, place).iter().map(|keys| format!("`{keys}`")).collect();
        let asks = match row.danger {
            Danger::None => "",
            Danger::Asks => " (asks first)",
            Danger::Counts => " (shows the plan first; more than one instance: type their number)",
        };
        let twin =
            super::twin::form(row.action, place).map(|t| format!("`{t}`")).unwrap_or_default();
        let name = super::keymap::name(row.action);
        format!("| {} | `{name}` | {}{asks} | {twin} |\n", keys.join(", "), row.doc)
    });
    let rows: Vec<String> = rows.collect();
    format!("\n## {}\n\n{columns}{}", place.title(), rows.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_found_by_its_own_action_and_key() {
        for row in ACTIONS.iter() {
            assert_eq!(row.action.info().name, row.name);
            assert!(!row.doc.is_empty());
            assert!(!row.keys.is_empty() || !row.chords.is_empty());
            for place in row.places.iter().filter(|p| **p != Place::Everywhere) {
                for key in row.keys {
                    let found = Keymap::default().action(*key, *place);
                    assert_eq!(found, Some(row.action), "{key} at {place:?}");
                }
            }
        }
    }

    #[test]
    fn no_key_means_two_things_at_one_place() {
        for place in Place::ALL {
            let rows = ACTIONS.iter().filter(|row| row.places.contains(&place));
            let mut keys: Vec<Key> = rows.flat_map(|row| row.keys.iter().copied()).collect();
            let n = keys.len();
            keys.sort_by_key(ToString::to_string);
            keys.dedup();
            assert_eq!(keys.len(), n, "{place:?}");
        }
    }

    #[test]
    fn the_page_of_keys_is_current() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/keys.md");
        if std::env::var_os("BUNKER_BLESS").is_some() {
            std::fs::write(path, keys_page()).unwrap();
        }
        let page = std::fs::read_to_string(path).unwrap_or_default();
        assert!(page == keys_page(), "docs/keys.md is stale: run this test with BUNKER_BLESS=1");
        let example = page.split_once("```yaml\n").unwrap().1.split_once("```").unwrap().0;
        let (keymap, problems) = crate::app::keymap::parse("keys.yaml", example);
        assert_eq!(problems, vec![]);
        assert_ne!(keymap, Keymap::default());
    }
}
