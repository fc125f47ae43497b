//! `cargo lab screens`: the pictures of `docs/screens`, which the README shows. `bunker snapshot` draws the pages of the
//! demo's fleet, before, during and after an upgrade of three instances, and while a canary soaks.

use std::fs;
use std::io::{Seek as _, Write as _};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use clap::Args;
use color_eyre::eyre::{Result, WrapErr, bail, eyre};

use super::args::say;
use super::demo::Stage;
use crate::lab::terminal::Terminal;

/// Options of `screens`.
#[derive(Debug, Args)]
pub(super) struct Screens {
    /// The folder for the pictures
    #[arg(long, default_value = "docs/screens")]
    dir: PathBuf,
    /// Columns of a picture
    #[arg(long, default_value_t = 120)]
    columns: u16,
    /// Rows of a picture
    #[arg(long, default_value_t = 36)]
    rows: u16,
}

/// Where the instances go that are upgraded, and which they are.
const TO: &str = "v2.5.0";
const UPGRADED: [&str; 3] = ["st-albert", "lethbridge", "olds"];

/// A picture: its name, and the words of `bunker snapshot`, the keys apart.
type Picture<'a> = (&'a str, &'a [&'a str], &'a str);

/// What is drawn before anything is changed.
const BEFORE: &[Picture<'static>] = &[
    ("fleet", &["fleet"], ""),
    ("instance", &["instance", "--host", "calgary-prod"], ""),
    ("charts", &["charts", "--host", "red-deer"], ""),
    ("compare", &["compare", "--host", "calgary-prod", "--with", "red-deer"], ""),
    // The three that are upgraded below.
    ("plan", &["plan", "--limit", "st-albert:lethbridge:olds", "--to", TO], ""),
    ("first-run", &["setup", "--inventory", "/home/ann/inventory"], ""),
    ("backups", &["backups"], ""),
    ("alerts", &["alerts"], ""),
    ("inventory", &["inventory"], ""),
    ("windows", &["windows"], ""),
    ("doctor", &["doctor"], ""),
    ("help", &["help"], ""),
];

/// What is drawn of the upgrade that has ended.
const AFTER: &[Picture<'static>] = &[
    ("run-ended", &["run"], ""),
    ("outputs", &["outputs"], ""),
    ("runs", &["runs"], ""),
    ("leases", &["leases"], ""),
    ("audit", &["audit"], ""),
    ("log", &["log"], ""),
];

/// A canary and the rest, which stays on the old release while that soaks.
const CANARY: [&str; 4] = ["airdrie", "edmonton-prod", "red-deer", "banff"];

/// Secrets of an instance, all set on the day of the picture.
const SECRETS: [&str; 4] =
    ["vault_jwt_secret", "vault_redis_password", "vault_v2_admin_password", "vault_encryption_key"];

/// Makes the pictures.
pub(super) async fn draw(stage: &Stage, options: &Screens) -> Result<()> {
    fs::create_dir_all(&options.dir)
        .wrap_err_with(|| format!("making {}", options.dir.display()))?;
    for picture in BEFORE {
        options.keep(picture.0, &options.snapshot(stage, picture).await?)?;
    }
    let confirm = UPGRADED.len().to_string();
    let mut upgrade = vec!["upgrade", "--to", TO, "--yes", "--confirm", &confirm, "--detach"];
    upgrade.extend(UPGRADED);
    bunker(stage, &upgrade).await?;
    let at_work = ["naming to", "All migrations", "Recreated"];
    options.keep("run", &options.until(stage, "run", &at_work).await?)?;
    options.keep("wall", &options.snapshot(stage, &("wall", &["wall"], "")).await?)?;
    bunker(stage, &["attach", "last"]).await?;
    for picture in AFTER {
        options.keep(picture.0, &options.snapshot(stage, picture).await?)?;
    }
    options.keep("canary", &canary(stage, options).await?)?;
    options.keep("forwards", &forwards(stage, options)?)?;
    options.keep("secrets-due", &secrets_due(stage, options).await?)
}

