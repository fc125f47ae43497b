//! Lease, preflight, backup and git, each run by a real shell on a real tree.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use bunker_ops::domain::settings::OperatorCommand;
use bunker_ops::steps::preflight::Preflight;
use bunker_ops::steps::{backup, git, lease, preflight};

use super::upgrade_bench::{Bench, claim, git, mode, operator};

const OURS: &str = "261122-221405-7f3a";
const THEIRS: &str = "261122-230000-0001";

#[test]
fn one_run_holds_the_lease_and_the_other_hears_who_does() {
    let bench = Bench::new();
    let mut other = claim();
    other.operator = operator("ops-2");
    let first = bench.run_as(OURS, &lease::acquire(&claim(), 60)).good();
    assert!(!first.changed, "a lease is no change of the instance");
    assert_eq!(first.told["lease-generation"], "1");
    let text = fs::read_to_string(bench.state("lease")).unwrap();
    assert!(
        text.starts_with(&format!("holder=run {OURS} (upgrade) by ops-1 on bastion since 20")),
        "{text}"
    );
    for key in [
        "run",
        "workflow",
        "target",
        "operator",
        "generation",
        "started",
        "heartbeat",
        "expires",
        "boot",
    ] {
        assert!(text.contains(&format!("\n{key}=")), "{key} in {text}");
    }

    let refused = bench.run_as(THEIRS, &lease::acquire(&other, 60));
    let (message, hint) = refused.failure();
    assert!(
        message.starts_with(&format!(
            "test-01 is held by run {OURS} (upgrade) by ops-1 on bastion since "
        )),
        "{message}"
    );
    assert!(hint.contains(&format!("bunker show {OURS}")), "{hint}");
    assert_eq!(fs::read_to_string(bench.state("lease")).unwrap(), text, "untouched");

    let again = bench.run_as(OURS, &lease::acquire(&claim(), 600)).good();
    assert!(!again.changed);
    assert!(fs::read_to_string(bench.state("lease")).unwrap().contains("\ngeneration=1\n"));

    let foreign = bench.run_as(THEIRS, &lease::release(&other)).good();
    assert!(foreign.skipped.unwrap().starts_with("the lease is not ours"));
    bench.run_as(OURS, &lease::release(&claim())).good();
    assert!(!bench.state("lease").exists());
    assert_eq!(bench.run_as(OURS, &lease::release(&claim())).good().exit, 77);
    let next = bench.run_as(THEIRS, &lease::acquire(&other, 60)).good();
    assert_eq!(next.told["lease-generation"], "2", "a generation never comes back");
}

#[test]
fn a_lease_that_is_over_is_taken_over_and_its_old_run_can_do_nothing_more() {
    let bench = Bench::new();
    bench.run_as(OURS, &lease::acquire(&claim(), 0)).good();
    let mut other = claim();
    other.operator = operator("ops-2");
    let taken = bench.run_as(THEIRS, &lease::acquire(&other, 60)).good();
    assert!(taken.told["lease-taken-over"].contains("ops-1 on bastion"));
    let late = bench.run_as(OURS, &backup::backup(&bench.settings, &claim(), 60));
    let (message, _) = late.failure();
    assert!(message.contains("no longer ours: it is run 261122-230000-0001"), "{message}");
    assert_eq!(fs::read_dir(bench.home.join("backups")).unwrap().count(), 0, "no backup was begun");

    // Made before a reboot: over at once, whatever it says.
    let bench = Bench::new();
    bench.run_as(OURS, &lease::acquire(&claim(), 9_999)).good();
    let text = fs::read_to_string(bench.state("lease")).unwrap();
    let boot = text.lines().find(|l| l.starts_with("boot=")).unwrap().to_owned();
    fs::write(bench.state("lease"), text.replace(&boot, "boot=another")).unwrap();
    bench.run_as(THEIRS, &lease::acquire(&other, 60)).good();
}

