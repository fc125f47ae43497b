//! Journeys by keys alone in a real terminal, each with its number of keystrokes.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use portable_pty::CommandBuilder;

use crate::lab::terminal::Terminal;
use crate::lab::{Lab, Options};

const SOON: Duration = Duration::from_mins(1);

/// A cockpit that counts what is pressed.
struct Journey {
    terminal: Terminal,
    keys: usize,
}

impl Journey {
    fn start(lab: &Lab, state: &Path, environment: &[(&str, &str)]) -> Self {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_bunker"));
        command.arg("--inventory");
        command.arg(lab.inventory_dir());
        for name in ["NO_COLOR", "COLORFGBG", "BUNKER_THEME", "TMUX", "STY"] {
            command.env_remove(name);
        }
        for name in ["BUNKER_STATE", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"] {
            command.env(name, state);
        }
        command.env("LC_ALL", "C.UTF-8");
        command.env("COLORTERM", "truecolor");
        for (name, value) in environment {
            command.env(name, value);
        }
        Self { terminal: Terminal::start(command, 100, 30).unwrap(), keys: 0 }
    }

    fn open(lab: &Lab, state: &Path, environment: &[(&str, &str)]) -> Self {
        let journey = Self::start(lab, state, environment);
        journey.terminal.wait_for("paper-01 .*healthy", SOON).unwrap();
        journey.terminal.wait_for("paper-03 .*healthy", SOON).unwrap();
        journey
    }

    /// Waits until the program has written this.
    fn wrote(&self, bytes: &str) {
        let deadline = Instant::now() + SOON;
        while !self.raw().contains(bytes) {
            assert!(
                Instant::now() < deadline,
                "{bytes:?} was not written: {}",
                self.terminal.text()
            );
            self.terminal.settle(Duration::from_millis(10));
        }
    }

    /// Presses keys, one a word, and waits for what they lead to.
    fn press(&mut self, keys: &str, shows: &str) -> String {
        self.keys += keys.split_whitespace().count();
        self.terminal.keys(keys).unwrap();
        self.terminal.wait_for(shows, SOON).unwrap()
    }

    /// Goes back, and waits until what stood in front is gone: an escape and a letter that arrive together are one key.
    fn close(&mut self, gone: &str) {
        self.keys += 1;
        self.terminal.keys("esc").unwrap();
        self.terminal.wait_gone(gone, SOON).unwrap();
    }

    fn raw(&self) -> String {
        String::from_utf8_lossy(&self.terminal.raw()).into_owned()
    }

    fn leave(mut self) {
        self.terminal.keys("q").unwrap();
        assert!(self.terminal.wait_end(SOON).unwrap().success());
        assert_eq!(self.terminal.left_behind(), Vec::<&str>::new());
    }
}

#[test]
fn the_ways_through_a_fleet_take_few_keys_and_choices_are_there_the_next_time() {
    let lab = Lab::start(3, Options::instances()).unwrap();
    let state = tempfile::tempdir().unwrap();
    let mut journey = Journey::open(&lab, state.path(), &[("TMUX", "/tmp/none,1,0")]);

    // Whose disk is filling up, or any other question: 3 keys and the question.
    journey.press("/ d i s k > 0 % enter", "filter: disk>0%");
    assert_eq!(journey.keys, 3 + "disk>0".len());
    // To see the same again tomorrow: 2 keys.
    journey.keys = 0;
    journey.press("m d", "bookmark d: fleet: disk>0%");
    assert_eq!(journey.keys, 2);
    // To an instance by some of its letters and back: 5 and 1.
    journey.keys = 0;
    journey.press(": r - 0 3 enter", "instance  paper-03");
    journey.press("[", "bunker  ");
    assert_eq!(journey.keys, 7);
    // The command that does the same, into the clipboard of the terminal behind tmux: 2 keys.
    journey.keys = 0;
    journey.press("y y", "copied: bunker status --limit paper-03");
    assert_eq!(journey.keys, 2);
    let coded = "YnVua2VyIHN0YXR1cyAtLWxpbWl0IHBhcGVyLTAz";
    let raw = journey.raw();
    assert!(raw.contains(&format!("\u{1b}]52;c;{coded}\u{7}")), "for tmux itself");
    let through = format!("\u{1b}Ptmux;\u{1b}\u{1b}]52;c;{coded}\u{7}\u{1b}\\");
    assert!(raw.contains(&through), "through tmux");
    // The first two instances marked: 5 keys.
    journey.keys = 0;
    journey.press("g g v j space", "2 marked");
    assert_eq!(journey.keys, 5);
    // Another order and another theme: 1 key each.
    journey.press("s", "sort: instance");
    journey.press("T", "theme light");
    journey.terminal.wait_for("theme light", SOON).unwrap();
    let file = state.path().join("view.yaml");
    let deadline = Instant::now() + SOON;
    while !std::fs::read_to_string(&file).is_ok_and(|text| text.contains("theme")) {
        assert!(Instant::now() < deadline, "nothing is kept in {}", file.display());
        std::thread::yield_now();
    }
    journey.leave();

    let mut again = Journey::open(&lab, state.path(), &[]);
    let screen = again.press("' d", "filter: disk>0%");
    assert!(screen.contains("sort: instance"), "{screen}");
    assert!(again.raw().contains("48;2;251;251;249"), "the light theme was kept");
    assert_eq!(again.keys, 2);
    again.leave();
}

