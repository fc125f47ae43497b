//! The last lines of a container, for the message of a gate that failed. Reads only.

use super::quote::quote;
use crate::domain::connection::Become;
use crate::domain::untrusted::Safe;

/// Renders `docker logs --tail` of one container, standard output and error together; as root only
/// where changes are made as root and the login user cannot reach Docker.
pub fn tail(container: &Safe, become_root: Become, n_lines: u32) -> String {
    let root = if become_root == Become::Root { '1' } else { '0' };
    let id = quote(container.as_str());
    format!(
        "as=''\n\
         if [ {root} = 1 ] && [ \"$(id -u)\" != 0 ] && ! [ -w /var/run/docker.sock ]; then\n\
         if sudo -n true </dev/null 2>/dev/null; then as='sudo -n'; fi\nfi\n\
         $as docker logs --tail {n_lines} {id} 2>&1 </dev/null\n"
    )
}
