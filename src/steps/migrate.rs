//! Migrations: `cml_migrate_command`, between build and `up`, in the **new** image.
//!
//! The default command is `docker compose exec -T api npx prisma migrate deploy`. Before `up` the running
//! container is the old one, and its image holds the old migrations: `exec` would say "no pending migrations"
//! and mean it. After `up` the new code has already answered requests on the old schema, and a migration that
//! fails leaves it there. So a command of the form `docker compose exec … SERVICE WORDS` is run as
//! `docker compose run --rm --no-deps -T --entrypoint WORD SERVICE WORDS`: the new image, a container of its own,
//! no other service touched, no entry point between (as with `exec`). Any other command is run as it is written.
//!
//! The old code meets the new schema for the seconds until `up`: migrations must be additive, which Prisma's
//! own advice for running systems is as well. A failed migration is never tried again by itself.

use super::git;
use super::lease::{self, Claim};
use crate::domain::git::CommitSha;
use crate::domain::settings::{InstanceSettings, OperatorCommand};

/// Renders the step; [`in_new_image`] has been applied to the command.
pub fn migrate(
    settings: &InstanceSettings,
    claim: &Claim,
    hold_s: u64,
    from: &CommitSha,
    to: &CommitSha,
) -> String {
    git::restoring(lease::keeping(settings, claim, hold_s), from, to)
        .set("command", &in_new_image(&settings.migrate_command))
        .fixed(include_str!("migrate.sh"))
        .text()
}

/// The command line that does the same in a new container of the new image; the line itself where it is no
/// plain `docker compose exec`.
pub fn in_new_image(command: &OperatorCommand) -> String {
    rewritten(command.as_str()).unwrap_or_else(|| command.as_str().to_owned())
}

fn rewritten(line: &str) -> Option<String> {
    // A line that a shell would take apart further is left to the shell.
    if line.contains(['|', ';', '&', '<', '>', '`', '(', ')', '\n']) {
        return None;
    }
    let words: Vec<&str> = line.split_whitespace().collect();
    let exec = words.iter().position(|w| *w == "exec")?;
    let (before, after) = (words.get(..exec)?, words.get(exec + 1..)?);
    let compose = matches!(before, ["docker", "compose", ..] | ["docker-compose", ..]);
    if !compose {
        return None;
    }
    let mut kept = Vec::new();
    let mut words = after.iter().copied().peekable();
    while let Some(option) = words.next_if(|w| w.starts_with('-')) {
        match option {
            // `run` has these under the same names; the others say how to reach a running container.
            "-u" | "--user" | "-e" | "--env" | "-w" | "--workdir" => {
                kept.extend([option, words.next()?]);
            }
            "-T" | "--no-TTY" | "--no-tty" => {}
            _ if option.starts_with("--env=")
                || option.starts_with("--user=")
                || option.starts_with("--workdir=") =>
            {
                kept.push(option);
            }
            _ => return None,
        }
    }
    let service = words.next()?;
    let program = words.next()?;
    let mut out: Vec<&str> = before.to_vec();
    out.extend(["run", "--rm", "--no-deps", "-T"]);
    out.extend(kept);
    out.extend(["--entrypoint", program, service]);
    out.extend(words);
    Some(out.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exec_becomes_a_run_of_the_new_image_and_anything_else_stays() {
        for (line, want) in [
            (
                "docker compose exec -T api npx prisma migrate deploy",
                "docker compose run --rm --no-deps -T --entrypoint npx api prisma migrate deploy",
            ),
            (
                "docker compose -f a.yml exec -T -u node -e X=1 api sh -c 'npx prisma migrate deploy'",
                "docker compose -f a.yml run --rm --no-deps -T -u node -e X=1 --entrypoint sh api -c 'npx prisma migrate deploy'",
            ),
            (
                "docker-compose exec api migrate",
                "docker-compose run --rm --no-deps -T --entrypoint migrate api",
            ),
            (
                "docker compose exec --index 2 api migrate",
                "docker compose exec --index 2 api migrate",
            ),
            ("docker compose exec api", "docker compose exec api"),
            ("scripts/migrate.sh", "scripts/migrate.sh"),
            ("cd api && docker compose exec api x", "cd api && docker compose exec api x"),
        ] {
            let command = OperatorCommand::try_from(line.to_owned()).unwrap();
            assert_eq!(in_new_image(&command), want);
        }
    }
}