/// The canary of a run that is watched for a while, and compared with the rest so far.
async fn canary(stage: &Stage, options: &Screens) -> Result<String> {
    let confirm = CANARY.len().to_string();
    let mut upgrade =
        vec!["canary-upgrade", "--to", TO, "--yes", "--confirm", &confirm, "--detach"];
    upgrade.extend(CANARY);
    bunker(stage, &upgrade).await?;
    let drawn = options.until(stage, "canary", &["so far"]).await?;
    bunker(stage, &["abort", "last"]).await?;
    Ok(drawn)
}

/// The secrets of two instances: the demo's inventory has none before.
async fn secrets_due(stage: &Stage, options: &Screens) -> Result<String> {
    bunker(stage, &["vault", "init", "--name", "ann"]).await?;
    for host in ["red-deer", "st-albert"] {
        for name in SECRETS {
            let value = format!("{name} of {host}, for a picture");
            said_to(stage, &["vault", "set", host, name], Stdio::from(typed(&value)?)).await?;
        }
    }
    options.snapshot(stage, &("secrets-due", &["secrets-due"], "")).await
}

/// Runs a verb that must end well; gives what it printed.
async fn bunker(stage: &Stage, words: &[&str]) -> Result<String> {
    said_to(stage, words, Stdio::null()).await
}

/// A file with this text, at its beginning.
fn typed(text: &str) -> Result<fs::File> {
    let mut file = tempfile::tempfile()?;
    file.write_all(text.as_bytes())?;
    file.rewind()?;
    Ok(file)
}

/// The same for one that reads something.
async fn said_to(stage: &Stage, words: &[&str], input: Stdio) -> Result<String> {
    let out = stage.bunker().args(words).stdin(input).output().await?;
    if !out.status.success() {
        let said = String::from_utf8_lossy(&out.stderr);
        bail!("bunker {} ended with {}: {said}", words.join(" "), out.status);
    }
    Ok(String::from_utf8(out.stdout)?)
}

impl Screens {
    /// A page once it shows one of these words.
    async fn until(&self, stage: &Stage, page: &str, words: &[&str]) -> Result<String> {
        let until = Instant::now() + Duration::from_mins(2);
        loop {
            let drawn = self.snapshot(stage, &(page, &[page], "")).await?;
            if words.iter().any(|word| drawn.contains(word)) {
                return Ok(drawn);
            }
            if Instant::now() > until {
                bail!("{page} did not show any of {words:?} in two minutes");
            }
        }
    }

    async fn snapshot(&self, stage: &Stage, picture: &Picture<'_>) -> Result<String> {
        let (_, page, keys) = picture;
        let size = format!("{}x{}", self.columns, self.rows);
        let mut words = vec!["snapshot", "--format", "svg", "--size", &size, "--keys", keys];
        words.extend(*page);
        bunker(stage, &words).await
    }

    fn keep(&self, name: &str, drawn: &str) -> Result<()> {
        let path = self.dir.join(name).with_extension("svg");
        fs::write(&path, drawn).wrap_err_with(|| format!("writing {}", path.display()))?;
        say(&path.display().to_string());
        Ok(())
    }
}

/// The ports that are brought here: only a cockpit that is open has any, so this one is drawn of its terminal.
fn forwards(stage: &Stage, options: &Screens) -> Result<String> {
    let mut terminal = Terminal::start(stage.at_terminal(), options.columns, options.rows)
        .map_err(|e| eyre!(e))?;
    let scenes = [
        ("", r"(?s)red-deer .*\d[.]\ds +\d.*olds"),
        // The selection stays with the instance that was the first before the others had answered.
        ("g g j j", "Why red-deer"),
        ("enter", "instance +red-deer"),
        ("F", "Port of a service"),
        ("enter", "g p lists what is here"),
        ("g p", "Ports brought here"),
    ];
    for (keys, shows) in scenes {
        terminal.keys(keys).map_err(|e| eyre!(e))?;
        terminal
            .wait_for(shows, Duration::from_mins(1))
            .map_err(|e| eyre!("after {keys:?}: {e}"))?;
    }
    terminal.settle(Duration::from_millis(120));
    let drawn = terminal.svg();
    terminal.keys("C-c").map_err(|e| eyre!(e))?;
    let _ended = terminal.wait_end(Duration::from_secs(30)).map_err(|e| eyre!(e))?;
    let left = terminal.left_behind();
    if !left.is_empty() {
        bail!("the cockpit left {left:?} behind");
    }
    Ok(drawn)
}
