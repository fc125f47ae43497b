//! From candidates to a plan.

use std::path::PathBuf;

use jiff::Timestamp;

use super::{edited::Settings, phases};
use crate::domain::facts::{Facts, Part};
use crate::domain::fleet::Host;
use crate::domain::plan::{Excluded, Finding, HostPlan, Plan, Readiness, Workflow};
use crate::domain::remote::RemoteError;
use crate::domain::run::operator::Operator;
use crate::domain::secret::SecretName;
use crate::domain::secret::catalogue::{KNOWN, Known, Method};
use crate::domain::settings::InstanceSettings;
use crate::domain::untrusted::Safe;
use crate::steps::rotate::Seen;
use crate::workflows::planned::finding;

/// What is wanted of all targets.
#[derive(Debug, Clone)]
pub struct Wish {
    /// Which secrets; empty means all that can be changed by this workflow and that an instance has.
    pub names: Vec<SecretName>,
    /// Who wants it.
    pub operator: Operator,
    /// When it was asked for.
    pub at: Timestamp,
    /// The folder with the vaults.
    pub inventory: PathBuf,
    /// Name of the fleet.
    pub fleet: Safe,
}

/// A host that was asked for, with what is known of it.
#[derive(Debug)]
pub struct Candidate<'a> {
    /// The host.
    pub host: &'a Host,
    /// Its instance.
    pub settings: &'a InstanceSettings,
    /// What the probe found, or why it found nothing.
    pub look: Result<Facts, RemoteError>,
    /// Names in its vault, those of next values too.
    pub names: Vec<SecretName>,
    /// Its `.env`, or why it cannot be told what is in it.
    pub env: Result<Settings, Safe>,
}

impl Candidate<'_> {
    /// Secrets that are not in force on the host.
    fn absent(&self) -> Vec<&SecretName> {
        self.env.as_ref().map(Settings::absent).unwrap_or_default()
    }
}

impl Settings {
    /// What the steps of a rotation of these secrets have to know of the file.
    fn seen<'a>(&'a self, secrets: &'a [(SecretName, &'static Known)]) -> Seen<'a> {
        let places = secrets.iter().filter_map(|(name, _)| Some((name, self.shared(name)?)));
        let places = places.flat_map(|(name, shared)| {
            shared.places.iter().map(move |variable| (name, variable.as_str()))
        });
        Seen {
            sha256: self.read.file.as_ref().map(|file| file.sha256.as_str()),
            places: places.collect(),
            held: self.held.iter().map(String::as_str).collect(),
        }
    }
}