#[test]
fn forty_runs_at_once_have_one_winner() {
    let bench = Bench::new();
    let winners: usize = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..40)
            .map(|i| {
                let bench = &bench;
                scope.spawn(move || {
                    let run = format!("261122-230000-{i:04x}");
                    bench.run_as(&run, &lease::acquire(&claim(), 60)).exit
                })
            })
            .collect();
        runs.into_iter().map(|r| usize::from(r.join().unwrap() == 0)).sum()
    });
    // Without the runner's flock, which every job holds: the link alone decides.
    assert_eq!(winners, 1);
}

#[test]
fn preflight_says_what_is_wrong_and_touches_nothing() {
    let bench = Bench::new().leased();
    let none: [String; 0] = [];
    let script = |required: &[String]| {
        let wants = Preflight { from: &bench.old, to: &bench.new, required };
        preflight::preflight(&bench.settings, &claim(), 60, &wants)
    };
    let good = bench.run(&script(&none)).good();
    assert!(!good.changed);
    assert!(good.output.contains("there is no backup yet"), "{}", good.output);

    let names = ["DOMAIN", "QUOTED", "EMPTY", "TOKEN", "$(touch pwned)"].map(str::to_owned);
    let missing = bench.run(&script(&names));
    assert_eq!(missing.failure().0, ".env lacks what the target needs: EMPTY TOKEN");

    mode(&bench.home.join(".env"), 0o644);
    assert_eq!(bench.run(&script(&none)).good().told["env-mode"], "644");

    fs::write(bench.home.join("docker-compose.override.yml"), "x").unwrap();
    assert!(bench.run(&script(&none)).good().output.contains("override.yml is there and stays"));

    fs::write(bench.home.join("docker-compose.yml"), "changed by hand").unwrap();
    let dirty = bench.run(&script(&none));
    assert_eq!(dirty.failure().0, "the checkout has local changes: docker-compose.yml ");
    git(&bench.home, &["checkout", "-q", "docker-compose.yml"]);

    let mut big = bench.settings.clone();
    big.policy.upgrade_free_b = u64::MAX / 2;
    let wants = Preflight { from: &bench.old, to: &bench.new, required: &none };
    let full = bench.run(&preflight::preflight(&big, &claim(), 60, &wants));
    assert!(full.failure().0.contains("MiB free, the upgrade needs"), "{full:?}");

    let wants = Preflight { from: &bench.new, to: &bench.new, required: &none };
    let stale = bench.run(&preflight::preflight(&bench.settings, &claim(), 60, &wants));
    assert_eq!(
        stale.failure(),
        (
            format!("the checkout is at {}, the plan saw {}", bench.old, bench.new).as_str(),
            "somebody changed it meanwhile: plan again"
        )
    );

    fs::remove_file(bench.home.join(".env")).unwrap();
    assert!(bench.run(&script(&none)).failure().0.starts_with("there is no .env in "));
    assert!(!bench.home.join("pwned").exists());
}

#[test]
fn a_backup_counts_only_when_it_can_be_read_to_its_end() {
    let mut bench = Bench::new().leased();
    let with = |bench: &mut Bench, command: &str| {
        bench.settings.backup_command = OperatorCommand::try_from(command.to_owned()).unwrap();
        bench.run(&backup::backup(&bench.settings, &claim(), 60))
    };
    fs::write(bench.home.join("backups/old.tar.gz"), "old").unwrap();
    let good = with(&mut bench, "tar -czf backups/new.tar.gz .env").good();
    assert!(good.changed);
    let file = bench.home.join("backups/new.tar.gz");
    assert_eq!(good.told["backup-file"], file.to_str().unwrap());
    assert_eq!(good.told["backup-bytes"], fs::metadata(&file).unwrap().len().to_string());
    assert_eq!(good.told["backup-sha256"].len(), 64);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);

    for (command, want) in [
        ("echo no space >&2; exit 3", "the backup failed with exit code 3; nothing was changed"),
        ("true", "the backup command succeeded, but there is no new file in "),
        (": > backups/empty.tar.gz", "is empty; nothing was changed"),
        (
            "tar -cz .env docker-compose.yml | head -c 60 > backups/cut.tar.gz",
            "cannot be read to its end",
        ),
        ("echo text > backups/fake.tar.gz", "cannot be read to its end"),
        ("tar -czf backups/nothing.tar.gz -T /dev/null", "holds no file"),
    ] {
        let ran = with(&mut bench, command);
        assert!(ran.failure().0.contains(want), "{command}: {ran:?}");
        assert!(!ran.told.contains_key("backup-file"));
    }
}

