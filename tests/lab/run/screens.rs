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

/// One picture: what to press, what to wait for, and its name.
struct Scene {
    keys: &'static str,
    shows: &'static str,
    name: &'static str,
    seconds: u64,
}

const SCENES: &[Scene] = &[
    // The demo builds the program first. The figures are there when the metrics and all hosts have answered.
    Scene {
        keys: "",
        shows: r"(?s)red-deer\s.*st-albert.*healthy.*\d ?ms",
        name: "fleet",
        seconds: 300,
    },
    Scene {
        keys: "enter",
        shows: "(?s)exited.*(Containers|containers)",
        name: "instance",
        seconds: 20,
    },
    Scene { keys: "esc", shows: "banff", name: "", seconds: 10 },
    Scene { keys: "/", shows: "filter", name: "", seconds: 10 },
    Scene { keys: "b a n f f enter", shows: "banff", name: "", seconds: 10 },
    Scene { keys: "u", shows: "(?s)(Readiness|ready)", name: "plan", seconds: 60 },
    Scene { keys: "enter", shows: "(?s)build", name: "", seconds: 30 },
    Scene {
        keys: "",
        shows: "(?s)(building|build).*◐|◐.*(build|migrate|up)",
        name: "run",
        seconds: 60,
    },
    Scene { keys: "", shows: "succeeded", name: "run-ended", seconds: 120 },
    Scene { keys: "esc", shows: "banff", name: "", seconds: 10 },
    Scene { keys: "?", shows: "(?i)help|keys", name: "help", seconds: 10 },
    Scene { keys: "esc", shows: "banff", name: "", seconds: 10 },
];

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
    terminal
        .wait_for(scene.shows, Duration::from_secs(scene.seconds))
        .map_err(|e| eyre!("after {:?}: {e}", scene.keys))?;
    if !scene.name.is_empty() {
        let path = dir.join(scene.name).with_extension("svg");
        fs::write(&path, terminal.svg()).wrap_err_with(|| format!("writing {}", path.display()))?;
        say(&path.display().to_string());
    }
    Ok(())
}
