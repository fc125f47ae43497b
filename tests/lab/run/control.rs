//! How `cargo lab fault` and `cargo lab down` reach a running lab: a line over a loopback socket, with a token that
//! only the lab's owner can read.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use color_eyre::eyre::{Result, WrapErr, bail, eyre};
use serde::{Deserialize, Serialize};

use crate::lab::Fault;
use crate::lab::Lab;

/// What `lab.json` says of a running lab.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Card {
    /// The server's process.
    pub(super) pid: i32,
    address: SocketAddr,
    token: String,
}

impl Card {
    /// The card of the lab in `dir`.
    pub(super) fn read(dir: &Path) -> Result<Self> {
        let text = fs::read_to_string(file(dir))
            .wrap_err_with(|| format!("there is no running lab in {}", dir.display()))?;
        Ok(serde_json::from_str(&text)?)
    }
}

/// Where the card is.
pub(super) fn file(dir: &Path) -> PathBuf {
    dir.join("lab.json")
}

/// Asks the lab in `dir` for something; gives its answer.
pub(super) fn ask(dir: &Path, line: &str) -> Result<String> {
    let card = Card::read(dir)?;
    let limit = Duration::from_secs(5);
    let mut stream = TcpStream::connect_timeout(&card.address, limit)
        .wrap_err_with(|| format!("the lab in {} does not answer", dir.display()))?;
    stream.set_read_timeout(Some(limit))?;
    writeln!(stream, "{} {line}", card.token)?;
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer)?;
    match answer.trim().split_once(' ') {
        Some(("ok", text)) => Ok(text.to_owned()),
        Some((_, text)) => Err(eyre!("{text}")),
        None => bail!("the lab in {} did not understand", dir.display()),
    }
}

/// Listens for requests on behalf of `lab`, on a thread; gives a word when it is asked to end.
pub(super) fn listen(lab: &Lab) -> Result<Receiver<()>> {
    let address = lab.hosts().first().map_or([127, 0, 0, 1].into(), crate::lab::PaperHost::address);
    let listener = TcpListener::bind((address, 0))?;
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes)?;
    let token = format!("{:032x}", u128::from_be_bytes(bytes));
    let card = Card {
        pid: rustix::process::getpid().as_raw_nonzero().get(),
        address: listener.local_addr()?,
        token: token.clone(),
    };
    let next = lab.dir().join("lab.json.next");
    let mut out =
        fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&next)?;
    out.write_all(serde_json::to_string(&card)?.as_bytes())?;
    fs::rename(&next, file(lab.dir()))?;
    let hosts = lab.hosts().to_vec();
    let (end, ended) = channel();
    std::thread::Builder::new().name("lab-control".to_owned()).spawn(move || {
        for stream in listener.incoming().filter_map(Result::ok) {
            let answered = answer(&stream, &token, |words| obey(words, &hosts, &end));
            if answered.is_err() {
                // Whoever asked has gone.
            }
        }
    })?;
    Ok(ended)
}

fn answer(
    mut stream: &TcpStream,
    token: &str,
    obey: impl FnOnce(&[&str]) -> Result<String>,
) -> Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(2)))?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line)?;
    let words: Vec<&str> = line.split_whitespace().collect();
    let result = match words.split_first() {
        Some((first, rest)) if *first == token => obey(rest),
        _ => Err(eyre!("wrong token")),
    };
    match result {
        Ok(text) => writeln!(stream, "ok {text}")?,
        Err(error) => writeln!(stream, "error {error:#}")?,
    }
    Ok(())
}

fn obey(words: &[&str], hosts: &[crate::lab::PaperHost], end: &Sender<()>) -> Result<String> {
    match words {
        ["end"] => {
            end.send(()).wrap_err("the lab is ending already")?;
            Ok("ending".to_owned())
        }
        ["fault", name, fault, rest @ ..] => {
            let host = hosts
                .iter()
                .find(|h| h.name() == *name)
                .ok_or_else(|| eyre!("this lab has no host {name}"))?;
            let fault = Fault::parse(fault, rest.first().copied())?;
            host.fault(fault);
            Ok(format!("{name}: {fault:?}"))
        }
        _ => bail!("the lab does not know {words:?}"),
    }
}
