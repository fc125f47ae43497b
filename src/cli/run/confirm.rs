//! Asking before something changes.

use std::io::{BufRead, IsTerminal, Write};

use color_eyre::eyre::WrapErr;

use super::super::exit::{Exit, Trouble};
use crate::domain::plan::Plan;
use crate::domain::policy::Consent;

/// Asks whether to go on with this many targets: `y` for one, the number itself for more, so that
/// nobody changes many hosts out of habit. Refused where nobody can be asked.
pub(in crate::cli) fn confirm(what: &str, n_targets: usize) -> Result<bool, Trouble> {
    let wanted = if n_targets == 1 { "y".to_owned() } else { n_targets.to_string() };
    let question = if n_targets == 1 {
        format!("{what}? [y/N] ")
    } else {
        format!("{what}? type the number of instances to go on: ")
    };
    Ok(is_yes(&ask(&question)?, &wanted))
}

/// Asks what the guardrails want of a plan's operator; `None` where the answer is another one.
pub(super) fn confirm_plan(plan: &Plan) -> Result<Option<Consent>, Trouble> {
    let n = plan.targets().count();
    let what = format!("{} {n} instance{}", plan.workflow.name(), if n == 1 { "" } else { "s" });
    let Some(verdict) = &plan.rules.verdict else { return Ok(None) };
    let Some(wanted) = verdict.demand.typed(n) else {
        return Ok(confirm(&what, 1)?.then_some(Consent::Yes));
    };
    for reason in &verdict.reasons {
        super::print::say(&format!("guardrail: {reason}"));
    }
    let words = verdict.demand.words(n);
    let answer = ask(&format!("{what}? {words}: "))?;
    let typed = answer.trim();
    Ok((typed == wanted).then(|| Consent::Typed(typed.to_owned())))
}

/// Asks a person at the terminal. Refused where there is none.
fn ask(question: &str) -> Result<String, Trouble> {
    if !std::io::stdin().is_terminal() {
        let why = "nobody can be asked here: give --yes, or --confirm TEXT where a guardrail \
                   wants something typed";
        return Err(Trouble::new(Exit::Refused, why));
    }
    let mut err = std::io::stderr().lock();
    write!(err, "{question}").and_then(|()| err.flush()).wrap_err("asking")?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer).wrap_err("reading the answer")?;
    Ok(answer)
}

fn is_yes(answer: &str, wanted: &str) -> bool {
    let answer = answer.trim().to_ascii_lowercase();
    answer == wanted || (wanted == "y" && answer == "yes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_exact_answer_goes_on() {
        for (answer, wanted, goes_on) in [
            ("y\n", "y", true),
            ("YES\n", "y", true),
            ("\n", "y", false),
            ("n\n", "y", false),
            ("8\n", "8", true),
            ("y\n", "8", false),
            ("", "8", false),
            ("18\n", "8", false),
        ] {
            assert_eq!(is_yes(answer, wanted), goes_on, "{answer:?} for {wanted:?}");
        }
    }
}
