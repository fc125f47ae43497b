//! Images, build, migration, up and record, each run by a real shell against a docker that fails on demand.

use std::fs;

use bunker_ops::domain::release::ReleaseRecord;
use bunker_ops::domain::settings::OperatorCommand;
use bunker_ops::domain::untrusted::Safe;
use bunker_ops::steps::{backup, compose, git, images, lease, migrate, record};

use super::upgrade_bench::{Bench, Ran, claim};

impl Bench {
    fn hold(&self) -> Ran {
        self.run(&images::hold(&self.settings, &claim(), 60, &self.old))
    }

    fn checkout(&self) -> Ran {
        self.run(&git::fetch(&self.settings, &claim(), 60, &self.target())).good();
        self.run(&git::checkout(&self.settings, &claim(), 60, &self.old, &self.new))
    }

    fn build(&self) -> Ran {
        self.run(&compose::build(&self.settings, &claim(), 60, &self.old, &self.new))
    }

    fn migrate(&self) -> Ran {
        self.run(&migrate::migrate(&self.settings, &claim(), 60, &self.old, &self.new))
    }

    /// A host that is ready to build.
    fn checked_out() -> Self {
        let bench = Self::new().leased();
        bench.hold().good();
        bench.checkout().good();
        bench
    }
}

#[test]
fn running_images_get_a_second_name_and_two_commits_keep_theirs() {
    let mut bench = Bench::new().leased();
    bench.settings.deploy.keep_releases = 2;
    let ran = bench.hold().good();
    let old = bench.old.short();
    assert_eq!(ran.told["held-images"], "2");
    let calls = bench.calls();
    assert!(calls.contains(&format!("tag sha256:aaa cml-api:bunker-held-{old}\n")), "{calls}");
    assert!(
        calls.contains(&format!("tag sha256:bbb registry:5000/db:bunker-held-{old}\n")),
        "{calls}"
    );
    assert!(!calls.contains("rmi"));

    for (age, name) in [(30, "1111111"), (20, "2222222"), (10, "3333333")] {
        let file = bench.state("held").join(name);
        fs::write(&file, format!("cml-api sha256:{name} cml-api:bunker-held-{name}\n")).unwrap();
        let at = std::process::Command::new("touch")
            .args(["-d", &format!("{age} days ago")])
            .arg(&file)
            .status();
        assert!(at.unwrap().success());
    }
    bench.hold().good();
    let calls = bench.calls();
    let left: Vec<String> = fs::read_dir(bench.state("held"))
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(left.len(), 2, "{left:?}");
    assert!(left.contains(&old.to_owned()) && left.contains(&"3333333".to_owned()));
    assert!(
        calls.contains("rmi cml-api:bunker-held-1111111\nrmi cml-api:bunker-held-2222222")
            || calls.contains("rmi cml-api:bunker-held-2222222\nrmi cml-api:bunker-held-1111111"),
        "{calls}"
    );

    fs::write(bench.fake.join("containers"), "").unwrap();
    assert_eq!(bench.hold().good().exit, 77);
}

#[test]
fn a_failed_build_puts_the_tree_and_the_image_names_back() {
    let bench = Bench::checked_out();
    bench.told_docker("bad-build");
    let ran = bench.build();
    let (message, hint) = ran.failure();
    assert_eq!(
        message,
        format!(
            "the build of {} failed with exit code 17; the old containers still run and the checkout is back at {}",
            bench.new.short(),
            bench.old.short()
        )
    );
    assert!(hint.contains("plan again"), "{hint}");
    assert!(ran.output.contains("failed to solve: exit code: 2"), "{}", ran.output);
    assert_eq!(bench.head(), bench.old.as_str());
    assert_eq!(bench.branch(), "v2", "on the branch that it was on");
    let calls = bench.calls();
    assert!(calls.contains("tag sha256:aaa cml-api\n"), "{calls}");
    assert!(
        !calls.contains("tag sha256:bbb registry:5000/db:16@"),
        "a digest does not move: {calls}"
    );
    assert!(!calls.contains("compose up"), "{calls}");

    let bench = Bench::checked_out();
    bench.told_docker("bad-config");
    assert!(bench.build().failure().0.starts_with("the compose file of "));
    assert!(!bench.calls().contains("compose build"));
    assert_eq!(bench.head(), bench.old.as_str());
}

