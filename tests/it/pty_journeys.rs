//! What operators do most often, by keys alone, in tmux: the real program, and tmux's own handling of keys and screens
//! around it. Each journey begins on the fleet page and takes as many keystrokes as its line in [`JOURNEYS`] says.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, UNIX_EPOCH};

use portable_pty::CommandBuilder;

use crate::capability::missing;
use crate::lab::metrics::{Condition, Generator, History, Incident, Profile, Victoria, program};
use crate::lab::terminal::Terminal;
use crate::lab::{HostSpec, Lab, Options, clock};
use crate::pty_life::{LONG, PLACES, SOON, bunker};

/// What it is, and how many keystrokes it takes; each letter that is typed is one. `docs/testing.md` has the same table.
const JOURNEYS: [(&str, usize); 13] = [
    ("see why the worst instance is down and what that rests on", 1),
    ("see who answers slowly", 11),
    ("pick two instances by the age of their backups and plan for them", 22),
    ("follow what a service writes", 3),
    ("see whose backups are old", 2),
    ("see what fires, and the rule behind it", 2),
    ("compare two instances", 4),
    ("check the machine and the hosts, by the palette", 8),
    ("change the theme", 1),
    ("upgrade an instance and see it succeed", 11),
    ("search the output of a run, there and back", 14),
    ("go back to the release before", 5),
    ("look up what somebody did", 7),
];

/// How many keystrokes these words are.
fn keystrokes(words: &str) -> usize {
    let of = |word: &str| match word {
        "enter" | "esc" | "tab" | "space" | "up" | "down" | "backspace" => 1,
        text => text.chars().count(),
    };
    words.split_whitespace().map(of).sum()
}

/// A cockpit in tmux, where this machine has it; its server is its own, and ends with it.
struct Cockpit {
    terminal: Terminal,
    sockets: PathBuf,
}

impl Cockpit {
    fn open(lab: &Lab, own: &Path) -> Self {
        let sockets = own.join("tmux");
        std::fs::create_dir_all(&sockets).unwrap();
        let around = ["-u", "-L", "journeys", "-f", "/dev/null", "new-session"];
        let mut command = if Command::new("tmux").arg("-V").output().is_ok() {
            let mut tmux = CommandBuilder::new("tmux");
            tmux.args(around);
            tmux.arg(env!("CARGO_BIN_EXE_bunker"));
            tmux
        } else {
            missing("the journeys in tmux", "there is no tmux: they run in a plain terminal");
            CommandBuilder::new(env!("CARGO_BIN_EXE_bunker"))
        };
        command.arg("--inventory");
        command.arg(lab.inventory_dir());
        for (name, place) in PLACES {
            command.env(name, own.join(place));
        }
        command.env("TMUX_TMPDIR", &sockets);
        command.env("LC_ALL", "C.UTF-8");
        command.env("SUDO_USER", "anna");
        for name in ["BUNKER_IDENTITY", "SSH_AUTH_SOCK", "NO_COLOR", "BUNKER_THEME", "TMUX", "STY"]
        {
            command.env_remove(name);
        }
        Self { terminal: Terminal::start(command, 120, 41).unwrap(), sockets }
    }

    fn sees(&self, shows: &str) -> String {
        self.terminal.wait_for(shows, LONG).unwrap()
    }

    /// Presses keys, and waits for what they lead to.
    fn press(&mut self, keys: &str, shows: &str) -> String {
        self.terminal.keys(keys).unwrap();
        self.sees(shows)
    }

    /// Takes a journey: presses keys and waits for what they lead to, leg by leg. Gives the last screen.
    fn takes(&mut self, journey: &str, legs: &[(&str, &str)]) -> String {
        let (_, most) = JOURNEYS.iter().find(|(name, _)| *name == journey).unwrap();
        let n: usize = legs.iter().map(|(keys, _)| keystrokes(keys)).sum();
        assert_eq!(n, *most, "{journey}: the table says otherwise");
        let mut screen = String::new();
        for (keys, shows) in legs {
            screen = self.press(keys, shows);
        }
        screen
    }

    /// Goes back, and waits until what stood in front is gone: an escape and a letter that arrive together are one key.
    fn close(&mut self, gone: &str) {
        self.terminal.keys("esc").unwrap();
        self.terminal.wait_gone(gone, SOON).unwrap();
    }

    /// To the fleet page, from wherever.
    fn home(&mut self) {
        self.press("g f", "bunker  paper");
    }

