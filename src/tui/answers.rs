//! Answers of what leads to changes, as messages.

use crate::app::Msg;
use crate::app::msg::{Begun, Problem};
use crate::app::toast::ToastKind;
use crate::domain::ids::RunId;
use crate::domain::untrusted::Safe;
use crate::engine::launch::Launched;

pub(super) fn begun(launched: Launched) -> Begun {
    match launched {
        Launched::Started(run) => Begun::Started(run),
        Launched::Waits(run, _) => Begun::Waits(run),
    }
}

pub(super) fn followed(result: Result<Vec<RunId>, Problem>) -> Msg {
    match result {
        Ok(runs) if runs.is_empty() => Msg::Notice(
            ToastKind::Warning,
            Safe::line("this run changed no instance that could be brought back"),
        ),
        Ok(runs) => {
            let runs: Vec<&str> = runs.iter().map(RunId::short).collect();
            let text = format!("started: {}; the page of runs has all", runs.join(", "));
            Msg::Notice(ToastKind::Done, Safe::line(&text))
        }
        Err(problem) => problem_notice(&problem),
    }
}

pub(super) fn told(result: Result<(), Problem>, done: &str) -> Msg {
    match result {
        Ok(()) => Msg::Notice(ToastKind::Done, Safe::line(done)),
        Err(problem) => problem_notice(&problem),
    }
}

pub(super) fn problem_notice(problem: &Problem) -> Msg {
    let text = match &problem.hint {
        Some(hint) => format!("{}: {hint}", problem.message),
        None => problem.message.to_string(),
    };
    Msg::Notice(ToastKind::Problem, Safe::line(&text))
}
