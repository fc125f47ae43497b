//! `bunker inventory init`: the first inventory, made new or copied from one of Ansible; and what the cockpit does of it.

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use color_eyre::eyre::WrapErr;
use serde_json::json;

use super::Context;
use super::args::InitArgs;
use super::exit::{Exit, Trouble};
use super::output::print_json;
use super::run::{right, say};
use super::wiring;
use crate::adapters::inventory::{Begun, import, make};
use crate::domain::audit::{Deed, Facts};
use crate::domain::capability::Operate;
use crate::domain::figure::several;
use crate::domain::scaffold::first::{FirstInstance, NoInstance};
use crate::domain::untrusted::Safe;
use crate::engine::ports;
use crate::tui::{AtTerminal, SetUp};

/// Makes or copies it; a person is told what was made.
pub(super) fn run(context: &Context, args: &InitArgs) -> Result<Exit, Trouble> {
    let right = right(context)?;
    let said = [&args.instance, &args.domain, &args.address, &args.repo];
    let said: Vec<&str> = said.into_iter().flatten().map(String::as_str).collect();
    let begun = match (&args.from, said.as_slice()) {
        (Some(from), _) => begin(&context.inventory, &Seed::Ansible(from), right)?,
        (None, words @ [_, _, _, _]) => {
            let first = words.join(" ");
            let first = first.parse().map_err(|e: NoInstance| Trouble::new(Exit::Usage, e))?;
            begin(&context.inventory, &Seed::First(&first), right)?
        }
        _ => {
            let text = "name the first instance (--instance HOST --domain DOMAIN --address IP --repo URL), or an inventory of Ansible (--from PATH)";
            return Err(Trouble::new(Exit::Usage, text));
        }
    };
    if context.json {
        print_json(
            &json!({ "inventory": begun.dir, "hosts": begun.n_hosts, "left_out": begun.left }),
        )?;
    } else {
        say(&words(&begun));
    }
    Ok(Exit::Ok)
}

/// What it is made of.
enum Seed<'a> {
    /// Its first instance.
    First(&'a FirstInstance),
    /// An inventory of Ansible.
    Ansible(&'a Path),
}

/// Writes it down and does it.
fn begin(dir: &Path, from: &Seed<'_>, right: &Operate) -> Result<Begun, Trouble> {
    let deed = Deed::new("inventory-init").about(&dir.display().to_string());
    let deed = match from {
        Seed::First(first) => deed.on(&first.host),
        Seed::Ansible(path) => deed.after("from", &path.display().to_string()),
    };
    let audit = wiring::audit_log(right)?;
    ports::audited(&*audit, deed, |_| -> Result<(Begun, Facts), Trouble> {
        let begun = match from {
            Seed::First(first) => make(dir, first),
            Seed::Ansible(path) => import(path, dir),
        };
        Ok((begun.map_err(|why| Trouble::new(Exit::Refused, why))?, Facts::new()))
    })
}

fn words(begun: &Begun) -> String {
    let hosts = format!("it names {}", several(begun.n_hosts, "host"));
    let left: Vec<String> = begun.left.iter().map(|left| format!("\nnot taken: {left}")).collect();
    format!("the inventory {} is there: {hosts}{}", begun.dir.display(), left.concat())
}

/// The same for the cockpit.
pub(super) struct FirstRun {
    pub(super) dir: PathBuf,
    pub(super) right: Option<Operate>,
}

impl FirstRun {
    fn begin(&self, from: &Seed<'_>) -> Result<Safe, Safe> {
        let Some(right) = &self.right else {
            return Err(Safe::line("read-only: nothing can be written from here"));
        };
        let begun = begin(&self.dir, from, right);
        begun
            .map(|begun| Safe::line(&words(&begun).replace('\n', "; ")))
            .map_err(|trouble| told(&trouble))
    }
}

fn told(trouble: &Trouble) -> Safe {
    Safe::line(&format!("{:#}", trouble.report))
}

#[async_trait]
impl SetUp for FirstRun {
    async fn make(&self, first: &FirstInstance) -> Result<Safe, Safe> {
        self.begin(&Seed::First(first))
    }

    async fn import(&self, from: &str) -> Result<Safe, Safe> {
        let home = std::env::var("HOME").unwrap_or_default();
        let from = match from.strip_prefix("~/") {
            Some(rest) => Path::new(&home).join(rest),
            None => PathBuf::from(from),
        };
        self.begin(&Seed::Ansible(&from))
    }

    fn demo(&self) -> Result<AtTerminal, Safe> {
        let here = std::fs::read_to_string("Cargo.toml").unwrap_or_default();
        if !here.contains("name = \"bunker_ops\"") {
            let text =
                "the demo is part of the sources: in a checkout of them, `cargo demo` starts it";
            return Err(Safe::line(text));
        }
        Ok(Box::new(|| {
            let ran = std::process::Command::new("cargo").arg("demo").status();
            let ended = ran.wrap_err("running cargo demo").map_err(|error| format!("{error:#}"))?;
            if ended.success() {
                Ok("the demo was left".to_owned())
            } else {
                Err(format!("the demo ended with {ended}"))
            }
        }))
    }
}
