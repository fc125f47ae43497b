//! A rotation whose worker dies at any write: the vault has the old value or the new one, and the same new one throughout.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use bunker_ops::adapters::caller::this_process;
use bunker_ops::adapters::clock::SystemClock;
use bunker_ops::adapters::paths::StateDir;
use bunker_ops::adapters::store::{AuditLog, StoreReader};
use bunker_ops::adapters::vault::{
    AgeVault, Asking, Author, Keyring, Owner, People, RememberedVault, VaultFile, make_identity,
};
use bunker_ops::domain::audit::Deed;
use bunker_ops::domain::capability::Operate;
use bunker_ops::domain::job::StepInput;
use bunker_ops::domain::plan::{Phase, Plan, VaultAct, VaultStep};
use bunker_ops::domain::run::state::Phase as RunPhase;
use bunker_ops::domain::secret::generate::{Alphabet, Recipe};
use bunker_ops::domain::secret::{Encoding, Part as Piece, Sealed, Secret, SecretName};
use bunker_ops::engine::ports::{Audit as _, SecretWriter as _};
use tempfile::TempDir;

use crate::run_engine::Bench;
use crate::run_fake_store::Death;
use crate::sample::{Part, host, host_plan, plan_of, step};

const OLD: &str = "the-old-value-of-the-secret";

struct World {
    _dir: TempDir,
    inventory: PathBuf,
    vault: AgeVault,
    keys: Arc<Keyring>,
}

fn name() -> SecretName {
    "vault_token".parse().unwrap()
}

fn world() -> World {
    let dir = tempfile::tempdir().unwrap();
    let inventory = dir.path().join("inventory");
    std::fs::create_dir(&inventory).unwrap();
    let path = dir.path().join("own/identity.txt");
    let key = make_identity(&path, None).unwrap();
    People::add(&inventory, "anna", &key).unwrap();
    let keys = Arc::new(Keyring::at(path, Asking::Nobody("in a test")));
    let owner = Owner::Host(host("a"));
    let author = Author { by: "anna".into(), at: "2026-11-22T10:00:00Z".parse().unwrap() };
    let file = VaultFile::of(&inventory, &owner, &keys);
    file.change(|v| v.set(&name(), &Secret::new(OLD.to_owned()), &author)).unwrap();
    World { _dir: dir, inventory, vault: AgeVault::new(Arc::clone(&keys)), keys }
}

impl World {
    /// Current value, next value, generation.
    fn look(&self) -> (String, Option<String>, u32) {
        let all = self.vault.of_host(&self.inventory, &host("a"));
        let all = all.unwrap_or_else(|error| panic!("{error}"));
        let value = |name: &SecretName| all.get(name).map(|s| s.expose().to_owned());
        let owner = Owner::Host(host("a"));
        let document = VaultFile::of(&self.inventory, &owner, &self.keys).look().unwrap().unwrap();
        let generation = document.secrets[&name()].generation;
        (value(&name()).unwrap(), value(&name().pending().unwrap()), generation)
    }
}

fn vault_step(id: &str, act: VaultAct) -> Phase {
    let recipe = Recipe::new(32, Alphabet::Alphanumeric);
    Phase::Vault(VaultStep { id: step(id), title: id.into(), act, secrets: vec![(name(), recipe)] })
}

fn plan(inventory: &Path) -> Plan {
    let parts = [Part::Job(&[("settings", "true"), ("up", "true")]), Part::Gate("gate")];
    let mut plan = plan_of(vec![host_plan("a", &parts)], &[&["a"]], 1);
    plan.vault = Some(inventory.to_owned());
    plan.target = None;
    let phases = &mut plan.hosts[0].phases;
    let Some(Phase::Job { steps }) = phases.first_mut() else { panic!() };
    for (kind, name) in [("old-1", name()), ("new-1", name().pending().unwrap())] {
        let hole = vec![Piece::Secret { name, encoding: Encoding::Raw }];
        let content = Sealed::of_the_run(hole);
        steps[0].step.inputs.push(StepInput { name: step(kind), content });
    }
    phases.insert(0, vault_step("stage", VaultAct::Stage));
    phases.push(vault_step("promote", VaultAct::Promote));
    plan
}

async fn bench(world: &World) -> Bench {
    let vault = Arc::new(world.vault.clone());
    let secrets = Arc::new(world.vault.clone());
    Bench { secrets, vault, ..Bench::new(&plan(&world.inventory)).await }
}

