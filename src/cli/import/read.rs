//! Reading the `.env` of an instance into memory.

use std::time::Duration;

use zeroize::Zeroizing;

use super::super::exit::{Exit, Trouble};
use super::super::wiring;
use crate::domain::connection::Connection;
use crate::domain::dotenv::{DotEnv, parse};
use crate::domain::settings::InstanceSettings;
use crate::engine::ports::RemoteRead as _;
use crate::steps::import;

/// How long the host may take to answer.
const DEADLINE: Duration = Duration::from_secs(30);

/// The file. Its text came by the connection's standard output, and is wiped here when it was read.
pub(super) fn env(to: &Connection, settings: &InstanceSettings) -> Result<DotEnv, Trouble> {
    let script = import::read(settings);
    let answer = wiring::runtime()?.block_on(async {
        let hosts = wiring::hosts()?;
        hosts.forget_refusals();
        let answer = hosts.read(to, &script, DEADLINE).await;
        hosts.close().await;
        answer.map_err(|error| Trouble::new(Exit::Unreachable, error))
    })?;
    let text = Zeroizing::new(answer.stdout);
    let (host, dir) = (&to.host, &settings.dir);
    let why = match answer.exit {
        0 => {
            let text = std::str::from_utf8(&text).map_err(|_| {
                Trouble::new(Exit::Failed, format!("{dir}/.env on {host} is no UTF-8"))
            })?;
            return Ok(parse(text));
        }
        3 => format!("there is no folder {dir} on {host}: set cml_dir, or give --dir"),
        4 => format!(
            "there is no {dir}/.env on {host}: nothing to import; `bunker deploy` sets up a new instance"
        ),
        5 => format!(
            "{dir}/.env on {host} cannot be read by {}: it belongs to somebody else",
            user(to)
        ),
        6 => format!("{dir}/.env on {host} is larger than 1 MB: this is no settings file"),
        other => format!("{dir}/.env on {host} could not be read: exit code {other}"),
    };
    Err(Trouble::new(Exit::Failed, why))
}

fn user(to: &Connection) -> String {
    to.user.as_ref().map_or_else(|| "the login user".to_owned(), ToString::to_string)
}
