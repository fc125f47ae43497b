//! Who sits at this end.

use crate::adapters::caller::login_name;
use crate::domain::run::operator::Operator;
use crate::domain::untrusted::Safe;

/// The operator, by the environment: who was there before `sudo`, on which machine, from where.
pub(in crate::cli) fn operator() -> Operator {
    let set = |name: &str| std::env::var(name).ok().filter(|v| !v.is_empty() && v.len() <= 200);
    let user = ["SUDO_USER", "LOGNAME", "USER"].into_iter().find_map(set);
    let uid = rustix::process::getuid().as_raw();
    let user = user.or_else(|| login_name(uid)).unwrap_or_else(|| format!("uid-{uid}"));
    let machine = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let from =
        set("SSH_CONNECTION").and_then(|connection| connection.split(' ').next().map(Safe::line));
    Operator { user: Safe::line(&user), machine: Safe::line(&machine), from }
}

/// The command line as it was given, for the record.
pub(in crate::cli) fn how() -> String {
    let words = std::env::args_os().skip(1).map(|w| w.to_string_lossy().into_owned());
    let words: Vec<String> = std::iter::once("bunker".to_owned()).chain(words).collect();
    words.join(" ").chars().take(500).collect()
}
