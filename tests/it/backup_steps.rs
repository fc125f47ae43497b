//! Backup, retention and restore drill, each run by a real shell on real archives.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use bunker_ops::domain::settings::OperatorCommand;
use bunker_ops::steps::backup;

use super::upgrade_bench::{Bench, Ran, claim};

const GOOD: &str = "printf 'CREATE TABLE t;\\n' >database.sql && tar -czf backups/$(date +%s%N).tar.gz database.sql .env; rm -f database.sql";

fn with(bench: &mut Bench, command: &str) -> Ran {
    bench.settings.backup_command = OperatorCommand::try_from(command.to_owned()).unwrap();
    bench.run(&backup::backup(&bench.settings, &claim(), 60))
}

fn manifests(bench: &Bench) -> Vec<PathBuf> {
    let files = fs::read_dir(bench.home.join("backups")).unwrap().map(|e| e.unwrap().path());
    let mut found: Vec<PathBuf> =
        files.filter(|p| p.to_str().unwrap().ends_with(".manifest.json")).collect();
    found.sort();
    found
}

/// Makes an archive and its manifest look older.
fn age(file: &str, days: u32) {
    let done = Command::new("touch").args(["-d", &format!("{days} days ago"), file]).status();
    assert!(done.unwrap().success());
}

#[test]
fn a_manifest_stands_beside_a_good_backup_and_beside_no_other() {
    let mut bench = Bench::new().leased();
    let good = with(&mut bench, GOOD).good();
    let text = fs::read_to_string(&manifests(&bench)[0]).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(manifest["sha256"], good.told["backup-sha256"].as_str());
    assert_eq!(manifest["size"].to_string(), good.told["backup-bytes"]);
    assert_eq!(manifest["release"], bench.old.as_str());
    assert_eq!(manifest["verified"], true);
    for command in [
        "exit 3",
        ": >backups/empty.tar.gz",
        "tar -cz .env docker-compose.yml | head -c 60 >backups/cut.tar.gz",
        "tar -c .env | head -c 512 | gzip >backups/cut-inside.tar.gz",
        "tar -c .env docker-compose.yml | head -c 1024 >backups/cut-between.tar",
        "echo half >backups/killed.tar.gz; kill -9 $$",
        "echo half >backups/full.tar.gz; echo no space left on device >&2; exit 1",
    ] {
        let ran = with(&mut bench, command);
        assert!(ran.failed.is_some(), "{command}: {ran:?}");
        assert_eq!(manifests(&bench).len(), 1, "{command}");
    }
    let left = fs::read_dir(bench.home.join("backups")).unwrap().map(|e| e.unwrap().file_name());
    let sound: Vec<String> = left
        .map(|n| n.into_string().unwrap())
        .filter(|n| !n.contains(".broken") && !n.contains(".json"))
        .collect();
    assert_eq!(sound.len(), 1, "{sound:?}");
}

#[test]
fn retention_keeps_the_newest_verified_ones_and_what_is_not_ours() {
    let mut bench = Bench::new().leased();
    bench.settings.deploy.backup_keep_min = 2;
    bench.settings.deploy.backup_keep_days = 7;
    fs::write(bench.home.join("backups/by-hand.tar.gz"), "mine").unwrap();
    age(bench.home.join("backups/by-hand.tar.gz").to_str().unwrap(), 900);
    let mut made = Vec::new();
    for days in [90, 80, 70, 60] {
        let file = with(&mut bench, GOOD).good().told["backup-file"].clone();
        age(&file, days);
        made.push(file);
    }
    // The newest was cut afterwards, so the others may not be deleted for it.
    fs::write(&made[3], "cut").unwrap();
    age(&made[3], 60);
    let pruned = bench.run(&backup::prune(&bench.settings, &claim(), 60)).good();
    assert_eq!(pruned.told["backups-deleted"], "1", "{pruned:?}");
    let there: Vec<bool> = made.iter().map(|f| fs::exists(f).unwrap()).collect();
    assert_eq!(there, [false, true, true, true]);
    assert!(bench.home.join("backups/by-hand.tar.gz").exists());
    let again = bench.run(&backup::prune(&bench.settings, &claim(), 60)).good();
    assert_eq!(again.exit, 77, "{again:?}");
}

#[test]
fn the_drill_unpacks_aside_and_cleans_up_and_says_what_is_wrong() {
    let mut bench = Bench::new().leased();
    let none = bench.run(&backup::drill(&bench.settings, false));
    assert!(none.failure().0.contains("has a manifest"), "{none:?}");
    let file = with(&mut bench, GOOD).good().told["backup-file"].clone();
    let drill = |bench: &Bench| bench.run(&backup::drill(&bench.settings, false));
    let good = drill(&bench).good();
    assert_eq!(good.told["drill-files"], "2", "{good:?}");
    let text = fs::read_to_string(&manifests(&bench)[0]).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(manifest["restored_aside"], good.told["restored-aside"].as_str());
    let list = bench.run(&backup::list(&bench.settings)).good();
    assert!(list.output.contains("restored_aside"), "{list:?}");

    fs::write(&file, "changed").unwrap();
    assert!(drill(&bench).failure().0.contains("is not what its manifest says"));
    fs::remove_file(&file).unwrap();
    with(&mut bench, "tar -czf backups/no-dump.tar.gz .env").good();
    assert!(drill(&bench).failure().0.contains("holds no database dump"));
    with(&mut bench, ": >d.sql; tar -czf backups/empty-dump.tar.gz d.sql").good();
    fs::remove_file(bench.home.join("backups/no-dump.tar.gz")).unwrap();
    assert!(drill(&bench).failure().0.contains("is empty"));
    let left = fs::read_dir("/var/tmp").unwrap().map(|e| e.unwrap().file_name());
    let ours: Vec<_> =
        left.filter(|n| n.to_string_lossy().starts_with("bunker-drill-test-01")).collect();
    assert!(ours.is_empty(), "{ours:?}");
}

#[test]
fn what_a_kill_leaves_is_marked_until_its_time_is_over_and_good_backups_are_not() {
    let mut bench = Bench::new().leased();
    let half = "echo half >backups/killed.tar.gz; kill -9 $STEP";
    bench.settings.backup_command = OperatorCommand::try_from(half.to_owned()).unwrap();
    let script = format!("export STEP=$$\n{}", backup::backup(&bench.settings, &claim(), 60));
    assert_eq!(bench.run(&script).exit, -1, "the step itself was killed");
    assert!(bench.home.join("backups/killed.tar.gz").exists());
    let making = bench.home.join("backups/.bunker-making");
    let mark = fs::read_to_string(&making).unwrap();
    let times: Vec<i64> = mark.split_whitespace().map(|t| t.parse().unwrap()).collect();
    assert_eq!(times.len(), 3, "from, to and the process: {mark}");
    assert!((60..=61).contains(&(times[1] - times[0])), "{mark}");
    with(&mut bench, GOOD).good();
    assert_eq!(
        fs::read_to_string(&making).unwrap(),
        mark,
        "a good one takes back its own mark only"
    );
    assert_eq!(manifests(&bench).len(), 1);
}