/// Makes the plan. Every name of the wish is known and can be changed by this workflow.
pub fn assemble(wish: &Wish, candidates: &[Candidate<'_>], excluded: Vec<Excluded>) -> Plan {
    let hosts: Vec<HostPlan> = candidates.iter().map(|c| host_plan(wish, c)).collect();
    Plan {
        vault: Some(wish.inventory.clone()),
        ..Plan::draft(Workflow::RotateSecrets, wish.fleet.clone(), hosts, excluded, wish.at)
    }
}

fn host_plan(wish: &Wish, candidate: &Candidate<'_>) -> HostPlan {
    let secrets = chosen(wish, candidate);
    let findings = findings(wish, candidate, &secrets);
    let commit = candidate.look.as_ref().ok().and_then(|f| f.checkout.known());
    let mut host = HostPlan::judged(
        candidate.host,
        candidate.settings,
        commit.map(|c| c.commit.clone()),
        findings,
    );
    if host.will_run() {
        let seen = candidate.env.as_ref().map(|env| env.seen(&secrets)).unwrap_or_default();
        phases::fill(&mut host, &secrets, &wish.operator, &seen);
    }
    host
}

/// The rows of the secrets that are changed on a host, in the order of the catalogue.
fn chosen(wish: &Wish, candidate: &Candidate<'_>) -> Vec<(SecretName, &'static Known)> {
    let rows = KNOWN.iter().filter_map(|row| Some((row.name.parse::<SecretName>().ok()?, row)));
    let absent = candidate.absent();
    let wanted = |(name, row): &(SecretName, &Known)| {
        let has = candidate.names.contains(name) && !absent.contains(&name);
        let by_itself = !matches!(row.method, Method::ByHand(_));
        by_itself && has && (wish.names.is_empty() || wish.names.contains(name))
    };
    rows.filter(wanted).collect()
}

fn findings(
    wish: &Wish,
    candidate: &Candidate<'_>,
    secrets: &[(SecretName, &'static Known)],
) -> Vec<Finding> {
    let facts = match &candidate.look {
        Ok(facts) => facts,
        Err(error) => {
            let text = format!("not read: {}", error.message);
            return vec![finding(Readiness::Unknown, "ssh", &text)];
        }
    };
    let mut found = Vec::new();
    for name in wish.names.iter().filter(|n| !candidate.names.contains(n)) {
        let text = format!("its vault has no {name}: `bunker vault set` gives it one");
        found.push(finding(Readiness::Blocked, "vault", &text));
    }
    let id = &candidate.host.id;
    for name in candidate.absent() {
        let begin = format!("{name} is not in force: no variable of its .env holds it");
        if wish.names.is_empty() {
            found.push(finding(Readiness::Ready, "env", &format!("{begin}; it is left as it is")));
        } else {
            let text =
                format!("{begin}; `bunker configure {id}` first, with cml_env_complete: true");
            found.push(finding(Readiness::Blocked, "env", &text));
        }
    }
    if secrets.is_empty() && found.iter().all(|f| f.readiness != Readiness::Blocked) {
        let text = "its vault has no secret that can be changed by itself";
        found.push(finding(Readiness::Blocked, "vault", text));
    }
    for (name, _) in secrets {
        if candidate.names.iter().any(|n| n.as_str() == format!("{name}__pending")) {
            let text = format!("a change of {name} was begun: it goes on with the same new value");
            found.push(finding(Readiness::Warning, "vault", &text));
        }
    }
    if let Ok(env) = &candidate.env {
        found.extend(secrets.iter().filter_map(|(name, _)| same_value(env, name)));
    }
    if let Part::Known(Some(holder)) = &facts.lease {
        found.push(finding(Readiness::Blocked, "lease", &format!("held by {holder}")));
    }
    if let Part::Unreadable(why) = &facts.env_file {
        found.push(finding(Readiness::Blocked, "env", &format!(".env was not read: {why}")));
    } else {
        settings(candidate, &mut found);
    }
    found
}

/// Secrets of one value are told, and are changed where the variables tell them apart.
fn same_value(env: &Settings, name: &SecretName) -> Option<Finding> {
    let shared = env.shared(name)?;
    let with: Vec<&str> = shared.with.iter().map(SecretName::as_str).collect();
    let begin = format!("{name} has the value of {} too", with.join(", "));
    if shared.places.is_empty() {
        let text = format!(
            "{begin}, and the template of .env has no variable for it: give it another value first (`bunker vault set`)"
        );
        return Some(finding(Readiness::Blocked, "vault", &text));
    }
    if shared.muddled.is_empty() {
        let text = format!("{begin}: it is changed in {} alone", shared.places.join(", "));
        return Some(finding(Readiness::Warning, "vault", &text));
    }
    let text = format!(
        "{begin}, and {} holds both: give one of them another value first (`bunker vault set`, `bunker configure`)",
        shared.muddled.join(", ")
    );
    Some(finding(Readiness::Blocked, "vault", &text))
}

/// What somebody edited on the host is not written over, and not put into force unseen.
fn settings(candidate: &Candidate<'_>, found: &mut Vec<Finding>) {
    let mut say = |readiness, text: &str| found.push(finding(readiness, "env", text));
    let edited = match &candidate.env {
        Ok(env) => env.edited(),
        Err(why) => {
            let text = format!("it cannot be told whether .env was edited on the host: {why}");
            return say(Readiness::Review, &text);
        }
    };
    let id = &candidate.host.id;
    if !edited.secret.is_empty() {
        let text = format!(
            "not as the vault has it, so somebody edited it on the host: {}; put what is right into the vault (`bunker vault set {id}`), or take it back with `bunker configure {id} --overwrite-drift`",
            edited.secret.join(", ")
        );
        say(Readiness::Blocked, &text);
    }
    if !edited.behind.is_empty() {
        let text = format!(
            "the host has an older value than the vault: {}; `bunker configure {id}` first",
            edited.behind.join(", ")
        );
        say(Readiness::Blocked, &text);
    }
    if !edited.other.is_empty() {
        let names = edited.other.join(", ");
        let text =
            format!("edited on the host, and in force from the next start of a service: {names}");
        say(Readiness::Review, &text);
    }
}
