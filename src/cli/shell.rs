//! Completions and man pages, from the same command table.

use std::io::Write;
use std::path::Path;

use clap::CommandFactory;
use color_eyre::eyre::WrapErr;

use super::args::Args;
use super::exit::{Exit, Trouble};
use super::output;
use crate::app::action::keys_roff;

pub(super) fn completions(shell: clap_complete::Shell) -> Result<Exit, Trouble> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "bunker", &mut text);
    output::print(&String::from_utf8_lossy(&text))?;
    Ok(Exit::Ok)
}

pub(super) fn man(dir: Option<&Path>) -> Result<Exit, Trouble> {
    let command = Args::command();
    if let Some(dir) = dir {
        clap_mangen::generate_to(command, dir)
            .wrap_err_with(|| format!("writing man pages into {}", dir.display()))?;
        let first = dir.join("bunker.1");
        let mut page = std::fs::OpenOptions::new()
            .append(true)
            .open(&first)
            .wrap_err_with(|| format!("opening {}", first.display()))?;
        page.write_all(keys_roff().as_bytes()).wrap_err("writing the keys into the man page")?;
    } else {
        let mut page = Vec::new();
        clap_mangen::Man::new(command).render(&mut page).wrap_err("rendering the man page")?;
        output::print(&format!("{}{}", String::from_utf8_lossy(&page), keys_roff()))?;
    }
    Ok(Exit::Ok)
}
