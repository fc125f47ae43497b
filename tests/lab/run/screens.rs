//! `cargo lab screens`: pictures of the real screens. The demo is started in a terminal of its own,
//! driven by keys, and each screen is written as SVG. The README shows these files.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use color_eyre::eyre::{Result, WrapErr, eyre};
use portable_pty::CommandBuilder;

use super::args::say;
use crate::lab::terminal::Terminal;

/// Options of `screens`.
#[derive(Debug, Args)]
pub(super) struct Screens {
    /// The folder for the pictures
    #[arg(long, default_value = "docs/screens")]
    dir: PathBuf,
    /// Columns of the terminal
    #[arg(long, default_value_t = 120)]
    columns: u16,
    /// Rows of the terminal
    #[arg(long, default_value_t = 36)]
    rows: u16,
}

/// One picture: what to press, what to wait for (with a `!` before it: until it is gone), and its name.
struct Scene {
    keys: &'static str,
    shows: &'static str,
    name: &'static str,
    seconds: u64,
}

const SCENES: &[Scene] = &[
    // The demo builds the program first. The figures are there when the metrics and all hosts have answered.
    scene("", r"(?s)red-deer .*\d[.]\ds +\d.*olds", "fleet", 300),
    // The selection stays with the instance that was the first before the others had answered.
    scene("g g", "Why calgary-prod", "", 10),
    scene("enter", "instance +calgary-prod", "instance", 20),
    scene("esc", "bunker  demo", "", 10),
    scene("G k space k k space k k space", "3 marked", "", 10),
    scene("u", "Upgrade 3 instances", "", 10),
    scene("v2.5.0 enter", "type the number of instances", "plan", 60),
    scene("3 enter", "run [0-9a-f]{4}  upgrade", "", 30),
    scene("", "Datasource|naming to", "run", 60),
    scene("", "(succeeded|failed)", "run-ended", 180),
    scene("v", "outputs +run", "", 20),
    scene("", "the end of each", "outputs", 20),
    scene("esc", "run [0-9a-f]{4}  upgrade", "", 10),
    scene("esc", "bunker  demo", "", 10),
    scene("R", "Runs", "runs", 10),
    scene("esc", "bunker  demo", "", 10),
    scene("g b", "Backups, oldest first", "", 20),
    scene("", "!asking the host", "backups", 60),
    scene("esc", "bunker  demo", "", 10),
    scene("g a", "Alerts, worst first", "", 20),
    scene("", "!asking the Alertmanager", "alerts", 60),
    scene("esc", "bunker  demo", "", 10),
    scene("g i", "Groups and hosts", "", 20),
    scene("", "!reading the inventory", "inventory", 20),
    scene("esc", "bunker  demo", "", 10),
    scene("g t", "Windows, soonest first", "windows", 20),
    scene("esc", "bunker  demo", "", 10),
    scene("g d", "r looks again", "doctor", 120),
    scene("esc", "bunker  demo", "", 10),
    scene("g w", "read [0-9a-z]+ ago", "leases", 60),
    scene("esc", "bunker  demo", "", 10),
    scene("H", "Records, newest first", "", 20),
    scene("", "!reading the log", "audit", 20),
    scene("esc", "bunker  demo", "", 10),
    scene("g c", "compare .+  with", "", 20),
    scene("", "!reading the variables", "compare", 20),
    scene("esc", "bunker  demo", "", 10),
    // One that reports figures.
    scene("g g j j", "Why red-deer", "", 10),
    scene("g m", "charts +red-deer", "", 20),
    scene("", "p99", "charts", 60),
    scene("esc", "bunker  demo", "", 10),
    scene("enter", "instance +", "", 20),
    scene("F", "Port of a service", "", 20),
    scene("enter", "g p lists what is here", "", 60),
    scene("g p", "Ports brought here", "forwards", 20),
    scene("esc", "!Ports brought here", "", 10),
    scene("esc", "bunker  demo", "", 10),
    scene("?", "open the selected entry", "help", 10),
    // Awaited, since an escape and a letter that arrive together are another key.
    scene("esc", GONE_HELP, "", 10),
];

/// What is awaited to go, where a scene ends a page that covers others.
const GONE_HELP: &str = "!open the selected entry";

const fn scene(keys: &'static str, shows: &'static str, name: &'static str, seconds: u64) -> Scene {
    Scene { keys, shows, name, seconds }
}

/// Makes the pictures.
pub(super) fn run(options: &Screens) -> Result<()> {
    fs::create_dir_all(&options.dir)
        .wrap_err_with(|| format!("making {}", options.dir.display()))?;
    let mut command = CommandBuilder::new(std::env::current_exe()?);
    command.arg("demo");
    command.cwd(std::env::current_dir()?);
    command.env("COLORTERM", "truecolor");
    let mut terminal =
        Terminal::start(command, options.columns, options.rows).map_err(|e| eyre!(e))?;
    for scene in SCENES {
        play(&mut terminal, scene, &options.dir)?;
    }
    terminal.keys("q").map_err(|e| eyre!(e))?;
    let ended = terminal.wait_end(Duration::from_secs(30)).map_err(|e| eyre!(e))?;
    let left = terminal.left_behind();
    if !ended.success() || !left.is_empty() {
        return Err(eyre!("the demo ended with {ended} and left {left:?} behind"));
    }
    Ok(())
}

fn play(terminal: &mut Terminal, scene: &Scene, dir: &Path) -> Result<()> {
    terminal.keys(scene.keys).map_err(|e| eyre!(e))?;
    let at_most = Duration::from_secs(scene.seconds);
    match scene.shows.strip_prefix('!') {
        Some(gone) => terminal.wait_gone(gone, at_most),
        None => terminal.wait_for(scene.shows, at_most),
    }
    .map_err(|e| eyre!("after {:?}: {e}", scene.keys))?;
    if !scene.name.is_empty() {
        terminal.settle(Duration::from_millis(120));
        let path = dir.join(scene.name).with_extension("svg");
        fs::write(&path, terminal.svg()).wrap_err_with(|| format!("writing {}", path.display()))?;
        say(&path.display().to_string());
    }
    Ok(())
}
