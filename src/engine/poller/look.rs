//! One look at one host.

use std::time::Duration;

use crate::domain::facts::Facts;
use crate::domain::fleet::Host;
use crate::domain::remote::{RemoteError, RemoteErrorKind};
use crate::domain::settings::InstanceSettings;
use crate::domain::untrusted::Safe;
use crate::engine::ports::{Clock, RemoteRead};
use crate::steps::probe::{self, Answer};

/// Looks at a host once: one read-only script, which may take this long.
///
/// Facts are what arrived whole; a part that did not is unreadable and says why. An error means that
/// nothing of our script's answer arrived.
pub async fn probe_host(
    remote: &dyn RemoteRead,
    host: &Host,
    settings: &InstanceSettings,
    clock: &dyn Clock,
    at_most: Duration,
) -> Result<Facts, RemoteError> {
    let nonce = clock.nonce();
    let to = &host.connection;
    let script = probe::render(&host.id, to.become_root, settings, &nonce);
    let output = remote.read(to, &script, at_most).await?;
    let answer =
        Answer { bytes: &output.stdout, nonce: &nonce, arrived: clock.now(), took: output.took };
    probe::parse(&answer, settings).ok_or_else(|| nothing(host, output.exit, &output.stderr))
}

fn nothing(host: &Host, exit: i32, stderr: &[u8]) -> RemoteError {
    let said = String::from_utf8_lossy(stderr);
    let last: String = said
        .lines()
        .rev()
        .find(|l| !l.trim().is_empty())
        .unwrap_or("nothing")
        .chars()
        .take(300)
        .collect();
    RemoteError {
        host: host.id.clone(),
        kind: RemoteErrorKind::Protocol,
        message: Safe::line(&format!(
            "the probe's script printed nothing that it should (exit code {exit}); it said: {last}"
        )),
        hint: Some("log in by hand and run `sh`: is the login shell a plain one?".into()),
    }
}
