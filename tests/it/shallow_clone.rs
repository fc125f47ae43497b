//! A checkout that is a shallow clone, as a person or another tool makes one: what it does not have of the past is said
//! before anything is touched, and the way there still leads on.

use std::fs;

use crate::upgrade_run::Deck;

/// Makes the checkout of a host one that knows a single commit, with the same files.
fn made_shallow(deck: &Deck, name: &str, tag: &str) {
    let repo = deck.lab.repo().unwrap().display();
    deck.by_hand(
        name,
        &format!(
            "git clone -q --depth 1 --branch {tag} 'file://{repo}' ../shallow && rm -rf .git && \
             mv ../shallow/.git .git && rm -rf ../shallow && git checkout -q --detach"
        ),
    );
    assert_eq!(deck.by_hand(name, "git rev-parse --is-shallow-repository").trim(), "true");
}

#[test]
fn a_release_that_a_shallow_clone_does_not_have_is_refused_before_anything_and_an_upgrade_leads_there()
 {
    let deck = Deck::with(&["alpha"]);
    let (old, new) = (deck.sha("v2.4.1"), deck.sha("v2.5.0"));
    let up = deck.upgrade(&["alpha"], "v2.5.0");
    assert_eq!(up.exit, 0, "{}", up.text);
    made_shallow(&deck, "alpha", "v2.5.0");
    assert_eq!(deck.head("alpha"), new);
    let containers = || deck.by_hand("alpha", "docker compose ps -a -q");
    let (running, host) = (containers(), deck.lab.named("alpha").unwrap());
    let backups = || fs::read_dir(host.checkout().join("backups")).unwrap().count();
    let begun = (host.starts("compose up"), host.starts("compose build"), backups());

    let refused = deck.bunker(&["rollback", "alpha", "--yes"]);
    assert_eq!(refused.exit, 8, "{}", refused.text);
    let said = refused.text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("no longer on the host: commit;"), "{}", refused.text);
    assert!(said.contains(&format!("bunker upgrade alpha --to {old}")), "{}", refused.text);
    assert_eq!((deck.head("alpha"), containers()), (new.clone(), running));
    assert_eq!((host.starts("compose up"), host.starts("compose build"), backups()), begun);
    assert_eq!(deck.answers("alpha"), (200, "2.5.0".to_owned()));
    assert!(deck.is_free("alpha"));
    // Never to another one instead: no run was stored.
    let runs = deck.bunker(&["runs", "--json"]);
    assert!(!runs.text.contains("\"rollback\""), "{}", runs.text);

    // The way that it names leads there, and on from there: each fetches the commit that it needs.
    for (tag, sha, version) in [("v2.4.1", &old, "2.4.1"), ("v2.5.0", &new, "2.5.0")] {
        let there = deck.upgrade(&["alpha"], tag);
        assert_eq!(there.exit, 0, "{tag}: {}", there.text);
        assert_eq!(&deck.head("alpha"), sha);
        assert_eq!(deck.answers("alpha"), (200, version.to_owned()));
    }
    // What was fetched on the way is there: now it goes back by itself.
    let back = deck.bunker(&["rollback", "alpha", "--yes"]);
    assert_eq!(back.exit, 0, "{}", back.text);
    assert_eq!(deck.head("alpha"), old);
}