    fn leave(mut self) {
        self.terminal.keys("q").unwrap();
        assert!(self.terminal.wait_end(SOON).unwrap().success());
        assert_eq!(self.terminal.left_behind(), Vec::<&str>::new());
    }
}

impl Drop for Cockpit {
    fn drop(&mut self) {
        // Where the cockpit was left, its server has ended by itself.
        let mut tmux = Command::new("tmux");
        tmux.env("TMUX_TMPDIR", &self.sockets).args(["-L", "journeys", "kill-server"]);
        drop(tmux.output());
    }
}

/// One is down, one has a backup of two days ago, one answers slowly, one is well.
fn fleet() -> Vec<HostSpec> {
    let hour = Duration::from_hours(1);
    let spec = |name: &str, tier: u8, backup_h: u32| {
        let mut spec = HostSpec::new(name);
        spec.tier = tier;
        spec.backup_age = Some(hour * backup_h);
        spec
    };
    vec![spec("calgary", 2, 31), spec("banff", 2, 57), spec("olds", 2, 6), spec("camrose", 1, 6)]
}

/// The last half hour of the instances, of which one answers in two seconds.
fn last_half_hour(lab: &Lab) -> History {
    let now = clock::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64();
    let mut history = History::default();
    for host in lab.hosts() {
        let mut profile = Profile::new(&host.spec().domain);
        if host.name() == "olds" {
            let (from, to) = (now - 7_200.0, f64::INFINITY);
            profile.incidents.push(Incident { from, to, p95: 1.9, errors: 0.0, queue: 3.0 });
        }
        let mut generator = Generator::new(profile, now - 1_800.0);
        for i in 0..=120 {
            let t = now - 1_800.0 + f64::from(i) * 15.0;
            history.add(generator.advance(t, Condition { up: true, backup_at: None }), t);
        }
    }
    history
}

#[tokio::test]
async fn what_is_looked_at_most_takes_few_keys() {
    let program = match program() {
        Ok(program) => program,
        Err(why) => return missing("what_is_looked_at_most_takes_few_keys", &format!("{why:#}")),
    };
    let own = tempfile::tempdir().unwrap();
    let last = 2 + std::process::id() % 250;
    let address = Ipv4Addr::from(0x7f00_fd00 | last);
    let data = tempfile::tempdir().unwrap();
    let server = Victoria::start(&program, data.path(), address).await.unwrap();
    let options = Options::instances()
        .with_policy(&format!("bunker_metrics_url: {}", server.url()))
        .with_hosts(fleet());
    let lab = Lab::start(4, options).unwrap();
    server.load(&last_half_hour(&lab)).await.unwrap();
    lab.named("calgary").unwrap().crash_api(Duration::from_secs(275)).unwrap();

    let mut cockpit = Cockpit::open(&lab, own.path());
    cockpit.sees("▌ ▼ calgary +v2.4.1 +down");
    cockpit.sees(r"▲ olds +v2.4.1 +degraded .* [12][.]\ds ");
    cockpit.sees("▲ banff +v2.4.1 +degraded");
    looks_around(&mut cockpit);
    picks(&mut cockpit);
    cockpit.leave();
    server.stop().await;
}

/// Pages of what is wrong.
fn looks_around(cockpit: &mut Cockpit) {
    let journey = "see why the worst instance is down and what that rests on";
    let shown = cockpit.takes(journey, &[("x", "▼ api +exited [(]1[)] +3 restarts")]);
    assert!(shown.contains("instance  calgary") && shown.contains("Why down"), "{shown}");
    cockpit.home();

    let legs = [("enter", "instance  calgary"), ("l", "Log of a service"), ("enter", "follow · ")];
    let shown = cockpit.takes("follow what a service writes", &legs);
    assert!(shown.contains("calgary · service"), "{shown}");
    cockpit.home();

    let shown = cockpit.takes("see whose backups are old", &[("g b", "▌▼ banff +57h .* too old")]);
    assert!(shown.contains("Backups, oldest first"), "{shown}");
    cockpit.home();

    let journey = "see what fires, and the rule behind it";
    cockpit.takes(journey, &[("g a", "(?s)firing +critical +BackupStale +banff.*means +no good")]);
    cockpit.home();

    let journey = "check the machine and the hosts, by the palette";
    let shown = cockpit.takes(journey, &[(": doctor", "doctor"), ("enter", "[0-9]+ to mend")]);
    assert!(shown.contains("doctor  paper"), "{shown}");
    cockpit.home();

    cockpit.takes("change the theme", &[("T", "theme light")]);
    cockpit.close("theme light");
}