#[test]
fn images_that_are_held_are_not_built_again() {
    let held = |bench: &Bench| {
        let file = bench.state("held").join(bench.new.short());
        fs::write(file, "cml-api sha256:ccc cml-api:bunker-held-x\n").unwrap();
    };
    let bench = Bench::checked_out();
    held(&bench);
    assert_eq!(bench.build().good().told["images"], "held");
    assert!(bench.calls().contains("tag sha256:ccc cml-api\n"));
    assert!(!bench.calls().contains("compose build"));

    let bench = Bench::checked_out();
    held(&bench);
    bench.told_docker("pruned");
    bench.build().good();
    assert!(bench.calls().contains("compose build"));
}

#[test]
fn a_build_is_tried_again_only_where_that_may_help() {
    let bench = Bench::checked_out();
    bench.told_docker("flaky");
    let ran = bench.build().good();
    assert!(ran.changed);
    assert_eq!(bench.calls().matches("compose build").count(), 2);

    let bench = Bench::checked_out();
    bench.told_docker("limited");
    let ran = bench.build();
    assert!(ran.failure().0.starts_with("the image registry refuses further pulls"), "{ran:?}");
    assert_eq!(bench.calls().matches("compose build").count(), 1);
}

#[test]
fn a_migration_runs_in_the_new_image_once_and_its_failure_puts_the_tree_back() {
    let bench = Bench::checked_out();
    let ran = bench.migrate().good();
    assert!(ran.changed);
    let line = "compose run --rm --no-deps -T --entrypoint npx api prisma migrate deploy\n";
    assert!(bench.calls().contains(line), "{}", bench.calls());
    fs::write(bench.fake.join("migrations"), "No pending migrations to apply.\n").unwrap();
    assert!(!bench.migrate().good().changed);

    let bench = Bench::checked_out();
    bench.run(&backup::backup(&bench.settings, &claim(), 60)).good();
    bench.told_docker("bad-migration");
    let ran = bench.migrate();
    let (message, hint) = ran.failure();
    assert!(message.starts_with("the migration failed with exit code 1; the old containers still run and the checkout is back at "), "{message}");
    assert!(hint.contains("never tried again by itself"), "{hint}");
    assert!(hint.contains("backups/new.tar.gz"), "the backup is named: {hint}");
    assert_eq!(bench.calls().matches("compose run").count(), 1);
    assert_eq!(bench.head(), bench.old.as_str());

    let mut bench = Bench::checked_out();
    bench.settings.migrate_command =
        OperatorCommand::try_from("echo own way > own".to_owned()).unwrap();
    bench.migrate().good();
    assert_eq!(fs::read_to_string(bench.home.join("own")).unwrap(), "own way\n");
}

#[test]
fn up_that_fails_says_how_to_go_back() {
    let bench = Bench::checked_out();
    let way_back = Safe::line("go back with: bunker upgrade test-01 --to v1");
    let up = |bench: &Bench| bench.run(&compose::up(&bench.settings, &claim(), 60, &way_back));
    assert!(up(&bench).good().changed);
    bench.told_docker("bad-up");
    let ran = up(&bench);
    assert_eq!(
        ran.failure(),
        (
            "docker compose up ended with exit code 1: some containers may be new already",
            way_back.as_str()
        )
    );
    assert!(ran.output.contains("port is already allocated"));
    assert!(!bench.calls().contains("--wait"));
}

