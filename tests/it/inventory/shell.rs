//! `bunker inventory` as the shell sees it.

use std::path::Path;
use std::process::{Command, Output};

use super::folder;

fn bunker(dir: &Path, args: &[&str]) -> (i32, String, String) {
    let Output { status, stdout, stderr } = Command::new(env!("CARGO_BIN_EXE_bunker"))
        .arg("--inventory")
        .arg(dir)
        .arg("inventory")
        .args(args)
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

const FILES: &[(&str, &str)] = &[
    ("hosts.yml", "web:\n  hosts:\n    w1:\n      x: 1\n    w2:\ndb:\n  hosts:\n    d1:\n"),
    ("group_vars/all.yml", "vault_token: s3cret\napi_password: s3cret\nopen: hello\n"),
    ("group_vars/web.yml", "key: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  3330\n"),
];

#[test]
fn list_has_the_shape_of_ansible_inventory() {
    let dir = folder(FILES);
    let (code, out, err) = bunker(dir.path(), &["list", "--json", "--limit", "web:!w2"]);
    assert_eq!((code, err.as_str()), (0, ""));
    let value: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        value,
        serde_json::json!({
            "_meta": {"hostvars": {"w1": {
                "api_password": "<secret>", "key": "<secret>", "open": "hello",
                "vault_token": "<secret>", "x": 1,
            }}},
            "all": {"children": ["db", "ungrouped", "web"]},
            "web": {"hosts": ["w1"]},
        })
    );
    let (code, out, _) = bunker(dir.path(), &["list"]);
    assert_eq!(code, 0);
    assert_eq!(
        out,
        "HOST  ADDRESS  DOMAIN  TIER  REF  GROUPS\n\
         w1    w1       -       -     -    web\n\
         w2    w2       -       -     -    web\n\
         d1    d1       -       -     -    db\n"
    );
}

#[test]
fn no_limit_ever_falls_back_to_all() {
    let dir = folder(FILES);
    std::fs::write(dir.path().join("limit.txt"), "w1\n# a comment\n\nd1\n").unwrap();
    let file = format!("@{}", dir.path().join("limit.txt").display());
    let (code, out, _) = bunker(dir.path(), &["list", "--limit", &file]);
    assert_eq!(code, 0);
    assert_eq!(
        out.lines().map(|l| l.split(' ').next().unwrap()).collect::<Vec<_>>(),
        ["HOST", "w1", "d1"]
    );
    for (limit, code, told) in [
        ("", 2, "it is empty"),
        ("all:!", 2, "a part of it is empty"),
        ("@/nosuch", 2, "cannot be read"),
        ("wbe", 4, "did you mean web?"),
        ("w1,nosuch", 4, "no host or group \"nosuch\""),
        ("web:&db", 4, "matches no host"),
    ] {
        let (got, out, err) = bunker(dir.path(), &["list", "--limit", limit]);
        assert_eq!((got, out.as_str()), (code, ""), "{limit}");
        assert!(err.contains(told), "{limit}: {err}");
    }
    std::fs::write(dir.path().join("empty.txt"), "\n# nothing\n").unwrap();
    let file = format!("@{}", dir.path().join("empty.txt").display());
    assert_eq!(bunker(dir.path(), &["list", "--limit", &file]).0, 2);
}

#[test]
fn vars_say_where_each_comes_from_and_no_secret() {
    let dir = folder(FILES);
    let (code, out, _) = bunker(dir.path(), &["vars", "w1"]);
    assert_eq!(code, 0);
    let rows: Vec<String> = out
        .replace(&format!("{}/", dir.path().display()), "")
        .lines()
        .map(|l| l.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(
        rows,
        [
            "VARIABLE VALUE GIVEN BY AT",
            "api_password <secret> group all group_vars/all.yml:2",
            "key <secret> group web group_vars/web.yml:1",
            "open hello group all group_vars/all.yml:3",
            "vault_token <secret> group all group_vars/all.yml:1",
            "x 1 host hosts.yml:4",
        ]
    );
    let (_, json, _) = bunker(dir.path(), &["vars", "w1", "--json"]);
    assert!(!json.contains("s3cret") && !json.contains("3330"), "{json}");
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(value.pointer("/open/line"), Some(&serde_json::json!(3)));
    assert_eq!(value.pointer("/x/from"), Some(&serde_json::json!("host")));
    let (code, _, err) = bunker(dir.path(), &["vars", "w3"]);
    assert_eq!(code, 4);
    assert!(err.contains("there is no host \"w3\" in the inventory; did you mean"), "{err}");
}

#[test]
fn check_ends_with_three_where_something_is_found() {
    let dir = folder(FILES);
    let (code, out, _) = bunker(dir.path(), &["check"]);
    assert_eq!((code, out.as_str()), (0, "no problems: 3 hosts, 0 of them instances\n"));
    super::write(dir.path(), "host_vars/w2.yml", b"ansible_port: x\nbunker_serail: 1\n");
    let (code, out, _) = bunker(dir.path(), &["check"]);
    assert_eq!(code, 3);
    assert!(out.ends_with("\n1 errors, 1 warnings; 1 of 3 hosts left out\n"), "{out}");
    let (code, out, _) = bunker(dir.path(), &["check", "--json"]);
    assert_eq!(code, 3);
    let value: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(value.pointer("/0/line"), Some(&serde_json::json!(1)));
    assert_eq!(value.pointer("/0/column"), Some(&serde_json::json!(15)));
    assert_eq!(value.pointer("/0/severity"), Some(&serde_json::json!("error")));
    assert_eq!(value.pointer("/1/hint"), Some(&serde_json::json!("did you mean bunker_serial?")));
    // The rest goes on, and says on standard error that something is missing.
    let (code, out, err) = bunker(dir.path(), &["list"]);
    assert_eq!((code, out.lines().count()), (0, 3));
    assert_eq!(
        err,
        "bunker: the inventory has 2 problems, which leave out w2: bunker inventory check\n"
    );
    super::write(dir.path(), "hosts.yml", b"all: [\n");
    let (code, out, err) = bunker(dir.path(), &["list"]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.contains("cannot be used") && err.contains("hosts.yml:"), "{err}");
}