/// Some of the instances, by what they are.
fn picks(cockpit: &mut Cockpit) {
    let shown =
        cockpit.takes("see who answers slowly", &[("/ p95>800ms enter", "filter: p95>800ms")]);
    assert!(shown.contains("▲ olds") && !shown.contains("banff"), "{shown}");
    cockpit.close("filter: ");

    let journey = "pick two instances by the age of their backups and plan for them";
    let legs = [
        ("/ backup>26h space tier=2 enter", "filter: backup>26h tier=2"),
        ("space space", "2 marked"),
        // Its last line comes last: the frame is whole then.
        (
            "b",
            "(?s)plan  backup 2 instances.*type the number of instances.*nothing has been changed",
        ),
    ];
    let shown = cockpit.takes(journey, &legs);
    assert!(shown.contains("calgary") && shown.contains("banff"), "{shown}");
    cockpit.close("plan  backup");
    cockpit.sees("plan dropped");
    cockpit.close("plan dropped");
    cockpit.close("filter: ");
    cockpit.close("2 marked");

    // Problems stand first: the two worst, which are then in the order of their names.
    cockpit.press("g g", "▌ ▼ calgary");
    let legs = [
        ("space space", "2 marked"),
        ("g c", "(?s)compare  banff  with  calgary.*What differs.*health +degraded +down"),
    ];
    cockpit.takes("compare two instances", &legs);
}

#[test]
fn what_is_done_most_takes_few_keys() {
    let policy =
        ["bunker_min_healthy_s: 1", "bunker_healthy_deadline_s: 6", "bunker_upgrade_free_b: 1"];
    let options = policy.iter().fold(Options::instances(), |o, line| o.with_policy(line));
    let lab = Lab::start(1, options.with_hosts(vec![HostSpec::new("one")])).unwrap();
    let own = tempfile::tempdir().unwrap();
    let host = lab.named("one").unwrap();
    let before = host.running_commit().unwrap();
    let mut cockpit = Cockpit::open(&lab, own.path());
    cockpit.sees("one +v2.4.1 +healthy");

    let legs = [
        ("u", "Upgrade one"),
        ("v2.5.0 enter", "enter asks once more"),
        ("enter", "This will upgrade one"),
        ("tab enter", "● succeeded"),
    ];
    cockpit.takes("upgrade an instance and see it succeed", &legs);
    assert_ne!(host.running_commit().unwrap(), before);
    cockpit.home();
    cockpit.sees("one +v2.5.0 +healthy");

    let legs = [
        ("R", "succeeded +upgrade"),
        ("enter", "lease given back"),
        ("/ /^lease/ enter", " 0 lines below"),
        ("n", "lease 1 taken by run"),
        ("N", "lease given back"),
    ];
    cockpit.takes("search the output of a run, there and back", &legs);
    // Both may have been in sight: it is there when the first one has gone again.
    cockpit.terminal.wait_gone("lease 1 taken", SOON).unwrap();
    cockpit.home();

    let legs = [
        ("Z", "goes to .* on one"),
        ("enter", "enter asks once more"),
        ("enter", "This will rollback one"),
        ("tab enter", "● succeeded"),
    ];
    cockpit.takes("go back to the release before", &legs);
    assert_eq!(host.running_commit().unwrap(), before);
    cockpit.home();

    // Somebody else, by the command line of the same machine.
    let inventory = lab.inventory_dir();
    bunker(&inventory, own.path(), &["backup", "one", "--yes", "--why", "before the drive"], "");
    let legs = [
        ("H", "audit log  paper"),
        ("/ anna enter", r"(?s)[1-9]\d* of \d+ with .anna..*who +anna"),
    ];
    let shown = cockpit.takes("look up what somebody did", &legs);
    let rows = || shown.lines().filter(|line| line.contains("run-") && line.contains("  one "));
    assert!(rows().count() > 1, "{shown}");
    assert!(rows().all(|line| line.contains("anna")), "{shown}");
    cockpit.leave();
}

#[test]
fn the_journeys_and_their_keystrokes_are_documented() {
    let text = std::fs::read_to_string("docs/testing.md").unwrap();
    for (journey, n) in JOURNEYS {
        let row = format!("| {journey} | {n} |\n");
        assert!(text.contains(&row), "docs/testing.md lacks: {row}");
    }
}
