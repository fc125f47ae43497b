//! The rows of the table of actions.

use super::action::{Action, ActionInfo, Danger, Place};
use super::key::{Key, KeyCode};

const fn row(
    action: Action,
    name: &'static str,
    doc: &'static str,
    hint: &'static str,
    keys: &'static [Key],
    places: &'static [Place],
) -> ActionInfo {
    let (danger, changes, twin) = (Danger::None, false, None);
    ActionInfo { action, name, doc, hint, keys, places, danger, changes, twin }
}

impl ActionInfo {
    const fn changing(self, danger: Danger) -> Self {
        Self { danger, changes: true, ..self }
    }

    const fn twin(self, twin: &'static str) -> Self {
        Self { twin: Some(twin), ..self }
    }
}

const ALL: &[Place] = &[Place::Everywhere];
const FLEET: &[Place] = &[Place::Fleet];
const RUN: &[Place] = &[Place::Run];
const MARKED: &[Place] = &[Place::Fleet, Place::Secrets];

const fn k(code: KeyCode) -> Key {
    Key::plain(code)
}
const fn c(char: char) -> Key {
    Key::char(char)
}

/// All of them, in the order of the footer and the help.
pub const ACTIONS: &[ActionInfo] = &[
    row(
        Action::Open,
        "open",
        "open the selected entry",
        "open",
        &[k(KeyCode::Enter), c('l'), k(KeyCode::Right)],
        &[Place::Fleet, Place::Runs, Place::Due],
    )
    .twin("bunker show RUN"),
    row(
        Action::Start,
        "start",
        "start this plan, after the number of its instances was typed",
        "start",
        &[k(KeyCode::Enter)],
        &[Place::Plan],
    )
    .changing(Danger::Counts)
    .twin("bunker upgrade --yes"),
    row(
        Action::OverwriteDrift,
        "overwrite drift",
        "plan a configure anew that takes back what was edited on hosts; says first what would be lost",
        "",
        &[c('o')],
        &[Place::Plan],
    )
    .changing(Danger::Asks)
    .twin("bunker configure --overwrite-drift"),
    row(
        Action::Upgrade,
        "upgrade",
        "plan an upgrade of the marked instances, or of this one",
        "upgrade",
        &[c('u')],
        &[Place::Fleet, Place::Instance],
    )
    .changing(Danger::Counts)
    .twin("bunker upgrade"),
    row(
        Action::CanaryUpgrade,
        "canary upgrade",
        "plan an upgrade of the marked instances whose canary group goes first and is watched before the rest follows",
        "",
        &[c('U')],
        &[Place::Fleet, Place::Instance],
    )
    .changing(Danger::Counts)
    .twin("bunker canary-upgrade"),
    row(
        Action::Deploy,
        "deploy",
        "plan the deployment of the marked servers, or of this one",
        "deploy",
        &[c('D')],
        &[Place::Fleet, Place::Instance],
    )
    .changing(Danger::Counts)
    .twin("bunker deploy"),
    row(
        Action::Configure,
        "configure",
        "plan to bring .env of the marked instances, or of this one, in line with the inventory",
        "configure",
        &[c('c')],
        &[Place::Fleet, Place::Instance],
    )
    .changing(Danger::Counts)
    .twin("bunker configure"),
    row(
        Action::Backup,
        "backup",
        "plan a backup of the marked instances, or of this one",
        "backup",
        &[c('b')],
        &[Place::Fleet, Place::Instance],
    )
    .changing(Danger::Counts)
    .twin("bunker backup"),
    row(
        Action::VerifyBackup,
        "restore drill",
        "plan to unpack the newest backup aside and look at it",
        "",
        &[c('B')],
        &[Place::Fleet, Place::Instance],
    )
    .changing(Danger::Counts)
    .twin("bunker backup verify"),
    row(
        Action::Rollback,
        "rollback",
        "choose a recorded release of the marked instances, or of this one, and plan to go back to it",
        "",
        &[c('Z')],
        &[Place::Fleet, Place::Instance],
    )
    .changing(Danger::Counts)
    .twin("bunker rollback"),
    row(
        Action::Rotate,
        "rotate secrets",
        "choose secrets of the marked instances, or of this one, and plan to give them new values",
        "",
        &[c('S')],
        &[Place::Fleet, Place::Instance],
    )
    .changing(Danger::Counts)
    .twin("bunker rotate-secrets"),
    row(
        Action::Playbook,
        "run a playbook",
        "name a playbook of Ansible and plan to run it on the marked instances, or on this one",
        "",
        &[c('P')],
        &[Place::Fleet, Place::Instance],
    )
    .changing(Danger::Counts)
    .twin("bunker ansible PLAYBOOK"),
    row(
        Action::MakePlan,
        "make the plan",
        "make the plan for what is chosen; that changes nothing",
        "make the plan",
        &[k(KeyCode::Enter)],
        &[Place::Secrets, Place::Releases],
    )
    .changing(Danger::Counts)
    .twin("bunker rotate-secrets --secret NAME, bunker rollback --to RELEASE"),
    row(
        Action::AddInstance,
        "add an instance",
        "write a new instance into the inventory, with its secrets made and its host key pinned",
        "",
        &[c('N')],
        FLEET,
    )
    .changing(Danger::Asks)
    .twin("bunker instance add"),
    row(
        Action::Import,
        "import an instance",
        "take over an instance that was installed by hand, with its own secrets",
        "",
        &[c('I')],
        FLEET,
    )
    .changing(Danger::Asks)
    .twin("bunker import"),
    row(
        Action::GoOn,
        "go on",
        "go on with what is shown; asks before anything is written",
        "go on",
        &[k(KeyCode::Enter)],
        &[Place::Form, Place::Enrol],
    )
    .changing(Danger::Asks),
    row(
        Action::NextField,
        "next field",
        "go to the next field",
        "next field",
        &[k(KeyCode::Tab), k(KeyCode::Down)],
        &[Place::Form],
    ),
    row(
        Action::PrevField,
        "previous field",
        "go to the field before",
        "before",
        &[k(KeyCode::BackTab), k(KeyCode::Up)],
        &[Place::Form],
    ),
    row(
        Action::Pause,
        "pause",
        "let the run start nothing further until resumed",
        "pause",
        &[c('p')],
        RUN,
    )
    .changing(Danger::None)
    .twin("bunker pause RUN"),
    row(
        Action::Resume,
        "resume",
        "let the run go on, also one whose worker is gone",
        "resume",
        &[c('r')],
        RUN,
    )
    .changing(Danger::None)
    .twin("bunker resume RUN"),
    row(
        Action::Abort,
        "abort",
        "finish the running steps and start nothing further",
        "abort",
        &[c('a')],
        RUN,
    )
    .changing(Danger::Asks)
    .twin("bunker abort RUN"),
    row(
        Action::Kill,
        "kill",
        "end the running steps too: TERM, wait, KILL, verify",
        "",
        &[c('A')],
        RUN,
    )
    .changing(Danger::Asks)
    .twin("bunker abort --kill RUN"),
    row(
        Action::Mark,
        "mark",
        "mark or unmark the selected instance, or secret",
        "mark",
        &[k(KeyCode::Char(' '))],
        MARKED,
    ),
    row(
        Action::MarkAll,
        "mark all",
        "mark all that are shown, or unmark them",
        "",
        &[c('*')],
        MARKED,
    ),
    row(
        Action::Filter,
        "filter",
        "show only instances whose name, domain, group, release or health has these words",
        "filter",
        &[c('/')],
        FLEET,
    )
    .twin("bunker status --limit PATTERN"),
    row(Action::Sort, "sort", "sort by the next column", "sort", &[c('s')], FLEET),
    row(
        Action::Follow,
        "follow",
        "keep the end of the output in view, or stop doing so",
        "follow",
        &[c('f')],
        RUN,
    )
    .twin("bunker attach RUN"),
    row(
        Action::Full,
        "full",
        "give the output the whole screen, or give it back",
        "full",
        &[c('z')],
        RUN,
    ),
    row(Action::Search, "search", "search the output", "search", &[c('/')], RUN)
        .twin("bunker logs RUN HOST"),
    row(
        Action::NextMatch,
        "next match",
        "go to the next place that was searched for",
        "",
        &[c('n')],
        RUN,
    ),
    row(
        Action::PrevMatch,
        "previous match",
        "go to the previous place that was searched for",
        "",
        &[c('N')],
        RUN,
    ),
    row(
        Action::NextPane,
        "next pane",
        "give the keys to the next pane",
        "pane",
        &[k(KeyCode::Tab)],
        &[Place::Run, Place::Instance],
    ),
    row(
        Action::PrevPane,
        "previous pane",
        "give the keys to the previous pane",
        "",
        &[k(KeyCode::BackTab)],
        &[Place::Run, Place::Instance],
    ),
    row(
        Action::CopyCommand,
        "copy command",
        "copy the command line that does the same",
        "copy",
        &[c('y')],
        &[Place::Plan, Place::Run, Place::Instance],
    ),
    row(Action::Runs, "runs", "list the runs", "runs", &[c('R')], ALL).twin("bunker runs"),
    row(
        Action::SecretsDue,
        "secrets due",
        "list all secrets by when they should be changed",
        "",
        &[c('K')],
        ALL,
    )
    .changing(Danger::None)
    .twin("bunker secrets due"),
    row(
        Action::Palette,
        "command",
        "find an action or an instance by some of its letters",
        "command",
        &[c(':')],
        ALL,
    ),
    row(Action::Help, "help", "show what every key does here", "help", &[c('?')], ALL)
        .twin("bunker --help"),
    row(
        Action::Back,
        "back",
        "go back; a run goes on without being watched",
        "back",
        &[k(KeyCode::Esc), c('h'), k(KeyCode::Left)],
        ALL,
    ),
    row(
        Action::Quit,
        "leave",
        "leave the cockpit; runs go on",
        "leave",
        &[c('q'), Key::ctrl('c')],
        ALL,
    ),
    row(Action::Up, "up", "go one up", "", &[k(KeyCode::Up), c('k')], ALL),
    row(Action::Down, "down", "go one down", "", &[k(KeyCode::Down), c('j')], ALL),
    row(Action::PageUp, "page up", "go a page up", "", &[k(KeyCode::PageUp), Key::ctrl('u')], ALL),
    row(
        Action::PageDown,
        "page down",
        "go a page down",
        "",
        &[k(KeyCode::PageDown), Key::ctrl('d')],
        ALL,
    ),
    row(Action::Top, "top", "go to the first", "", &[c('g'), k(KeyCode::Home)], ALL),
    row(Action::Bottom, "bottom", "go to the last", "", &[c('G'), k(KeyCode::End)], ALL),
    row(Action::Redraw, "redraw", "draw the screen anew", "", &[Key::ctrl('l')], ALL),
    row(
        Action::Suspend,
        "suspend",
        "back to the shell until `fg`; runs go on",
        "",
        &[Key::ctrl('z')],
        ALL,
    ),
];
