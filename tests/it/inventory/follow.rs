//! Edits are picked up without a restart; broken ones keep the last good fleet.

use std::path::Path;
use std::time::Duration;

use bunker_ops::adapters::inventory::{InventoryWatch, Seen, load};
use bunker_ops::engine::poller::Watched;
use tokio::sync::watch;

use super::{folder, write};

/// How long an edit may take to show on a loaded machine; seen are 0.2 to 0.4 s.
const PATIENCE: Duration = Duration::from_secs(30);

fn start(dir: &Path) -> (watch::Receiver<Watched>, InventoryWatch) {
    let seen = Seen::now(dir);
    let loaded = load(dir);
    let problems = loaded.problems();
    InventoryWatch::start(dir, seen, loaded.fleet.unwrap(), problems).unwrap()
}

async fn until(listener: &watch::Receiver<Watched>, good: impl Fn(&Watched) -> bool) -> Watched {
    let last = || format!("{:?}", listener.borrow().files.problems);
    let mut own = listener.clone();
    let waited = tokio::time::timeout(PATIENCE, own.wait_for(|now| good(now))).await;
    let now = waited.map(|now| now.unwrap().clone());
    now.unwrap_or_else(|_| panic!("it never came; the last problems are {}", last()))
}

fn names(now: &Watched) -> String {
    now.fleet.hosts.iter().map(|h| h.id.as_str()).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn an_edit_between_the_first_reading_and_the_first_look_counts() {
    let dir = folder(&[("hosts.yml", "all:\n  hosts:\n    a:\n")]);
    let (seen, loaded) = (Seen::now(dir.path()), load(dir.path()));
    write(dir.path(), "hosts.yml", b"all:\n  hosts:\n    a:\n    b:\n");
    let fleet = loaded.fleet.unwrap();
    let (listener, _watch) = InventoryWatch::start(dir.path(), seen, fleet, Vec::new()).unwrap();
    until(&listener, |now| names(now) == "a b").await;
}

#[tokio::test]
async fn an_edit_counts_without_a_restart_and_a_broken_one_keeps_the_last_good() {
    let dir = folder(&[("hosts.yml", "all:\n  hosts:\n    a:\n")]);
    let (listener, _watch) = start(dir.path());
    assert_eq!(names(&listener.borrow()), "a");

    write(dir.path(), "hosts.yml", b"all:\n  hosts:\n    a:\n    b:\n");
    until(&listener, |now| names(now) == "a b" && now.files.problems.is_empty()).await;

    write(dir.path(), "hosts.yml", b"all:\n  hosts:\n    a:\n   b: [\n");
    let now = until(&listener, |now| !now.files.problems.is_empty()).await;
    assert_eq!(names(&now), "a b", "the last good fleet stays");
    let refused = now.files.refused.as_ref().unwrap();
    assert_eq!(refused.file.as_str(), "hosts.yml");
    assert!(refused.problem.as_str().contains("hosts.yml:4:"), "{refused:?}");
    assert!(
        now.files.problems.iter().any(|p| p.as_str().contains("hosts.yml:4:")),
        "{:?}",
        now.files.problems
    );

    write(dir.path(), "hosts.yml", b"all:\n  hosts:\n    a:\n    b:\n");
    until(&listener, |now| now.files.problems.is_empty()).await;

    // A new folder, and a value in it that would cost a host that is there.
    write(dir.path(), "host_vars/b/main.yml", b"ansible_port: nonsense\n");
    let now = until(&listener, |now| !now.files.problems.is_empty()).await;
    assert_eq!(names(&now), "a b", "no host drops out by a mistake");
    let refused = now.files.refused.as_ref().unwrap();
    assert_eq!(refused.file.as_str(), "main.yml");
    write(dir.path(), "host_vars/b/main.yml", b"ansible_port: 2022\n");
    let now = until(&listener, |now| now.files.problems.is_empty()).await;
    assert_eq!(now.fleet.hosts.last().unwrap().connection.port, Some(2022));

    // A warning is a problem and no reason to refuse; neither is a new host that cannot be used.
    write(dir.path(), "host_vars/b/main.yml", b"ansible_port: 2022\nansible_hots: typo\n");
    let now = until(&listener, |now| !now.files.problems.is_empty()).await;
    assert_eq!((now.files.refused, now.files.n_left_out), (None, 0));
    write(dir.path(), "hosts.yml", b"all:\n  hosts:\n    a:\n    b:\n    c: {ansible_port: x}\n");
    let now = until(&listener, |now| now.files.n_left_out == 1).await;
    assert_eq!(now.files.refused, None);

    // A host that is taken out on purpose goes.
    write(dir.path(), "hosts.yml", b"all:\n  hosts:\n    b:\n");
    until(&listener, |now| names(now) == "b").await;
}

#[tokio::test]
async fn editors_that_rename_and_folders_that_are_replaced_are_followed() {
    let parent = folder(&[("inventory/hosts.yml", "all:\n  hosts:\n    a:\n")]);
    let dir = parent.path().join("inventory");
    let (listener, _watch) = start(&dir);

    write(&dir, ".hosts.yml.swp", b"all:\n  hosts:\n    renamed:\n");
    std::fs::rename(dir.join(".hosts.yml.swp"), dir.join("hosts.yml")).unwrap();
    until(&listener, |now| names(now) == "renamed").await;

    write(parent.path(), "next/hosts.yml", b"all:\n  hosts:\n    replaced:\n");
    std::fs::rename(&dir, parent.path().join("old")).unwrap();
    std::fs::rename(parent.path().join("next"), &dir).unwrap();
    until(&listener, |now| names(now) == "replaced").await;

    // The folder is gone for a while: the fleet stays.
    std::fs::rename(&dir, parent.path().join("away")).unwrap();
    let now = until(&listener, |now| !now.files.problems.is_empty()).await;
    assert_eq!(names(&now), "replaced");
    std::fs::rename(parent.path().join("away"), &dir).unwrap();
    until(&listener, |now| now.files.problems.is_empty()).await;
    write(&dir, "hosts.yml", b"all:\n  hosts:\n    again:\n");
    until(&listener, |now| names(now) == "again").await;
}

#[tokio::test]
async fn dropping_it_ends_it() {
    let dir = folder(&[("hosts.yml", "all:\n  hosts:\n    a:\n")]);
    let (mut listener, watch) = start(dir.path());
    drop(watch);
    // The sender goes with the thread.
    let ended = tokio::time::timeout(PATIENCE, async { while listener.changed().await.is_ok() {} });
    ended.await.unwrap();
}