#[tokio::test(start_paused = true)]
async fn the_host_gets_both_values_and_the_vault_ends_with_the_new_one() {
    let world = world();
    let bench = bench(&world).await;
    assert_eq!(bench.work().await, Ok(RunPhase::Succeeded));
    let (now, next, generation) = world.look();
    assert_eq!((next, generation, now.len()), (None, 2, 32));
    let got = bench.hosts.with("a", |h| h.got.clone());
    let got: Vec<&str> = got.iter().map(|(_, _, content)| content.as_str()).collect();
    assert_eq!(got, [OLD, now.as_str()]);
    let events = serde_json::to_string(&bench.store.kinds()).unwrap();
    assert!(!events.contains(OLD) && !events.contains(&now), "{events}");
    assert!(events.contains("vault_token-current") && events.contains("generation 2"), "{events}");
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_dies_at_any_write_leaves_the_old_or_the_new_value_and_is_resumed() {
    let n_writes = {
        let world = world();
        let bench = bench(&world).await;
        let before = bench.store.n_writes();
        bench.work().await.unwrap();
        bench.store.n_writes() - before
    };
    assert!(n_writes > 14, "{n_writes}");
    for n in 1..=n_writes {
        for death in [Death::Before(n), Death::After(n)] {
            let world = world();
            let bench = bench(&world).await;
            let _died = bench.work_until(death).await;
            let sent = bench.hosts.with("a", |h| h.got.get(1).map(|(_, _, c)| c.clone()));
            let (now, next, generation) = world.look();
            match (&sent, generation) {
                // What the host may have is in the vault, and so is what it had.
                (Some(sent), 1) => {
                    assert_eq!((now.as_str(), next.as_ref()), (OLD, Some(sent)), "{death:?}");
                }
                (Some(sent), _) => assert_eq!((&now, next), (sent, None), "{death:?}"),
                (None, _) => assert_eq!((now.as_str(), generation), (OLD, 1), "{death:?}"),
            }
            assert_eq!(bench.work().await, Ok(RunPhase::Succeeded), "{death:?}");
            let sent_again = bench.hosts.with("a", |h| h.got.get(1).map(|(_, _, c)| c.clone()));
            let (now, next, generation) = world.look();
            assert_eq!((Some(now), next, generation), (sent_again.clone(), None, 2), "{death:?}");
            assert!(sent.is_none() || sent == sent_again, "{death:?}: two new values");
        }
    }
}

fn git(dir: &Path, args: &[&str]) -> String {
    let out = Command::new("git").arg("-C").arg(dir).args(args).output().unwrap();
    assert!(out.status.success(), "{args:?}: {out:?}");
    String::from_utf8(out.stdout).unwrap()
}

#[tokio::test]
async fn both_values_are_in_the_history_of_the_inventory_where_it_has_one() {
    let world = world();
    for args in [
        &["init", "-q", "-b", "main"][..],
        &["config", "user.email", "anna@example.org"],
        &["config", "user.name", "Anna"],
        &["add", "."],
        &["commit", "-qm", "first"],
    ] {
        git(&world.inventory, args);
    }
    let dir = StateDir::at(world.inventory.with_file_name("state"));
    let log = || AuditLog::open(&dir, Arc::new(SystemClock), this_process(), &Operate::grant());
    log().unwrap().intend(Deed::new("run-start")).unwrap();
    let reader = Arc::new(StoreReader::open(&dir, Arc::new(SystemClock)).unwrap());
    let mut bench = bench(&world).await;
    bench.vault = Arc::new(RememberedVault::new(world.vault.clone(), reader));
    assert_eq!(bench.work().await, Ok(RunPhase::Succeeded));
    let commits = git(&world.inventory, &["log", "--format=%s", "--name-only"]);
    let file = "host_vars/a/vault.age";
    let expected =
        format!("rotate vault_token of a\n\n{file}\nstage the next vault_token of a\n\n{file}\n");
    assert!(commits.starts_with(&expected), "{commits}");
    let head = git(&world.inventory, &["log", "-1", "--format=%H%n%b"]);
    assert!(head.contains("Bunker-Audit: bunker-audit "), "{head}");
    let events = serde_json::to_string(&bench.store.kinds()).unwrap();
    let commit = head.lines().next().unwrap();
    assert!(events.contains("inventory-commit") && events.contains(commit), "{events}");

    // What cannot be committed is told, and the host runs with what the vault has.
    let hook = world.inventory.join(".git/hooks/pre-commit");
    std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
    std::fs::write(&hook, "#!/bin/sh\necho not today >&2\nexit 1\n").unwrap();
    std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o755)).unwrap();
    let log = Arc::new(StoreReader::open(&dir, Arc::new(SystemClock)).unwrap());
    let vault = RememberedVault::new(world.vault.clone(), log);
    let recipe = Recipe::new(32, Alphabet::Alphanumeric);
    let secrets = [(name(), recipe)];
    let staged = vault.stage(&world.inventory, &host("a"), &secrets, &"run x".into()).await;
    let told = staged.unwrap().history;
    assert!(told[&"inventory-not-committed".into()].as_str().contains("not today"), "{told:?}");
    assert!(world.look().1.is_some(), "the next value is there");
}
