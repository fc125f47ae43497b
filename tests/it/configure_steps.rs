//! The steps that install `.env`, run by a real shell.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use bunker_ops::domain::connection::Become;
use bunker_ops::domain::env::{Found, OnHost, Wanted};
use bunker_ops::steps::env_file::{self, Install, Record};

use super::upgrade_bench::{Bench, Ran, claim};

const NEW: &str = "# made\nDOMAIN=example.org\nFLAG=on\n";

impl Bench {
    fn on_host(&self) -> Option<OnHost> {
        let script = env_file::read(&"test-01".parse().unwrap(), Become::LoginUser, &self.settings);
        let home = self.fake.parent().unwrap();
        let out =
            std::process::Command::new("/bin/sh").arg("-c").arg(script).env("HOME", home).output();
        env_file::parse(&out.unwrap().stdout).unwrap().file
    }

    fn install(&self, seen: Option<&OnHost>, kept: &[&Found]) -> Ran {
        fs::write(self.job.join("in-env"), NEW).unwrap();
        let kept: Vec<(usize, usize)> = kept.iter().map(|k| k.place).collect();
        let wanted = |name: &str| Wanted {
            name: name.to_owned(),
            fingerprint: "0123456789abcdef".to_owned(),
            shape: "0123456789abcdef".to_owned(),
            shown: None,
        };
        let wanted = [wanted("DOMAIN"), wanted("FLAG")];
        let record = Record { written: &wanted, left_out: &[] };
        let install = Install { seen, kept: &kept, record };
        self.run(&env_file::install(&self.settings, &claim(), 60, &install))
    }

    fn env(&self) -> String {
        fs::read_to_string(self.home.join(".env")).unwrap()
    }
}

#[test]
fn the_file_is_installed_once_with_what_the_host_keeps() {
    let bench = Bench::new().leased();
    fs::write(bench.home.join(".env"), "DOMAIN=old\r\nMINE=\"two\nlines\" OTHER='x' # c\r\n")
        .unwrap();
    let seen = bench.on_host().unwrap();
    let kept: Vec<&Found> = seen.variables.iter().filter(|v| v.name != "DOMAIN").collect();
    let ran = bench.install(Some(&seen), &kept).good();
    assert!(ran.changed);
    let want = format!(
        "{NEW}\n# --- Kept as it was on this host: not in the template\nMINE=\"two\nlines\"\nOTHER='x'\n"
    );
    assert_eq!(bench.env(), want);
    let mode = fs::metadata(bench.home.join(".env")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let applied = fs::read_to_string(bench.state("env_applied")).unwrap();
    assert_eq!(applied, "DOMAIN 0123456789abcdef\nFLAG 0123456789abcdef\n");
    assert_eq!(ran.told["env-sha256"], bench.on_host().unwrap().sha256);

    // The same step once more, as when a run is resumed; and a new plan of the same.
    assert!(!bench.install(Some(&seen), &kept).good().changed);
    let now = bench.on_host().unwrap();
    let kept: Vec<&Found> = now
        .variables
        .iter()
        .filter(|v| v.name.len() > 3 && v.name != "DOMAIN" && v.name != "FLAG")
        .collect();
    assert_eq!(kept.len(), 2);
    assert!(!bench.install(Some(&now), &kept).good().changed);
    assert_eq!(bench.env(), want);
    assert!(!bench.home.join(".env.bunker-new").exists());
}

#[test]
fn another_file_than_the_plan_saw_is_left_alone() {
    let bench = Bench::new().leased();
    let seen = bench.on_host().unwrap();
    fs::write(bench.home.join(".env"), "DOMAIN=somebody-was-faster\n").unwrap();
    let ran = bench.install(Some(&seen), &[]);
    assert!(ran.failure().0.contains("is not the one that the plan saw; nothing was changed"));
    assert_eq!(bench.env(), "DOMAIN=somebody-was-faster\n");
    let ran = bench.install(None, &[]);
    assert!(ran.failure().0.contains("is not the one that the plan saw"));
    fs::remove_file(bench.home.join(".env")).unwrap();
    assert!(bench.install(None, &[]).good().changed, "where there was none, one is made");
    assert_eq!(bench.env(), NEW);
}

#[test]
fn a_file_that_compose_refuses_does_not_take_the_place_of_the_old() {
    let bench = Bench::new().leased();
    let (seen, before) = (bench.on_host().unwrap(), bench.env());
    fs::write(bench.fake.join("bad-config"), "").unwrap();
    let ran = bench.install(Some(&seen), &[]);
    assert!(ran.failure().0.contains("Compose does not accept the new .env"), "{ran:?}");
    assert_eq!(bench.env(), before);
    assert!(!bench.home.join(".env.bunker-new").exists(), "no secret is left behind");
    fs::remove_file(bench.home.join(".env")).unwrap();
    std::os::unix::fs::symlink("/dev/null", bench.home.join(".env")).unwrap();
    assert!(bench.install(Some(&seen), &[]).failure().0.contains("is a symbolic link"));
}
