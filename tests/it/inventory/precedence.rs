//! Ansible's order of precedence, as seen with ansible-core 2.19.

use std::fmt::Write as _;

use super::{load_files, problems};
use bunker_ops::adapters::inventory::load;
use bunker_ops::domain::connection::{Become, UserName};
use bunker_ops::domain::ids::GroupName;
use bunker_ops::domain::inventory::{Loaded, Reading, Shown};
use serde_json::{Value, json};

fn value(loaded: &Loaded, host: &str, name: &str) -> Value {
    let (_, vars) = loaded.variables.iter().find(|(id, _)| id.as_str() == host).unwrap();
    match vars.get(name).map(|v| &v.var.reading) {
        Some(Reading::Plain(value)) => value.clone(),
        other => panic!("{host} {name}: {other:?}"),
    }
}

/// Variables `vN` that are set in stage N and in all stages below it.
#[test]
fn the_stages_go_from_all_in_the_file_to_host_vars() {
    let set = |stage: usize, indent: usize| {
        let mut out = String::new();
        for n in stage..=6 {
            out.push_str(&" ".repeat(indent));
            let _ = writeln!(out, "v{n}: {stage}");
        }
        out
    };
    // Sets in weaker stages hold for stronger variables only, so `vN` must be N.
    let hosts = format!(
        "all:\n  vars:\n{}  children:\n    web:\n      vars:\n{}      hosts:\n        h:\n{}",
        set(1, 4),
        set(2, 8),
        set(5, 10)
    );
    let (_dir, loaded) = load_files(&[
        ("hosts.yml", &hosts),
        ("group_vars/all.yml", &set(3, 0)),
        ("group_vars/web.yml", &set(4, 0)),
        ("host_vars/h.yml", &set(6, 0)),
    ]);
    assert_eq!(loaded.diagnostics, Vec::new());
    for n in 1..=6 {
        assert_eq!(value(&loaded, "h", &format!("v{n}")), json!(n), "v{n}");
    }
}

#[test]
fn deeper_groups_win_then_priority_then_the_last_name() {
    let hosts = "\
all:
  children:
    parent:
      vars: {depth: parent, ansible_group_priority: 10}
      children:
        child:
          vars: {depth: child}
          hosts: {h: }
    abc:
      vars: {name: abc, prio: abc}
      hosts: {h: }
    zzz:
      vars: {name: zzz, prio: zzz}
      hosts: {h: }
    aaa:
      vars: {prio: aaa, ansible_group_priority: 5}
      hosts: {h: }
";
    let (_dir, loaded) = load_files(&[("hosts.yml", hosts)]);
    assert_eq!(loaded.diagnostics, Vec::new());
    assert_eq!(value(&loaded, "h", "depth"), json!("child"));
    assert_eq!(value(&loaded, "h", "name"), json!("zzz"));
    assert_eq!(value(&loaded, "h", "prio"), json!("aaa"));
    let fleet = loaded.fleet.unwrap();
    let groups: Vec<&str> =
        fleet.hosts.first().unwrap().groups.iter().map(GroupName::as_str).collect();
    assert_eq!(groups, ["child", "parent", "aaa", "zzz", "abc"]);
}

#[test]
fn depth_is_the_longest_way_and_group_files_beat_every_group_of_the_file() {
    let hosts = "\
top:
  children: {mid: , leaf: }
mid:
  children: {leaf: }
leaf:
  vars: {x: leaf in the file}
  hosts: {h: }
flat:
  vars: {y: flat}
  hosts: {h: }
";
    let files = [
        ("hosts.yml", hosts),
        ("group_vars/all", "x: all file\ny: all file\n"),
        ("group_vars/mid/b.yml", "z: b\nw: b\n"),
        ("group_vars/mid/a/deep.yaml", "z: a\n"),
        ("group_vars/flat.json", "{\"w\": \"flat\"}"),
    ];
    let (_dir, loaded) = load_files(&files);
    assert_eq!(loaded.diagnostics, Vec::new());
    assert_eq!(value(&loaded, "h", "x"), json!("all file"));
    assert_eq!(value(&loaded, "h", "y"), json!("all file"));
    assert_eq!(value(&loaded, "h", "z"), json!("b"));
    assert_eq!(value(&loaded, "h", "w"), json!("b"), "mid is deeper than flat");
}

#[test]
fn values_replace_each_other_whole() {
    let (_dir, loaded) = load_files(&[
        ("hosts.yml", "all:\n  hosts:\n    h:\n"),
        ("group_vars/all.yml", "m: {a: 1}\nl: [1, 2]\nn: 1\n"),
        ("host_vars/h.yml", "m: {b: 2}\nl: [3]\nn:\n"),
    ]);
    assert_eq!(value(&loaded, "h", "m"), json!({"b": 2}));
    assert_eq!(value(&loaded, "h", "l"), json!([3]));
    assert_eq!(value(&loaded, "h", "n"), json!(null));
}

#[test]
fn several_inventory_files_are_one_and_hosts_keep_their_order() {
    let (_dir, loaded) = load_files(&[
        ("b.yml", "web:\n  hosts:\n    h2: {x: b}\n    h1: {x: b}\n"),
        ("c/extra.yaml", "web:\n  vars: {y: c}\n  hosts:\n    h3:\n    h1: {x: c}\n"),
        ("a.yml", "web:\n  hosts:\n    h9:\n"),
        ("hosts.orig", "web: ["),
    ]);
    assert_eq!(loaded.diagnostics, Vec::new());
    assert_eq!(super::hosts(&loaded), "h9 h2 h1 h3");
    assert_eq!(value(&loaded, "h1", "x"), json!("c"));
    assert_eq!(value(&loaded, "h2", "y"), json!("c"));
}

