//! The command line of `cargo lab` and `cargo demo`.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use color_eyre::eyre::Result;

use super::demo::Purpose;
use super::{control, demo, screens, serve};
use crate::lab::Fault;

/// Hosts to try the program on.
#[derive(Debug, Parser)]
#[command(name = "lab", bin_name = "cargo lab")]
struct Lab {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Start hosts in the background; the last line is the inventory's path
    Up(Up),
    /// End what `up` started and remove what it made
    Down {
        /// The lab's folder
        #[arg(long)]
        dir: PathBuf,
    },
    /// Bring a fault about on a paper host, or end all with `clear`
    #[command(after_help = format!("Faults: {}", Fault::NAMES.join(", ")))]
    Fault {
        /// The host's name in the inventory
        host: String,
        /// The fault
        fault: String,
        /// Its number, where it takes one
        argument: Option<String>,
        /// The lab's folder [default: that of the lab that was started last]
        #[arg(long)]
        dir: Option<PathBuf>,
    },
    /// A fleet of twelve paper hosts with the cockpit on it (`cargo demo`)
    Demo(demo::Demo),
    /// Pictures of the demo's screens, for the README
    Screens(screens::Screens),
    /// The servers of the paper hosts (started by `up`)
    #[command(hide = true)]
    Serve {
        #[arg(long)]
        hosts: usize,
        #[arg(long)]
        dir: PathBuf,
    },
}

/// Options of `up`.
#[derive(Debug, Args)]
struct Up {
    /// So many paper hosts
    #[arg(long, value_name = "N", required_unless_present = "real")]
    hosts: Option<usize>,
    /// So many real hosts: systemd containers with Docker of their own
    #[arg(long, value_name = "N", conflicts_with = "hosts")]
    real: Option<usize>,
    /// Make the real hosts bare: a Debian as it is installed, without Docker and without the application
    #[arg(long, value_name = "RELEASE", requires = "real", value_parser = ["bookworm", "trixie"])]
    bare: Option<String>,
    /// Where: made if need be [default: a temporary folder]
    #[arg(long)]
    dir: Option<PathBuf>,
}

/// Runs the program.
pub(crate) fn main() -> ExitCode {
    // `cargo demo -- --keep DIR` arrives as `demo -- --keep DIR`: the alias has a `--` of its own.
    let mut given: Vec<_> = std::env::args_os().collect();
    if given.get(2).is_some_and(|arg| arg == "--") {
        given.remove(2);
    }
    match run(Lab::parse_from(given).verb) {
        Ok(code) => code,
        Err(error) => {
            tell(&format!("lab: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(verb: Verb) -> Result<ExitCode> {
    match verb {
        Verb::Up(up) => match up.real {
            Some(n) => serve::up_real(n, up.bare.as_deref(), up.dir),
            None => serve::up(up.hosts.unwrap_or_default(), up.dir),
        },
        Verb::Down { dir } => serve::down(&dir),
        Verb::Fault { host, fault, argument, dir } => {
            Fault::parse(&fault, argument.as_deref())?;
            let dir = dir.map_or_else(serve::latest, Ok)?;
            let word = argument.unwrap_or_default();
            say(&control::ask(&dir, &format!("fault {host} {fault} {word}"))?);
            Ok(ExitCode::SUCCESS)
        }
        Verb::Demo(options) => demo::run(&Purpose::Show(options)),
        Verb::Screens(options) => demo::run(&Purpose::Draw(options)),
        Verb::Serve { hosts, dir } => serve::serve(hosts, &dir),
    }
}

/// A line on standard output. Whoever started the lab may have gone: then nobody reads it.
pub(super) fn say(text: &str) {
    _ = writeln!(std::io::stdout(), "{text}");
}

/// A line on standard error, likewise.
pub(super) fn tell(text: &str) {
    _ = writeln!(std::io::stderr(), "{text}");
}
