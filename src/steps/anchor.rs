//! The head of the audit log, kept on the hosts that a run touches: on the control machine nobody can then cut the log's end off, or
//! write it anew, without a host that remembers it otherwise.

use super::quote::quote;
use super::runner::state_folder;
use crate::domain::audit::Anchor;
use crate::domain::connection::Become;

/// The file, below the host's state folder.
const FILE: &str = "audit-anchors";

/// What is sent before a job, so that it costs no round trip: a line in a file, and in the host's own log where it has one. It
/// prints nothing, and nothing that goes wrong with it stops the job.
pub fn keep(anchor: &Anchor, who: Become) -> String {
    let (state, line) = (state_folder(who), quote(&anchor.to_string()));
    format!(
        "(umask 077; mkdir -p {state} && printf '%s\\n' {line} >>{state}/{FILE}) >/dev/null 2>&1 || :\n\
         (command -v logger && exec logger -t bunker {line}) </dev/null >/dev/null 2>&1 &\n"
    )
}

/// The script that reads the lines back: the newest ones, which vouch for all before them.
pub fn recall(who: Become) -> String {
    let state = state_folder(who);
    format!("if [ -f {state}/{FILE} ]; then tail -n 500 {state}/{FILE}; fi\n")
}
