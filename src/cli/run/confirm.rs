//! Asking before something changes.

use std::io::{BufRead, IsTerminal, Write};

use color_eyre::eyre::WrapErr;

use super::super::exit::{Exit, Trouble};

/// Asks whether to go on with this many targets: `y` for one, the number itself for more, so that
/// nobody changes many hosts out of habit. Refused where nobody can be asked.
pub(in crate::cli) fn confirm(what: &str, n_targets: usize) -> Result<bool, Trouble> {
    if !std::io::stdin().is_terminal() {
        let why = "nobody can be asked here: give --yes to go on without asking";
        return Err(Trouble::new(Exit::Refused, why));
    }
    let wanted = if n_targets == 1 { "y".to_owned() } else { n_targets.to_string() };
    let question = if n_targets == 1 {
        format!("{what}? [y/N] ")
    } else {
        format!("{what}? type the number of instances to go on: ")
    };
    let mut err = std::io::stderr().lock();
    write!(err, "{question}").and_then(|()| err.flush()).wrap_err("asking")?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer).wrap_err("reading the answer")?;
    Ok(is_yes(&answer, &wanted))
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
