//! Renders the script of a probe.

use std::sync::LazyLock;

use crate::domain::connection::Become;
use crate::domain::ids::HostId;
use crate::domain::settings::InstanceSettings;
use crate::domain::untrusted::Safe;
use crate::steps::quote::quote;
use crate::steps::script::bare;

/// What the host runs, as one function, so that no command in it can eat the rest of the script.
static BODY: LazyLock<String> = LazyLock::new(|| bare(include_str!("body.sh")));

/// How much one look reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent<'a> {
    /// All facts.
    Everything,
    /// Only the containers; all other parts of the facts are then unreadable. The services are asked for where none is
    /// known yet: Compose reads all of its files for that.
    Containers(&'a [Safe]),
}

/// The whole script for one look at an instance. It changes nothing on the host: git takes no
/// optional locks, nothing is written, and no command reads the script's own input.
///
/// `nonce` marks the parts of the answer; whoever writes the files and names that are read cannot
/// know it, so no output can pass for another part.
pub fn render(host: &HostId, become_root: Become, s: &InstanceSettings, nonce: &str) -> String {
    render_extent(Extent::Everything, host, become_root, s, nonce)
}

/// [`render`] for a part of the facts.
pub fn render_extent(
    extent: Extent<'_>,
    host: &HostId,
    become_root: Become,
    s: &InstanceSettings,
    nonce: &str,
) -> String {
    let root = if become_root == Become::Root { '1' } else { '0' };
    let (look, services) = match extent {
        Extent::Everything => ("everything", [].as_slice()),
        Extent::Containers(services) => ("containers", services),
    };
    let services = services.iter().map(Safe::as_str).collect::<Vec<_>>().join("\n");
    let body = BODY.replace("@COMPOSE@", &compose_options(s)).replace("@LOOK@", look);
    format!(
        "nonce={}\nbecome={root}\ndir={}\nbackups={}\ninstance={}\nrepo_url={}\nservices={}\n{body}",
        quote(nonce),
        quote(s.dir.as_str()),
        quote(s.backup_dir.as_str()),
        quote(host.as_str()),
        quote(s.repo.as_str()),
        quote(&services),
    )
}

fn compose_options(s: &InstanceSettings) -> String {
    let option = |name: &str, value: &String| format!("{name} {}", quote(value));
    let files = s.compose_files.iter().map(|f| option("-f", f));
    let profiles = s.compose_profiles.iter().map(|p| option("--profile", p));
    files.chain(profiles).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::steps::probe::sample;

    #[test]
    fn a_hostile_value_stays_a_value() {
        let mut settings = sample::settings();
        settings.compose_files = vec!["it's; touch /tmp/x $(id)".to_owned()];
        settings.compose_profiles = vec!["mail".to_owned()];
        let script = render(&"calgary-prod".parse().unwrap(), Become::LoginUser, &settings, "n0");
        assert!(
            script.contains(
                r#"docker compose -f 'it'\''s; touch /tmp/x $(id)' --profile 'mail' "$@""#
            ),
            "{script}"
        );
        let is_read = |line: &&str| {
            let line = line.trim_start();
            line.starts_with("part ") || line.starts_with("long ")
        };
        let reads = script.lines().filter(is_read).count();
        assert_eq!(reads, 21, "16 of everything, and 4 of the containers, one of them in two ways");
        assert!(script.ends_with("\"$(everything)\"\n"));
    }
}