#[test]
fn the_terminal_says_that_it_is_light_and_no_part_of_its_answer_is_a_key() {
    let lab = Lab::start(3, Options::instances()).unwrap();
    let state = tempfile::tempdir().unwrap();
    let mut journey = Journey::start(&lab, state.path(), &[]);
    journey.wrote("\u{1b}]11;?\u{1b}\\");
    assert!(journey.raw().contains("48;2;16;20;26"), "the first frame did not wait for an answer");
    // It holds `b`, which would plan a backup, and `g`, `/` and `]`.
    journey.terminal.keys("\u{1b}]11;rgb:fbfb/f0f0/dbdb\u{1b}\\").unwrap();
    journey.wrote("48;2;251;251;249");
    journey.terminal.wait_for("paper-01 .*healthy", SOON).unwrap();
    let screen = journey.press("?", "open the selected entry");
    assert!(!screen.contains("Planning") && !screen.contains("1 of 3"), "{screen}");
    journey.close("open the selected entry");
    journey.leave();
    // What somebody chose is not asked about.
    let chosen = Journey::open(&lab, state.path(), &[("BUNKER_THEME", "nord")]);
    assert!(!chosen.raw().contains("\u{1b}]11;?"), "it is not asked");
    chosen.leave();
}

#[test]
fn keys_of_ones_own_work_and_a_broken_file_is_told_in_the_cockpit() {
    let lab = Lab::start(3, Options::instances()).unwrap();
    let state = tempfile::tempdir().unwrap();
    let dir = state.path().join("bunker");
    std::fs::create_dir_all(&dir).unwrap();
    let file = dir.join("keys.yaml");
    std::fs::write(
        &file,
        "mouse: true\nkeys:\n  fleet:\n    filter: o\n    backup: B B\n    restore-drill: []\n",
    )
    .unwrap();
    let mut journey = Journey::open(&lab, state.path(), &[]);
    journey.press("o x", "enter keep");
    journey.close("enter keep");
    assert!(journey.raw().contains("\u{1b}[?1000h"), "the mouse is asked for on the fleet page");
    // A click on the second row, as a terminal tells it.
    journey.terminal.keys("\u{1b}[<0;12;6M").unwrap();
    journey.terminal.wait_for("▌ . paper-02|▌ *● paper-02", SOON).unwrap();
    journey.press("B", "B  backup");
    journey.close("B  backup");
    journey.leave();

    std::fs::write(&file, "keys:\n  fleet:\n    sort: p\n").unwrap();
    let mut journey = Journey::start(&lab, state.path(), &[]);
    journey.terminal.wait_for(r"(?s)keys[.]yaml:3.*problems-only", SOON).unwrap();
    journey.press("s", "sort: instance");
    journey.leave();
    let check = |what: &str, file: &Path| {
        let out =
            Command::new(env!("CARGO_BIN_EXE_bunker")).args(["check", what]).arg(file).output();
        let out = out.unwrap();
        (out.status.code(), String::from_utf8(out.stdout).unwrap())
    };
    let (code, out) = check("keys", &file);
    assert_eq!(code, Some(3), "{out}");
    assert!(out.contains(":3: error: p is problems-only at fleet too"), "{out}");
    std::fs::write(&file, "keys: {fleet: {sort: o}}\n").unwrap();
    assert_eq!(check("keys", &file), (Some(0), "nothing is wrong\n".to_owned()));
    let theme = state.path().join("faint.yaml");
    let text = "name: faint\npalette: {paper: ['#ffffff', white], ink: ['#aaaaaa', grey]}\nroles: {text: ink on paper}\n";
    std::fs::write(&theme, text).unwrap();
    let (code, out) = check("theme", &theme);
    assert!(code == Some(3) && out.contains("role text has contrast 2.32"), "{out}");
    assert_eq!(check("theme", Path::new("/no/such.yaml")).0, Some(2));
}

#[test]
fn a_fleet_with_a_colour_of_its_own_wears_it_on_every_page() {
    let options = Options::instances().with_policy("bunker_accent: red");
    let lab = Lab::start(3, options).unwrap();
    let state = tempfile::tempdir().unwrap();
    let mut journey = Journey::open(&lab, state.path(), &[]);
    let red = "48;2;180;35;47";
    assert!(journey.raw().contains(red), "the header of the fleet page");
    let n = journey.raw().matches(red).count();
    journey.press("R", "runs  ");
    assert!(journey.raw().matches(red).count() > n, "the header of the next page");
    journey.leave();
}
