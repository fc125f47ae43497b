//! What an instance that was installed by hand has: its `.env`, read into memory.

use std::time::Duration;

use zeroize::Zeroizing;

use crate::domain::connection::Connection;
use crate::domain::dotenv::{DotEnv, parse};

use crate::domain::remote::RemoteError;
use crate::domain::settings::InstanceSettings;
use crate::engine::ports::RemoteRead;
use crate::steps::import;

/// How long the host may take to answer.
const DEADLINE: Duration = Duration::from_secs(30);

/// Why there is no `.env`.
#[derive(Debug, thiserror::Error)]
pub enum ReadEnvError {
    /// The host was not reached.
    #[error(transparent)]
    Remote(#[from] RemoteError),
    /// It is not there, or not to be read.
    #[error("{0}")]
    File(String),
}

/// The file. Its text came by the connection's standard output, and is wiped here when it was read.
pub async fn env_of(
    remote: &dyn RemoteRead,
    to: &Connection,
    settings: &InstanceSettings,
) -> Result<DotEnv, ReadEnvError> {
    let answer = remote.read(to, &import::read(settings), DEADLINE).await?;
    let text = Zeroizing::new(answer.stdout);
    let (host, dir) = (&to.host, &settings.dir);
    let why = match answer.exit {
        0 => {
            let no_text = |_| ReadEnvError::File(format!("{dir}/.env on {host} is no UTF-8"));
            return Ok(parse(std::str::from_utf8(&text).map_err(no_text)?));
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
    Err(ReadEnvError::File(why))
}

fn user(to: &Connection) -> String {
    to.user.as_ref().map_or_else(|| "the login user".to_owned(), ToString::to_string)
}

/// The domain that a `.env` names.
pub fn domain_of(file: &DotEnv) -> Option<String> {
    file.entries().filter(|e| e.name == "DOMAIN").find_map(|e| e.value.clone())
}
