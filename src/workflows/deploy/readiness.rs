//! How ready one target is for a deployment.

use super::super::upgrade::{clock, disk};
use super::assemble::{Candidate, Wish};
use super::phases::Steps;
use crate::domain::facts::{Facts, Folder, Part};
use crate::domain::plan::{Finding, Readiness, Tag};
use crate::workflows::planned::finding;

/// What was found, worst first.
pub(super) fn findings(wish: &Wish, candidate: &Candidate<'_>, steps: &Steps) -> Vec<Finding> {
    let facts = match &candidate.look {
        Ok(facts) => facts,
        Err(error) => {
            let hint = error.hint.as_ref().map(|h| format!(" ({h})")).unwrap_or_default();
            let text = format!("not read: {}{hint}", error.message);
            return vec![finding(Readiness::Unknown, "ssh", &text)];
        }
    };
    let mut found = Vec::new();
    if let Part::Known(Some(holder)) = &facts.lease {
        found.push(finding(Readiness::Blocked, "lease", &format!("held by {holder}")));
    }
    let policy = &candidate.settings.policy;
    clock(facts, policy, &mut found);
    if facts.disk.known().is_some() {
        disk(&facts.disk, policy, &mut found);
    }
    site(wish, candidate, facts, steps, &mut found);
    if let Err(why) = &candidate.secrets {
        found.push(finding(Readiness::Blocked, "vault", why.as_str()));
    } else if wish.tags.leaves_out(&[Tag::Env]).is_none()
        && let Err(why) = &candidate.env
    {
        found.push(finding(Readiness::Blocked, "env", why.as_str()));
    }
    found
}

fn site(
    wish: &Wish,
    candidate: &Candidate<'_>,
    facts: &Facts,
    steps: &Steps,
    found: &mut Vec<Finding>,
) {
    let site = match &facts.site {
        Part::Known(site) => site,
        Part::Unreadable(why) => {
            let text = format!("it cannot be told what is there: {why}");
            found.push(finding(Readiness::Unknown, "checkout", &text));
            return;
        }
    };
    let (id, dir) = (&candidate.host.id, &candidate.settings.dir);
    let mut say = |readiness, text: &str| found.push(finding(readiness, "checkout", text));
    if let Folder::Files(first) = &site.folder {
        let text = format!(
            "{dir} holds files ({first} …) that are no checkout: move them away, or set cml_dir"
        );
        say(Readiness::Blocked, &text);
        return;
    }
    if !site.same_repo {
        let text =
            format!("the checkout in {dir} does not come from cml_repo: set one as the other");
        say(Readiness::Blocked, &text);
    }
    let release = facts.release.known().and_then(Option::as_ref);
    match (release, &site.deploying) {
        (Some(release), _) if steps.clones() && release.sha != wish.target.sha => {
            let (runs, to) = (release.sha.short(), &wish.target.reference);
            let text = format!(
                "{} ({runs}) is deployed already: `bunker upgrade {id} --to {to}` brings another",
                release.reference
            );
            say(Readiness::Blocked, &text);
        }
        (Some(release), _) => {
            let text = format!(
                "{} was deployed already: only what is not as it should be is changed",
                release.reference
            );
            say(Readiness::Ready, &text);
        }
        (None, Some(begun)) => {
            let text = format!("incomplete, resumable ({begun}): this goes on where it stopped");
            say(Readiness::Warning, &text);
        }
        (None, None) if site.folder == Folder::Checkout => {
            let text = format!(
                "{dir} holds an instance that this program did not install: `bunker import {id}` takes it over"
            );
            say(Readiness::Blocked, &text);
        }
        (None, None) if !steps.clones() && wish.tags.leaves_out(&[Tag::Common]).is_some() => {
            let text = "nothing is deployed yet, and these tags leave the checkout out";
            say(Readiness::Blocked, text);
        }
        (None, None) => {}
    }
}
