//! The command line of the verbs that are about one host.

use clap::Args;

/// Options of `shell`.
#[derive(Debug, Args)]
#[command(
    after_help = "The shell goes over the connection whose host key was checked, is written into the audit log before it \
opens and after it was left, and is recorded as an asciicast where bunker_shell_record says so. It needs a terminal. \
Not with --read-only."
)]
pub struct ShellArgs {
    /// The host
    pub host: String,
}

/// Options of `forward`.
#[derive(Debug, Args)]
#[command(
    after_help = "The port is brought to 127.0.0.1 of this machine, which nobody else reaches, over a connection whose host key was \
checked; it is written into the audit log before it opens and after it was taken back. A service is found where Docker \
published it on the host, else at the address of its container. Prints the address, with --json one line of JSON; Ctrl-C takes it \
back. Not with --read-only. Exit codes: 0 taken back; 1 the service opens no port; 6 the host does not answer, nothing listens \
there, or the connection was lost."
)]
pub struct ForwardArgs {
    /// The host
    pub host: String,
    /// A port of the host, or a service of its instance
    #[arg(value_name = "PORT|SERVICE")]
    pub what: String,
    /// The port here; a free one where none is named
    #[arg(long, value_name = "PORT")]
    pub local: Option<std::num::NonZeroU16>,
}

/// Options of `env`.
#[derive(Debug, Args)]
#[command(
    after_help = "Secrets, and what looks like one, are shown as the first eight digits of a fingerprint: two that are equal \
have the same. Exit codes: 3 the file was edited since it was applied, or is wrong; 6 the host does not answer."
)]
pub struct EnvArgs {
    /// The instance
    pub host: String,
}

/// Options of `logs`.
#[derive(Debug, Args)]
#[command(
    after_help = "`bunker logs RUN [HOST]` prints what hosts printed in a run, with --by-time in the order of time: within a step, whose beginning and end \
are known, lines are spread evenly; of up to 50 targets. `bunker logs HOST SERVICE` what a service of \
an instance writes, each line with its time, with the secrets of its vault masked. Ctrl-C ends --follow."
)]
pub struct LogsArgs {
    /// The run: an id, the end of one, or `last`; or a host
    #[arg(value_name = "RUN|HOST")]
    pub run: String,
    /// Only this host of the run; or the service of the host
    #[arg(value_name = "HOST|SERVICE")]
    pub host: Option<String>,
    /// The outputs of all targets of the run as one, in the order of time
    #[arg(long, conflicts_with_all = ["host", "follow"])]
    pub by_time: bool,
    /// Go on with what the service writes from now on
    #[arg(long, short)]
    pub follow: bool,
    /// So many lines of a service to begin with
    #[arg(long, default_value_t = 200, value_name = "LINES")]
    pub tail: u32,
}
