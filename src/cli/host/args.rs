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
    after_help = "`bunker logs RUN [HOST]` prints what hosts printed in a run; `bunker logs HOST SERVICE` what a service of \
an instance writes, each line with its time. Ctrl-C ends --follow."
)]
pub struct LogsArgs {
    /// The run: an id, the end of one, or `last`; or a host
    #[arg(value_name = "RUN|HOST")]
    pub run: String,
    /// Only this host of the run; or the service of the host
    #[arg(value_name = "HOST|SERVICE")]
    pub host: Option<String>,
    /// Go on with what the service writes from now on
    #[arg(long, short)]
    pub follow: bool,
    /// So many lines of a service to begin with
    #[arg(long, default_value_t = 200, value_name = "LINES")]
    pub tail: u32,
}
