//! Backup, restore drill and rollback of paper hosts, as an operator calls them.

use std::fs;

use crate::upgrade_run::Deck;

#[test]
fn a_rollback_needs_no_repository_and_goes_to_what_this_host_ran_before() {
    let deck = Deck::with(&["alpha"]);
    let none = deck.bunker(&["rollback", "alpha", "--yes"]);
    assert_eq!(none.exit, 8, "{}", none.text);
    assert!(none.text.contains("no such release was recorded"), "{}", none.text);
    let up = deck.upgrade(&["alpha"], "v2.5.0");
    assert_eq!(up.exit, 0, "{}", up.text);
    // Neither the host nor we can ask the repository any more.
    let (repo, away) = (
        deck.lab.repo().unwrap().to_path_buf(),
        deck.lab.repo().unwrap().with_file_name("away.git"),
    );
    let (old, new) = (deck.sha("v2.4.1"), deck.sha("v2.5.0"));
    fs::rename(&repo, &away).unwrap();

    let check = deck.bunker(&["rollback", "alpha", "--check"]);
    assert_eq!(check.exit, 3, "{}", check.text);
    assert!(check.text.contains("data is not rolled back"), "{}", check.text);
    assert!(check.text.contains("20250902110000_mail_rate"), "{}", check.text);
    // What that release needs of .env is looked for before anything is touched.
    deck.by_hand("alpha", "cp -p .env ../kept && sed -i '/^POSTGRES_PASSWORD=/d' .env");
    let lacking = deck.bunker(&["rollback", "alpha", "--yes"]);
    assert_eq!(lacking.exit, 8, "{}", lacking.text);
    assert!(lacking.text.contains(".env lacks POSTGRES_PASSWORD, which"), "{}", lacking.text);
    assert_eq!(deck.head("alpha"), new);
    deck.by_hand("alpha", "mv ../kept .env");
    let back = deck.bunker(&["rollback", "alpha", "--yes"]);
    assert_eq!(back.exit, 0, "{}", back.text);
    assert_eq!(deck.head("alpha"), old);
    assert_eq!(deck.answers("alpha"), (200, "2.4.1".to_owned()));
    assert!(deck.is_free("alpha"));

    let forth = deck.bunker(&["rollback", "alpha", "--to", "v2.5.0", "--yes"]);
    assert_eq!(forth.exit, 0, "{}", forth.text);
    assert_eq!(deck.head("alpha"), new);

    // The images of the old release are pruned: blocked, and nothing is touched.
    let held = format!("instances/alpha/held/{}", old.get(..7).unwrap());
    fs::remove_file(deck.state("alpha", &held)).unwrap();
    let pruned = deck.bunker(&["rollback", "alpha", "--yes"]);
    assert_eq!(pruned.exit, 8, "{}", pruned.text);
    assert!(pruned.text.contains("bunker upgrade alpha --to"), "{}", pruned.text);
    assert_eq!(deck.head("alpha"), new);
    fs::rename(&away, &repo).unwrap();
}

#[test]
fn a_release_that_failed_its_gate_is_left_for_the_one_before() {
    let deck = Deck::with(&["alpha"]);
    let failed = deck.upgrade(&["alpha"], "v2.6.1-unhealthy");
    assert_eq!(failed.exit, 1, "{}", failed.text);
    assert!(failed.text.contains("go back with: bunker rollback alpha"), "{}", failed.text);
    let back = deck.bunker(&["rollback", "alpha", "--yes"]);
    assert_eq!(back.exit, 0, "{}", back.text);
    assert_eq!(deck.head("alpha"), deck.sha("v2.4.1"));
    assert_eq!(deck.answers("alpha"), (200, "2.4.1".to_owned()));
}

#[test]
fn a_backup_is_made_listed_and_restored_aside() {
    let deck = Deck::with(&["alpha", "bravo"]);
    let made = deck.bunker(&["backup", "alpha", "bravo", "--yes"]);
    assert_eq!(made.exit, 0, "{}", made.text);
    assert!(deck.is_free("alpha") && deck.is_free("bravo"));
    let list = deck.bunker(&["backup", "list", "alpha", "--json"]);
    let list: serde_json::Value = serde_json::from_str(&list.text).unwrap();
    let first = &list["backups"][0];
    assert_eq!(first["verified"], true, "{list}");
    let archive = first["archive"].as_str().unwrap();
    let sum = deck.by_hand("alpha", &format!("sha256sum backups/{archive}"));
    assert_eq!(first["sha256"].as_str().unwrap(), sum.get(..64).unwrap());
    let drill = deck.bunker(&["backup", "verify", "alpha", "--yes"]);
    assert_eq!(drill.exit, 0, "{}", drill.text);
    let list = deck.bunker(&["backup", "list", "alpha"]);
    assert!(list.text.contains("RESTORED ASIDE"), "{}", list.text);
}
