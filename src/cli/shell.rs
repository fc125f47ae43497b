//! Completions and man pages, from the same command table.

use std::io::Write;
use std::path::Path;

use clap::CommandFactory;
use color_eyre::eyre::WrapErr;

use super::args::Args;
use super::exit::{Exit, Trouble};

pub(super) fn completions(shell: clap_complete::Shell) -> Result<Exit, Trouble> {
    clap_complete::generate(shell, &mut Args::command(), "bunker", &mut std::io::stdout());
    Ok(Exit::Ok)
}

pub(super) fn man(dir: Option<&Path>) -> Result<Exit, Trouble> {
    let command = Args::command();
    match dir {
        Some(dir) => clap_mangen::generate_to(command, dir)
            .wrap_err_with(|| format!("writing man pages into {}", dir.display()))?,
        None => {
            let mut page = Vec::new();
            clap_mangen::Man::new(command).render(&mut page).wrap_err("rendering the man page")?;
            std::io::stdout().write_all(&page).wrap_err("printing the man page")?;
        }
    }
    Ok(Exit::Ok)
}
