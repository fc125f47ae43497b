//! Patterns against a small fleet.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::domain::connection::{Become, Connection};
use crate::domain::fleet::{Fleet, FleetPolicy, Group, Host, LeftOut, Vars};
use crate::domain::plan::strategy::RolloutSettings;
use crate::domain::untrusted::Safe;

/// web = web01..web03, db = db-a db-b; canary = web01; site = web + db; alone; broken is left out.
fn fleet() -> Fleet {
    let host = |name: &str| Host {
        id: name.parse().unwrap(),
        groups: Vec::new(),
        vars: Vars::new(),
        connection: Connection {
            host: name.parse().unwrap(),
            address: name.parse().unwrap(),
            port: None,
            user: None,
            identity: None,
            jump: Vec::new(),
            become_root: Become::Root,
            known_hosts: None,
        },
        windows: Vec::new().into(),
        instance: None,
        rollout: RolloutSettings::default(),
    };
    let group = |hosts: &[&str], children: &[&str]| Group {
        hosts: hosts.iter().map(|h| h.parse().unwrap()).collect(),
        children: children.iter().map(|g| g.parse().unwrap()).collect(),
    };
    let names = ["web01", "web02", "web03", "db-a", "db-b", "alone"];
    Fleet {
        name: Safe::line("test"),
        hosts: names.iter().map(|n| host(n).into()).collect(),
        left_out: vec![LeftOut { id: "broken".parse().unwrap(), groups: Vec::new() }],
        groups: BTreeMap::from([
            ("web".parse().unwrap(), group(&["web01", "web02", "web03"], &[])),
            ("db".parse().unwrap(), group(&["db-a", "db-b"], &[])),
            ("canary".parse().unwrap(), group(&["web01"], &[])),
            ("mixed".parse().unwrap(), group(&["broken", "alone"], &[])),
            ("empty".parse().unwrap(), group(&[], &[])),
            ("site".parse().unwrap(), group(&[], &["web", "db"])),
        ]),
        metrics: None,
        policy: FleetPolicy::default(),
        probe_interval_s: 10,
        around: crate::domain::fleet::FleetAround::default(),
        accent: None,
    }
}

fn select(pattern: &str) -> Result<String, SelectorError> {
    let fleet = fleet();
    let hosts = pattern.parse::<Selector>()?.select(&fleet)?.into_iter();
    Ok(hosts.map(|h| h.id.as_str()).collect::<Vec<_>>().join(" "))
}

#[test]
fn patterns_mean_what_they_mean_in_ansible() {
    for (pattern, want) in [
        ("all", "web01 web02 web03 db-a db-b alone"),
        ("*", "web01 web02 web03 db-a db-b alone"),
        ("web", "web01 web02 web03"),
        ("site", "web01 web02 web03 db-a db-b"),
        ("web:db", "web01 web02 web03 db-a db-b"),
        ("db,web", "web01 web02 web03 db-a db-b"),
        ("web02, alone", "web02 alone"),
        ("site:!canary", "web02 web03 db-a db-b"),
        ("!canary:site", "web02 web03 db-a db-b"),
        ("!site", "alone"),
        ("site:&web:!web02", "web01 web03"),
        ("&web:site", "web01 web02 web03"),
        ("&canary", "web01"),
        ("web*", "web01 web02 web03"),
        ("web0[12]*", "web01 web02"),
        ("d?", "db-a db-b"),
        ("*-b", "db-b"),
        ("~web0[12]", "web01 web02"),
        ("~(web01|db-a):alone", "web01 db-a alone"),
        ("~db-[ab]$,alone", "db-a db-b alone"),
        ("~w(?:e|x)b0{1,2}1", "web01"),
        ("web[0]", "web01"),
        ("web[-1]", "web03"),
        ("web[0:1]", "web01 web02"),
        ("web[1:]", "web02 web03"),
        ("web[1-2]", "web02 web03"),
        ("site[3]", "db-a"),
        ("web[01:02]", "web02 web03"),
        ("web0[1:2]", "web01 web02"),
        ("all:!broken", "web01 web02 web03 db-a db-b alone"),
        ("mixed", "alone"),
    ] {
        assert_eq!(select(pattern).as_deref(), Ok(want), "{pattern}");
    }
}

#[test]
fn what_names_nothing_selects_nothing_and_says_why() {
    for (pattern, why) in [
        ("", "it is empty"),
        ("  ", "it is empty"),
        ("all:!", "a part of it is empty"),
        ("all:", "a part of it is empty"),
        ("web,,db", "a part of it is empty"),
        ("&", "a part of it is empty"),
        ("web db", "no blanks"),
        ("!!web", "at most one"),
        ("web[1", "a bracket is not closed"),
        ("~we(b", "a bracket is not closed"),
        ("~*", "no regular expression"),
        ("@hosts.txt", "must stand alone"),
        ("web:nosuch", "no host or group \"nosuch\""),
        ("all:!canray", "did you mean canary?"),
        ("wbe", "did you mean web?"),
        ("web:&prod", "no host or group \"prod\""),
        ("localhost", "no host or group \"localhost\""),
        ("all[0]", "hosts of a group, named in full"),
        ("we*[0]", "hosts of a group, named in full"),
        ("web01[0]", "this is a host"),
        ("web0[2:4]", "no host or group \"web04\""),
        ("web[7]", "matches no host"),
        ("web[0:7]", "matches no host"),
        ("nosuch*", "\"nosuch*\" matches no host"),
        ("all:!nosuch*", "\"nosuch*\" matches no host"),
        ("all:!~nosuch", "matches no host"),
        ("empty", "matches no host"),
        ("web:&db", "\"web,&db\" matches no host"),
        ("all:!all", "matches no host"),
        ("broken", "host broken is left out"),
        ("web:broken", "host broken is left out"),
        ("mixed[0]", "host broken is left out"),
        ("WEB", "did you mean web?"),
    ] {
        let told = select(pattern).expect_err(pattern).to_string();
        assert!(told.contains(why), "{pattern}: {told}");
    }
}

#[test]
fn a_name_that_is_host_and_group_is_refused() {
    let mut fleet = fleet();
    fleet.groups.insert("alone".parse().unwrap(), Group::default());
    let told = "web:!alone".parse::<Selector>().unwrap().select(&fleet).unwrap_err();
    assert_eq!(told, SelectorError::Both { name: "alone".to_owned() });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn no_pattern_that_names_something_unknown_selects_anything(
        unknown in "[a-z]{4,8}-zz", sign in "[!&]?", subscript in "(\\[0\\]|\\[0:1\\])?",
        before in prop::collection::vec("(web|db|all|canary|web\\*|!db|&site|~web)", 0..3),
        after in prop::collection::vec("(web|db|all|canary|web\\*|!db|&site|~web)", 0..3),
        separator in "[:,]",
    ) {
        let mut parts = before;
        parts.push(format!("{sign}{unknown}{subscript}"));
        parts.extend(after);
        prop_assert!(select(&parts.join(&separator)).is_err());
    }

    #[test]
    fn any_text_is_either_refused_or_selects_a_part_of_the_fleet(text in "\\PC{0,40}") {
        if let Ok(hosts) = select(&text) {
            prop_assert!(!hosts.is_empty());
        }
    }

    #[test]
    fn patterns_made_of_their_own_signs_never_panic(text in "[a-z01:,!&~*?\\[\\]\\\\(){}@-]{0,30}") {
        if let Ok(hosts) = select(&text) {
            prop_assert!(!hosts.is_empty());
        }
    }
}
