//! `bunker shell HOST`: a person's shell on a host, written down before it opens and after it was left.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use color_eyre::eyre::WrapErr;
use serde_json::json;

use super::super::audit::reason;
use super::super::exit::{Exit, Trouble};
use super::super::output::print_json;
use super::super::run::{right, say};
use super::super::{Context, fleet, wiring};
use super::args::ShellArgs;
use crate::adapters::caller::actor;
use crate::adapters::recording::Recording;
use crate::adapters::ssh::HostShell;
use crate::domain::audit::{Deed, Facts};
use crate::domain::capability::Operate;
use crate::domain::fleet::Host;
use crate::domain::untrusted::Safe;
use crate::engine::ports::{self, Clock as _};

/// How long the host may take to be reached.
const DEADLINE: Duration = Duration::from_secs(30);
/// The exit code of ssh where the connection, not the shell, ended.
const CONNECTION_LOST: i32 = 255;

/// A shell that was left.
#[derive(Debug)]
pub(in crate::cli) struct Opened {
    /// Its exit code; `None` where a signal ended it.
    pub(in crate::cli) exit: Option<i32>,
    /// Where it is recorded.
    pub(in crate::cli) recorded: Option<PathBuf>,
    /// Seconds that it was open.
    pub(in crate::cli) seconds: u64,
}

impl Opened {
    /// In words.
    pub(in crate::cli) fn words(&self, host: &Host) -> String {
        let how = match self.exit {
            Some(CONNECTION_LOST) => "the connection ended".to_owned(),
            _ => format!("left after {} s", self.seconds),
        };
        let recorded =
            self.recorded.as_ref().map(|path| format!("; recorded in {}", path.display()));
        format!("shell on {}: {how}{}", host.id, recorded.unwrap_or_default())
    }
}

pub(super) fn run(context: &Context, args: &ShellArgs) -> Result<Exit, Trouble> {
    let right = right(context)?;
    if !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
        let text = "a shell needs a terminal: for one command use `bunker ansible`, or ssh (`y` in the cockpit copies its command line)";
        return Err(Trouble::new(Exit::Usage, text));
    }
    let (fleet, _) = fleet::fleet(context)?;
    let host = super::named(&fleet, &args.host)?;
    reason(host.instance.as_ref().is_some_and(|i| i.policy.require_why))?;
    let runtime = wiring::runtime()?;
    let hosts = wiring::hosts()?;
    let ready = runtime.block_on(hosts.terminal(&host.connection, right, DEADLINE));
    let ended = match ready {
        Ok(shell) => open(host, shell, right),
        Err(error) => Err(Trouble::new(Exit::Unreachable, error)),
    };
    runtime.block_on(hosts.close());
    runtime.shutdown_background();
    let opened = ended?;
    if context.json {
        print_json(
            &json!({ "host": host.id, "exit": opened.exit, "seconds": opened.seconds, "recorded": opened.recorded }),
        )?;
    } else {
        say(&opened.words(host));
    }
    Ok(if opened.exit == Some(CONNECTION_LOST) { Exit::Unreachable } else { Exit::Ok })
}

/// Opens a shell that is ready, at this terminal: first it is written down, and where policy wants a recording there is none
/// without it.
pub(in crate::cli) fn open(
    host: &Host,
    shell: HostShell,
    right: &Operate,
) -> Result<Opened, Trouble> {
    let mut recording = host.records_shells().then(|| begin(host)).transpose()?;
    let path = recording.as_ref().map(|r| r.path().to_owned());
    let mut deed = Deed::new("shell").on(&host.id);
    if let Some(path) = &path {
        deed = deed.after("recorded", &path.display().to_string());
    }
    let audit = wiring::audit_log(right)?;
    ports::audited(&*audit, deed, |_| -> Result<(Opened, Facts), Trouble> {
        let begun = Instant::now();
        let status = match &mut recording {
            Some(recording) => {
                let ended = shell.open(Some(&mut |bytes| recording.keep(bytes)));
                recording.end().wrap_err("ending the recording")?;
                ended
            }
            None => shell.open(None),
        };
        let status: ExitStatus = status.wrap_err_with(|| format!("the shell on {}", host.id))?;
        let opened =
            Opened { exit: status.code(), recorded: path, seconds: begun.elapsed().as_secs() };
        let mut facts = Facts::new();
        facts.insert(Safe::line("seconds"), Safe::line(&opened.seconds.to_string()));
        if let Some(exit) = opened.exit {
            facts.insert(Safe::line("exit"), Safe::line(&exit.to_string()));
        }
        Ok((opened, facts))
    })
}

fn begin(host: &Host) -> Result<Recording, Trouble> {
    let folder = wiring::state_dir().path().join("shells");
    let begun = Recording::begin(&folder, &host.id, &actor().person(), wiring::clock().now());
    begun.map_err(|error| {
        let text = format!(
            "bunker_shell_record wants shells on {} recorded, and that cannot be done in {}: {error}; the shell was not opened",
            host.id,
            folder.display()
        );
        Trouble::new(Exit::Refused, text)
    })
}
