//! The stand-in repository is what the design says of the managed application.

use std::path::Path;
use std::process::Command;

use crate::lab::repository;

fn git(dir: &Path, args: &[&str]) -> String {
    let output = Command::new("git").arg("-C").arg(dir).args(args).output().unwrap();
    assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_stand_in_repository_is_the_same_every_time() {
    let folder = tempfile::tempdir().unwrap();
    let one = repository::build(&folder.path().join("one.git")).unwrap();
    let two = repository::build(&folder.path().join("two.git")).unwrap();
    assert_eq!(one.tags, two.tags);
    let tags: Vec<_> = one.tags.keys().map(String::as_str).collect();
    let expected = [
        "v2.3.9",
        "v2.4.0",
        "v2.4.1",
        "v2.5.0",
        "v2.5.1-slow",
        "v2.5.2-sluggish",
        "v2.6.0-broken-build",
        "v2.6.1-unhealthy",
        "v2.6.2-bad-migration",
        "v2.6.3-needs-variable",
    ];
    assert_eq!(tags, expected);
    assert_eq!(git(&one.path, &["rev-parse", "v2"]).trim(), one.sha("v2.5.0").unwrap());
    assert_eq!(git(&one.path, &["rev-list", "--count", "v2.4.1..v2.5.0"]).trim(), "5");
    assert_eq!(
        git(&one.path, &["for-each-ref", "--format=%(refname)", "refs/heads"]),
        "refs/heads/v2\n"
    );
    for (tag, behaviour) in
        [("v2.4.1", "good"), ("v2.5.1-slow", "slow"), ("v2.6.1-unhealthy", "unhealthy")]
    {
        let word = git(&one.path, &["show", &format!("{tag}:release/behaviour")]);
        assert_eq!(word.trim(), behaviour);
    }
    let added = git(&one.path, &["diff", "--diff-filter=A", "--name-only", "v2.4.1", "v2.5.0"]);
    assert_eq!(added, "api/prisma/migrations/20250902110000_mail_rate/migration.sql\n");
    let clone = folder.path().join("clone");
    git(
        folder.path(),
        &["clone", "-q", "-b", "v2.4.1", one.path.to_str().unwrap(), clone.to_str().unwrap()],
    );
    assert_eq!(git(&clone, &["status", "--porcelain"]), "");
    let resources = std::fs::read_to_string(clone.join("configs/pangolin/resources.yml")).unwrap();
    assert_eq!(resources.matches("subdomain:").count(), 12);
}
