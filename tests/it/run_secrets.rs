//! Secrets in a run: they reach the step that has a hole for them, and nothing that is kept.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use bunker_ops::domain::ids::HostId;
use bunker_ops::domain::job::StepInput;
use bunker_ops::domain::plan::{Phase, Plan};
use bunker_ops::domain::run::outcome::Outcome;
use bunker_ops::domain::run::state::Phase as RunPhase;
use bunker_ops::domain::secret::{Encoding, Part as Piece, Sealed, Secret, Secrets};
use bunker_ops::engine::ports::{SecretSource, VaultError};

use crate::run_engine::Bench;
use crate::run_fake_store::Death;
use crate::sample::{Part, host_plan, plan_of, step};

/// What the fake hosts print of themselves: so it is in the output of every step.
const VALUE: &str = "says something";

/// A vault in memory, or one that cannot be opened.
struct Vault(Option<&'static str>);

#[async_trait]
impl SecretSource for Vault {
    async fn secrets(&self, inventory: &Path, _: &HostId) -> Result<Secrets, VaultError> {
        assert_eq!(inventory, Path::new("/fleet/inventory"));
        match self.0 {
            Some(value) => Ok(secrets(value)),
            None => Err(VaultError::WrongKey { file: "host_vars/a/vault.age".into() }),
        }
    }
}

fn secrets(value: &str) -> Secrets {
    [("vault_motto".parse().unwrap(), Secret::new(value.to_owned()))].into()
}

/// A plan whose step `env` gets a file with the secret in it.
fn plan() -> Plan {
    let parts = [Part::Job(&[("env", "true"), ("up", "true")])];
    let mut plan = plan_of(vec![host_plan("a", &parts)], &[&["a"]], 1);
    plan.vault = Some("/fleet/inventory".into());
    let hole = Piece::Secret { name: "vault_motto".parse().unwrap(), encoding: Encoding::Dotenv };
    let pieces = vec![Piece::Text("MOTTO=".into()), hole, Piece::Text("\n".into())];
    let content = Sealed::seal(pieces, &secrets(VALUE)).unwrap();
    let Some(Phase::Job { steps }) = plan.hosts[0].phases.first_mut() else { panic!() };
    steps[0].step.inputs.push(StepInput { name: step("env"), content });
    plan
}

async fn bench(vault: Option<&'static str>) -> Bench {
    let plan = plan();
    assert!(!serde_json::to_string(&plan).unwrap().contains(VALUE), "no plan holds a secret");
    Bench { secrets: Arc::new(Vault(vault)), ..Bench::new(&plan).await }
}

fn assert_kept_nothing(bench: &Bench, what: &str) {
    let kept = String::from_utf8(bench.store.raw("a", 1)).unwrap();
    assert!(!kept.contains(VALUE), "{what}: {kept}");
    let events = serde_json::to_string(&bench.store.kinds()).unwrap();
    assert!(!events.contains(VALUE), "{what}: {events}");
}

#[tokio::test(start_paused = true)]
async fn a_step_gets_its_file_filled_and_the_log_is_masked_byte_for_byte() {
    let bench = bench(Some(VALUE)).await;
    assert_eq!(bench.work().await, Ok(RunPhase::Succeeded));
    let got = bench.hosts.with("a", |h| h.got.clone());
    assert_eq!(got, [("env".into(), "env".into(), format!("MOTTO='{VALUE}'\n"))]);
    let (there, here) = (bench.hosts.log("a", 1), bench.store.raw("a", 1));
    let there = String::from_utf8(there).unwrap();
    assert!(there.contains(VALUE));
    assert_eq!(String::from_utf8(here).unwrap(), there.replace(VALUE, &"*".repeat(VALUE.len())));
    assert_kept_nothing(&bench, "a whole run");
}

#[tokio::test(start_paused = true)]
async fn a_connection_cut_at_any_byte_leaks_nothing_and_loses_nothing() {
    let whole = {
        let bench = bench(Some(VALUE)).await;
        bench.work().await.unwrap();
        bench.store.raw("a", 1)
    };
    for at in 0..=whole.len() as u64 {
        let bench = bench(Some(VALUE)).await;
        bench.hosts.with("a", |h| h.cuts = BTreeSet::from([at, at / 2]));
        assert_eq!(bench.work().await, Ok(RunPhase::Succeeded), "cut at {at}");
        assert_eq!(bench.store.raw("a", 1), whole, "cut at {at}");
        assert_kept_nothing(&bench, "after a cut");
    }
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_dies_at_any_write_leaks_nothing() {
    let n_writes = {
        let bench = bench(Some(VALUE)).await;
        let before = bench.store.n_writes();
        bench.work().await.unwrap();
        bench.store.n_writes() - before
    };
    assert!(n_writes > 10, "{n_writes}");
    for n in 1..=n_writes {
        for death in [Death::Before(n), Death::After(n), Death::Half(n)] {
            let bench = bench(Some(VALUE)).await;
            let _died = bench.work_until(death).await;
            assert_eq!(bench.work().await, Ok(RunPhase::Succeeded), "{death:?}");
            assert_kept_nothing(&bench, "after a death");
            assert_eq!(bench.store.raw("a", 1).len(), bench.hosts.log("a", 1).len(), "{death:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn without_the_approved_secret_nothing_is_sent() {
    for (vault, said) in [
        (None, "no identity of yours opens host_vars/a/vault.age"),
        (Some("another value"), "a secret was changed in the vault since the plan was made"),
    ] {
        let bench = bench(vault).await;
        assert_eq!(bench.work().await, Ok(RunPhase::Failed));
        let Outcome::Failed(failure) = bench.outcome("a") else {
            panic!("{:?}", bench.outcome("a"))
        };
        assert!(failure.message.as_str().starts_with(said), "{}", failure.message);
        assert!(failure.hint.is_some());
        assert_eq!(bench.hosts.with("a", |h| h.n_starts), 0);
        assert_eq!(bench.words("a"), ["not-run", "not-run"]);
    }
}