#[test]
fn hosts_of_no_group_are_ungrouped() {
    let (_dir, loaded) =
        load_files(&[("hosts.yml", "all:\n  hosts:\n    a:\n    b:\nweb:\n  hosts:\n    b:\n")]);
    let fleet = loaded.fleet.unwrap();
    let of = |n: usize| {
        fleet.hosts.get(n).unwrap().groups.iter().map(GroupName::as_str).collect::<Vec<_>>()
    };
    assert_eq!((of(0), of(1)), (vec!["ungrouped"], vec!["web"]));
}

#[test]
fn anchors_merge_keys_and_templates_are_followed() {
    let (dir, loaded) = load_files(&[
        ("hosts.yml", "all:\n  hosts:\n    web.example.org:\n"),
        (
            "group_vars/all.yml",
            "\
base: &base {a: 1, b: 2}
mine: {<<: *base, b: 3}
name: \"{{ inventory_hostname_short }}-{{ base_port }}\"
base_port: 4000
port: \"{{ base_port }}\"
literal: !unsafe \"{{ name }}\"
later: \"{{ name | upper }}\"
secret: \"{{ vault_x }}\"
vault_x: s3cret
list: [\"{{ port }}\", x]
ansible_ssh_private_key_file: \"{{ inventory_dir }}/key\"
",
        ),
    ]);
    assert_eq!(problems(dir.path(), &loaded), "");
    let host = "web.example.org";
    assert_eq!(value(&loaded, host, "mine"), json!({"a": 1, "b": 3}));
    assert_eq!(value(&loaded, host, "name"), json!("web-4000"));
    assert_eq!(value(&loaded, host, "port"), json!(4000));
    assert_eq!(value(&loaded, host, "list"), json!([4000, "x"]));
    let fleet = loaded.fleet.as_ref().unwrap();
    let vars = &fleet.hosts.first().unwrap().vars;
    assert_eq!(vars.get("literal"), Some(&json!("{{ name }}")));
    assert_eq!(vars.get("later"), Some(&json!("{{ name | upper }}")));
    assert_eq!(vars.get("secret"), Some(&json!("{{ vault_x }}")), "secrets do not spread");
    assert_eq!(vars.get("vault_x"), None);
    let key = fleet.hosts.first().unwrap().connection.identity.as_deref();
    let full = dir.path().canonicalize().unwrap().join("key");
    assert_eq!(key, full.to_str());
}

#[test]
fn vaults_are_kept_closed_and_cost_nothing() {
    let vault = "$ANSIBLE_VAULT;1.1;AES256\n3330333133323333\n";
    let (_dir, loaded) = load_files(&[
        ("hosts.yml", "all:\n  hosts:\n    h:\n"),
        ("host_vars/h/main.yml", "token: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  3330\nopen: 1\n"),
        ("host_vars/h/vault.yml", vault),
    ]);
    assert_eq!(loaded.diagnostics, Vec::new());
    let (_, vars) = loaded.variables.iter().next().unwrap();
    assert_eq!(vars.get("token").unwrap().shown("token"), Shown::Secret);
    assert_eq!(vars.get("open").unwrap().shown("open"), Shown::Value(json!(1)));
    assert!(!loaded.fleet.unwrap().hosts.first().unwrap().vars.contains_key("token"));
}

#[test]
fn connections_are_read_whole() {
    let (_dir, loaded) = load_files(&[(
        "hosts.yml",
        "\
all:
  hosts:
    h:
      ansible_host: 2001:db8::7
      ansible_port: \"2022\"
      ansible_user: deploy
      ansible_ssh_private_key_file: /keys/id
      ansible_become: no
      ansible_ssh_common_args: -J ops@bastion.example.org:2200,inner -o \"ProxyJump=a@b,[2001:db8::1]:22\"
      bunker_known_hosts: /keys/known_hosts
    plain:
",
    )]);
    assert_eq!(loaded.diagnostics, Vec::new());
    let fleet = loaded.fleet.unwrap();
    let c = &fleet.hosts.first().unwrap().connection;
    assert_eq!((c.address.as_str(), c.port), ("2001:db8::7", Some(2022)));
    assert_eq!(c.user.as_ref().map(UserName::as_str), Some("deploy"));
    assert_eq!(c.identity.as_deref(), Some("/keys/id"));
    assert_eq!(c.known_hosts.as_deref(), Some("/keys/known_hosts"));
    assert_eq!(c.become_root, Become::LoginUser);
    let hops: Vec<String> = c
        .jump
        .iter()
        .map(|j| format!("{:?} {} {:?}", j.user.as_ref().map(UserName::as_str), j.address, j.port))
        .collect();
    assert_eq!(hops, ["Some(\"a\") b None", "None 2001:db8::1 Some(22)"]);
    let plain = &fleet.hosts.last().unwrap().connection;
    assert_eq!((plain.address.as_str(), plain.port), ("plain", None));
    assert_eq!(plain.become_root, Become::Root);
}

#[test]
fn the_demo_inventory_of_paper_hosts_loads() {
    let dir = super::folder(&[
        ("hosts.yml", "changemaker_instances:\n  hosts:\n    p[01:12]:\n"),
        (
            "group_vars/all/main.yml",
            "ansible_user: me\nansible_port: 2222\nansible_become: false\nansible_ssh_private_key_file: /lab/key\nbunker_known_hosts: /lab/known_hosts\ncml_repo: /lab/cml.git\ncml_domain: \"{{ inventory_hostname }}.lab.example.org\"\nbunker_metrics_url: http://127.0.0.1:8428\n",
        ),
    ]);
    let loaded = load(dir.path());
    assert_eq!(problems(dir.path(), &loaded), "");
    assert_eq!(loaded.fleet.unwrap().instances().count(), 12);
}