#[test]
fn the_planned_commit_is_fetched_and_a_tag_that_moved_stops_it() {
    let bench = Bench::new().leased();
    let fetch = || bench.run(&git::fetch(&bench.settings, &claim(), 60, &bench.target()));
    let first = fetch().good();
    assert!(first.changed, "{first:?}");
    assert_eq!(git(&bench.home, &["rev-parse", "v1.1^{commit}"]), bench.new.as_str());
    assert_eq!(bench.head(), bench.old.as_str(), "the checkout is not touched");
    assert!(!fetch().good().changed, "the second time nothing is to do");

    git(&bench.work, &["tag", "-f", "-a", "-m", "moved", "v1.1", "v1^{commit}"]);
    git(&bench.work, &["push", "-q", "-f", "origin", "v1.1"]);
    let moved = fetch();
    let (message, hint) = moved.failure();
    assert_eq!(
        message,
        format!(
            "tag v1.1 moved: the plan saw {}, the repository now says {}",
            bench.new, bench.old
        )
    );
    assert!(hint.contains("plan again"), "{hint}");
}

#[test]
fn a_branch_may_go_on_and_the_plan_goes_where_it_said() {
    let bench = Bench::new().leased();
    let mut target = bench.target();
    target.reference = "v2".parse().unwrap();
    fs::write(bench.work.join("later"), "x").unwrap();
    git(&bench.work, &["add", "-A"]);
    git(&bench.work, &["commit", "-q", "-m", "later"]);
    git(&bench.work, &["push", "-q", "origin", "v2"]);
    let ran = bench.run(&git::fetch(&bench.settings, &claim(), 60, &target)).good();
    assert_eq!(ran.told["branch-moved-to"], git(&bench.work, &["rev-parse", "HEAD"]));

    let mut gone = bench.settings.clone();
    gone.repo = "/nowhere/repo.git".parse().unwrap();
    let ran = bench.run(&git::fetch(&gone, &claim(), 60, &bench.target()));
    assert_eq!(ran.failure().0, "the host cannot read /nowhere/repo.git");
}

#[test]
fn the_checkout_is_the_commit_and_keeps_what_git_ignores() {
    let bench = Bench::new().leased();
    fs::write(bench.home.join("docker-compose.override.yml"), "mine").unwrap();
    bench.run(&git::fetch(&bench.settings, &claim(), 60, &bench.target())).good();
    let checkout =
        || bench.run(&git::checkout(&bench.settings, &claim(), 60, &bench.old, &bench.new));
    let ran = checkout().good();
    assert!(ran.changed);
    assert_eq!(ran.told["previous-commit"], bench.old.as_str());
    assert_eq!(ran.told["previous-branch"], "v2");
    assert_eq!(bench.head(), bench.new.as_str());
    assert_eq!(bench.branch(), "HEAD", "detached");
    assert_eq!(fs::read_to_string(bench.home.join("docker-compose.override.yml")).unwrap(), "mine");
    assert!(bench.home.join(".env").exists());
    assert_eq!(checkout().good().exit, 77, "the second time nothing is to do");

    let bench = Bench::new().leased();
    bench.run(&git::fetch(&bench.settings, &claim(), 60, &bench.target())).good();
    let ran = bench.run(&git::checkout(&bench.settings, &claim(), 60, &bench.new, &bench.new));
    assert!(ran.failure().0.contains("the plan saw"), "{ran:?}");
    assert_eq!(bench.head(), bench.old.as_str());
}