#[test]
fn the_release_file_is_the_record_that_everybody_reads() {
    let bench = Bench::checked_out();
    let step = record::record(&bench.settings, &claim(), 60, &bench.target(), Some(&bench.old));
    // As a plain user would: the tests may run as root, and must not write into /etc.
    let step = format!("id() {{ echo 1000; }}\n{step}");
    let ran = bench.run(&step).good();
    let file = std::path::PathBuf::from(&ran.told["release-file"]);
    assert!(file.ends_with("state/facts.d/changemaker.fact"));
    let read = |file: &std::path::Path| -> ReleaseRecord {
        serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap()
    };
    let record = read(&file);
    assert_eq!(record.sha, bench.new);
    assert_eq!(record.reference.as_str(), "v1.1");
    assert_eq!(record.run.unwrap().as_str(), "261122-221405-7f3a");
    assert_eq!(record.previous, Some(bench.old.clone()));
    assert!(record.healthy);
    let sum = record.env_sha256.unwrap();
    assert_eq!(sum.as_str(), ran.told["env-sha256"]);
    let marker = fs::read_to_string(bench.state("env_applied.sha256")).unwrap();
    assert_eq!(marker.trim(), sum.as_str());

    let again = bench.run(&step).good();
    assert!(!again.changed && !file.with_file_name("changemaker.previous").exists());
    bench.run(&step.replace("v1.1", "v1.2")).good();
    assert_eq!(read(&file.with_file_name("changemaker.previous")).sha, bench.new);
}

#[test]
fn a_release_is_recorded_and_an_edit_of_what_we_wrote_stays_one() {
    let bench = Bench::checked_out();
    let step = record::record(&bench.settings, &claim(), 60, &bench.target(), None);
    let step = format!("id() {{ echo 1000; }}\n{step}");
    let (marker, ours) = (bench.state("env_applied.sha256"), bench.state("env_applied"));
    let read = || fs::read_to_string(&marker).unwrap();
    // Of a file that no run of ours wrote, what is in force is on record.
    fs::write(&marker, "another\n").unwrap();
    let ran = bench.run(&step).good();
    assert_eq!(read().trim(), ran.told["env-sha256"]);
    // Of one that we wrote, what we wrote is.
    fs::write(&ours, "DOMAIN 0123456789abcdef\n").unwrap();
    fs::write(&marker, "another\n").unwrap();
    let again = bench.run(&step).good();
    assert!(!again.changed, "the release is recorded already");
    bench.run(&step.replace("v1.1", "v1.2")).good();
    assert_eq!(read(), "another\n");
}

#[test]
fn no_value_is_ever_a_command() {
    let name = "it's \"$(touch pwned)\" `touch pwned`; touch pwned & ${HOME} *";
    let mut bench = Bench::in_folder(name);
    bench.settings.compose_files = vec!["a'b.yml".to_owned(), "$(touch pwned).yml".to_owned()];
    bench.settings.compose_profiles = vec!["; touch pwned".to_owned()];
    let bench = bench.leased();
    let old = bench.old.clone();
    bench.run(&backup::backup(&bench.settings, &claim(), 60)).good();
    bench.hold().good();
    bench.checkout().good();
    bench.build().good();
    bench.migrate().good();
    bench.told_docker("bad-build");
    bench.build().failure();
    assert_eq!(bench.head(), old.as_str());
    let mut hostile = claim();
    hostile.operator.user = Safe::text("x'\nrun=stolen\n$(touch pwned)");
    bench.run(&lease::acquire(&hostile, 60)).good();
    let text = fs::read_to_string(bench.state("lease")).unwrap();
    assert!(!text.contains("\nrun=stolen"), "{text}");
    let touched = |dir: &std::path::Path| {
        fs::read_dir(dir).unwrap().any(|e| e.unwrap().file_name() == "pwned")
    };
    assert!(!touched(&bench.home) && !touched(&bench.job) && !touched(&bench.fake));
    assert!(!touched(bench.home.parent().unwrap()) && !touched(std::path::Path::new("/")));
}
