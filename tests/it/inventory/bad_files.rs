//! Every problem has its file, line, column and phrase, and costs no more than it must.

use super::{hosts, load_files, problems, write};
use bunker_ops::adapters::inventory::load;

const HOSTS: &str = "all:\n  hosts:\n    good:\n    bad:\n";
const HOST_VARS: &str = "cml_domain: a.example.org\ncml_repo: https://git.example.org/x.git\n";

/// Lines of `host_vars/bad.yml` after the two of [`HOST_VARS`], and what is told of each.
pub(super) const BAD_VALUES: &[(&str, &str)] = &[
    (
        "ansible_port: 70000",
        "host_vars/bad.yml:3:15: error: ansible_port wants a whole number from 1 to 65535 (leaves out bad)",
    ),
    ("ansible_port: ssh", "host_vars/bad.yml:3:15: error: ansible_port wants a whole number"),
    (
        "bunker_serial: 0",
        "3:16: error: bunker_serial: \"0\" is no number of targets: a count from 1 to 10000, or 1% to 100% (leaves out bad)\n  hint: such as 25%, 2, or [1, 5, 20%]",
    ),
    ("bunker_serial: [1, 120%]", "error: bunker_serial: \"120%\" is no number of targets"),
    ("bunker_order: random", "3:15: error: bunker_order: \"random\" is no order"),
    ("bunker_max_failed: 2/host", "error: bunker_max_failed: \"2/host\" is no limit"),
    ("bunker_maintenance: [a]", "error: bunker_maintenance wants true, false or a reason"),
    (
        "ansible_host: -oProxyCommand=id",
        "3:15: error: ansible_host: \"-oProxyCommand=id\" is no valid address",
    ),
    (
        "ansible_host: [a, b]",
        "3:15: error: ansible_host wants text, and this is a list or a mapping",
    ),
    ("ansible_user: root;id", "3:15: error: ansible_user: \"root;id\" is no valid user name"),
    ("ansible_become: maybe", "3:17: error: ansible_become wants true or false"),
    ("ansible_become_user: postgres", "error: ansible_become_user: \"postgres\" is not supported"),
    ("ansible_become_method: doas", "error: ansible_become_method: \"doas\" is not supported"),
    ("ansible_connection: local", "error: ansible_connection: \"local\" is not supported"),
    (
        "ansible_ssh_private_key_file: keys/id",
        "3:31: error: ansible_ssh_private_key_file: \"keys/id\" is no valid path on this machine",
    ),
    (
        "ansible_ssh_common_args: -o ProxyCommand='nc %h 22'",
        "error: ansible_ssh_common_args: ProxyCommand is not supported",
    ),
    (
        "ansible_ssh_common_args: -J -x",
        "error: ansible_ssh_common_args: \"-x\" is no host to jump through",
    ),
    ("ansible_ssh_args: -o ProxyCommand=x", "error: ansible_ssh_args names a proxy"),
    (
        "cml_tier: 3",
        "host_vars/bad.yml:3:11: error: cml_tier wants a whole number from 1 to 2 (leaves out bad)",
    ),
    (
        "cml_ref: 2.50",
        "3:10: error: cml_ref wants text, and this is a number or a truth value (leaves out bad)\n  hint: write it in quotes",
    ),
    ("cml_ref: --upload-pack=sh", "3:10: error: cml_ref: \"--upload-pack=sh\" is no valid git ref"),
    ("cml_dir: opt/x", "3:10: error: cml_dir: \"opt/x\" is no valid path on a host"),
    (
        "cml_dir: \"/opt/../etc\"",
        "3:10: error: cml_dir: \"/opt/../etc\" is no valid path on a host",
    ),
    ("cml_health_url: ftp://x", "3:17: error: cml_health_url: \"ftp://x\" is no valid URL"),
    (
        "cml_migrate_command: \"a\\nb\"",
        "3:22: error: cml_migrate_command: \"a\\nb\" is no valid command",
    ),
    (
        "cml_migrations_dir: ../x",
        "3:21: error: cml_migrations_dir: \"../x\" is no valid folder of the checkout",
    ),
    ("cml_compose_files: docker-compose.yml", "3:20: error: cml_compose_files wants a list"),
    (
        "cml_compose_files: [a.yml, --x]",
        "3:20: error: cml_compose_files has an item that cannot be used",
    ),
    ("cml_expected_services:\n  - api\n  - 7", "4:3: error: cml_expected_services has an item"),
    (
        "bunker_disk_warn: 85",
        "3:19: error: bunker_disk_warn wants a number from 0 to 1 (leaves out bad)\n  hint: it is a part of 1: write 85 % as 0.85",
    ),
    (
        "bunker_disk_warn: 0.99",
        "3:19: error: bunker_disk_warn is 0.99, which is more than bunker_disk_critical, which is 0.95",
    ),
    (
        "bunker_min_healthy_s: soon",
        "3:23: error: bunker_min_healthy_s wants a whole number from 0 to 86400",
    ),
    (
        "cml_backup_dir: \"{{ nowhere }}/x\"",
        "3:17: error: cml_backup_dir cannot be used: it refers to nowhere, which is not defined",
    ),
    (
        "cml_backup_dir: \"{{ cml_dir | default('/x') }}\"",
        "error: cml_backup_dir cannot be used: it has a template other than plain {{ name }}",
    ),
    ("cml_ref: \"{{ cml_ref }}\"", "3:10: error: cml_ref refers to itself: cml_ref -> cml_ref"),
    (
        "cml_ref: \"{{ vault_ref }}\"\nvault_ref: x",
        "error: cml_ref cannot be used: it refers to vault_ref, which is a secret",
    ),
    (
        "cml_ref: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  3330",
        "error: cml_ref cannot be used: it is encrypted by ansible-vault",
    ),
    (
        "cml_domain: b.example.org",
        "host_vars/bad.yml:3:1: error: cml_domain stands twice, first in line 1\n  hint: keep one of the two",
    ),
    // The file as a whole.
    ("\tx: 1", "host_vars/bad.yml:3:1: error: a tab stands where only spaces may"),
    ("x: a: b", "host_vars/bad.yml:3:5: error: this is no valid YAML"),
    (
        "cml_ref: {{ branch }}",
        "host_vars/bad.yml:3:10: error: a value that begins with {{ needs quotes",
    ),
    ("x: [a, b", "error: this is no valid YAML"),
    ("x: *nowhere", "host_vars/bad.yml:3:4: error: an alias names no anchor before it"),
    ("x: !ruby/object x", "host_vars/bad.yml:3:4: error: the tag !ruby/object has no meaning here"),
    (
        "<<<<<<< HEAD\nx: 1\n=======\nx: 2\n>>>>>>> other",
        "host_vars/bad.yml:3:1: error: the file holds an unresolved merge conflict",
    ),
    ("---\nx: 1", "host_vars/bad.yml:3:1: error: the file holds more than one document"),
];

#[test]
fn a_bad_value_costs_its_host_and_no_other() {
    let good = format!("{HOST_VARS}cml_tier: 1\n");
    for (line, told) in BAD_VALUES {
        let bad = format!("{HOST_VARS}{line}\n");
        let files =
            [("hosts.yml", HOSTS), ("host_vars/good.yml", &good), ("host_vars/bad.yml", &bad)];
        let (dir, loaded) = load_files(&files);
        let all = problems(dir.path(), &loaded);
        assert!(all.contains(told), "{line}\nwants {told}\ntold  {all}");
        assert_eq!(hosts(&loaded), "good", "{line}");
        let left_out = loaded.fleet.unwrap().left_out;
        assert_eq!(left_out.len(), 1, "{line}");
        assert_eq!(left_out.first().unwrap().id.as_str(), "bad");
    }
}

#[test]
fn what_is_probably_not_meant_is_told_and_costs_nothing() {
    for (line, told) in [
        (
            "cml_domian: x",
            "host_vars/bad.yml:3:1: warning: variable cml_domian has no meaning here\n  hint: did you mean cml_domain?",
        ),
        (
            "bunker_disk_wran: 0.5",
            "3:1: warning: variable bunker_disk_wran has no meaning here\n  hint: did you mean bunker_disk_warn?",
        ),
        ("bunker_colour: red", "3:1: warning: variable bunker_colour has no meaning here"),
        ("ansible_hots: x", "hint: did you mean ansible_host?"),
        (
            "bunker_fleet_name: x",
            "3:1: warning: bunker_fleet_name counts for the whole fleet, and not for one host",
        ),
        (
            "ansible_ssh_common_args: -o StrictHostKeyChecking=no",
            "3:26: warning: ansible_ssh_common_args: \"StrictHostKeyChecking=no\" is not used",
        ),
        ("ansible_become_password: x", "warning: ansible_become_password is not used"),
        ("ansible_password: x", "warning: ansible_password is not used"),
    ] {
        let bad = format!("{HOST_VARS}{line}\n");
        let (dir, loaded) = load_files(&[("hosts.yml", HOSTS), ("host_vars/bad.yml", &bad)]);
        let all = problems(dir.path(), &loaded);
        assert!(all.contains(told), "{line}\nwants {told}\ntold  {all}");
        assert_eq!(hosts(&loaded), "good bad", "{line}");
    }
    for quiet in [
        "cml_smtp_host: mail.example.org",
        "ansible_python_interpreter: /usr/bin/python3",
        "my_dir: x",
        "cml_admin_email: a@example.org",
    ] {
        let (_dir, loaded) = load_files(&[("hosts.yml", HOSTS), ("host_vars/bad.yml", quiet)]);
        assert_eq!(loaded.diagnostics, Vec::new(), "{quiet}");
    }
}

#[test]
fn a_wrong_structure_costs_the_fleet_since_half_a_list_is_dangerous() {
    for (text, told) in [
        ("", "no host"),
        ("- a\n- b\n", "hosts.yml:1:1: error: an inventory file wants a mapping of groups"),
        (
            "all:\n  hosts:\n    - a\n",
            "hosts.yml:3:5: error: hosts wants a mapping, and this is a list",
        ),
        (
            "all:\n  hosts: 5\n",
            "hosts.yml:2:10: error: hosts wants a mapping, and this is a single value",
        ),
        (
            "all:\n  hosts:\n    a:\nweb:\n  hosts:\n    a:\n  hosts:\n    b:\n",
            "hosts.yml:5:3: error: hosts of group web stands twice",
        ),
        (
            "all:\n  children:\n    my group:\n",
            "hosts.yml:3:5: error: \"my group\" is no valid group name",
        ),
        (
            "a:\n  children:\n    b:\nb:\n  hosts:\n    h:\n  children:\n    a:\n",
            "hosts.yml:1:1: error: group a is below itself",
        ),
        ("[web]\nh1\n", "hosts.yml"),
        ("all:\n  hosts:\n    h: {\n", "hosts.yml"),
        (
            "all:\n  hosts:\n    h:\n  vars:\n    bunker_probe_interval_s: 0\n",
            "hosts.yml:5:30: error: bunker_probe_interval_s wants a whole number from 1 to 3600",
        ),
        (
            "all:\n  hosts:\n    h:\n  vars:\n    bunker_metrics_url: metrics\n",
            "hosts.yml:5:25: error: bunker_metrics_url: \"metrics\" is no valid URL",
        ),
        (
            "all:\n  hosts:\n    h:\n  vars:\n    ansible_group_priority: high\n",
            "hosts.yml:5:29: error: ansible_group_priority wants a whole number",
        ),
    ] {
        let (dir, loaded) = load_files(&[("hosts.yml", text)]);
        let all = problems(dir.path(), &loaded);
        assert!(all.contains(told), "{text}\nwants {told}\ntold  {all}");
        assert_eq!(hosts(&loaded), "no fleet", "{text}");
    }
}

#[test]
fn bad_host_entries_cost_themselves_only() {
    let text = "all:\n  hosts:\n    good:\n    my host:\n    a;b:\n    h:x:22:\n    n[3:1]:\n    twice:\n    listed: [x]\n    twice:\n  chidren:\n    web:\n";
    let (dir, loaded) = load_files(&[("hosts.yml", text)]);
    let all = problems(dir.path(), &loaded);
    for told in [
        "hosts.yml:4:5: error: \"my host\" is no valid host name, and is left out",
        "hosts.yml:5:5: error: \"a;b\" is no valid host name",
        "hosts.yml:6:5: error: \"h:x:22\" is no valid host name, and is left out",
        "hosts.yml:7:5: error: host range \"n[3:1]\": its first end is after its last",
        "hosts.yml:8:5: error: host twice stands twice in one group (leaves out twice)",
        "hosts.yml:10:5: error: twice stands twice, first in line 8",
        "hosts.yml:9:13: error: host listed wants a mapping of variables (leaves out listed)",
        "hosts.yml:11:3: warning: \"chidren\" has no meaning in group all and is skipped\n  hint: did you mean children?",
    ] {
        assert!(all.contains(told), "wants {told}\ntold  {all}");
    }
    assert_eq!(hosts(&loaded), "good");
}

#[test]
fn a_problem_in_a_group_is_told_once_with_the_hosts_that_it_costs() {
    let hosts_yml = "web:\n  hosts:\n    w[1:5]:\nother:\n  hosts:\n    o1:\n";
    let vars = "ansible_port: x\n";
    let (dir, loaded) = load_files(&[("hosts.yml", hosts_yml), ("group_vars/web.yml", vars)]);
    assert_eq!(
        problems(dir.path(), &loaded),
        "group_vars/web.yml:1:15: error: ansible_port wants a whole number from 1 to 65535 (leaves out w1, w2, w3 and 2 more)"
    );
    assert_eq!(hosts(&loaded), "o1");
    let (dir, loaded) = load_files(&[("hosts.yml", hosts_yml), ("group_vars/web.yml", "a: [\n")]);
    let all = problems(dir.path(), &loaded);
    assert!(
        all.contains("no variable of this file is known (leaves out w1, w2, w3 and 2 more)"),
        "{all}"
    );
    assert_eq!(hosts(&loaded), "o1");
}

#[test]
fn an_instance_without_a_domain_or_a_repository_is_told() {
    let hosts_yml =
        "changemaker_instances:\n  hosts:\n    h1:\n    h2:\n      cml_domain: x.example.org\n";
    let (dir, loaded) = load_files(&[("hosts.yml", hosts_yml)]);
    let all = problems(dir.path(), &loaded);
    assert!(
        all.contains(
            "hosts.yml:3:5: error: host h1 is in group changemaker_instances and has no cml_domain"
        ),
        "{all}"
    );
    assert!(all.contains("hosts.yml:4:5: error: instance h2 has no cml_repo"), "{all}");
    assert_eq!(hosts(&loaded), "");
}

#[test]
fn files_that_count_for_nothing_are_told() {
    let (dir, loaded) = load_files(&[
        ("hosts.yml", "web:\n  hosts:\n    h1:\n"),
        ("group_vars/wbe.yml", "a: 1\n"),
        ("group_vars/web/a.yml", "a: 1\n"),
        ("group_vars/web.yml", "a: 2\n"),
        ("host_vars/h2/main.yml", "a: 1\n"),
        ("host_vars/h1/vault.age", "age-encryption.org/v1"),
        ("recipients.txt", "age1x\n"),
        ("notes.pdf", "x"),
        (".hidden", "x: ["),
        ("hosts.yml~", "x: ["),
    ]);
    let all = problems(dir.path(), &loaded);
    for told in [
        "group_vars/wbe.yml: warning: no group is named \"wbe\", so this counts for nothing\n  hint: did you mean web?",
        "group_vars/web.yml: warning: this file is ignored",
        "host_vars/h2: warning: no host is named \"h2\"",
        "notes.pdf: warning: this file is no YAML and is not read",
    ] {
        assert!(all.contains(told), "wants {told}\ntold  {all}");
    }
    assert_eq!(loaded.diagnostics.len(), 4, "{all}");
    assert_eq!(hosts(&loaded), "h1");
}

#[test]
fn encodings_are_told_with_their_place() {
    for (bytes, told) in [
        (&b"a: 1\nb: \xff\n"[..], "host_vars/bad.yml:2:4: error: this is no UTF-8"),
        (&b"a: 1\nb\0: 2\n"[..], "host_vars/bad.yml:2:2: error: the file holds a NUL byte"),
        (&b"\xff\xfea\0:\0"[..], "host_vars/bad.yml: error: the file is UTF-16"),
    ] {
        let dir = super::folder(&[("hosts.yml", HOSTS)]);
        write(dir.path(), "host_vars/bad.yml", bytes);
        let loaded = load(dir.path());
        let all = problems(dir.path(), &loaded);
        assert!(all.contains(told), "wants {told}\ntold  {all}");
        assert_eq!(hosts(&loaded), "good");
    }
    let (_dir, loaded) = load_files(&[
        ("hosts.yml", "\u{feff}all:\r\n  hosts:\r\n    good:\r\n    bad:\r\n"),
        ("host_vars/bad.yml", "\u{feff}ansible_host: 192.0.2.7\r\nansible_port: 2022\r\n"),
    ]);
    assert_eq!(loaded.diagnostics, Vec::new());
    let fleet = loaded.fleet.unwrap();
    let connection = &fleet.hosts.last().unwrap().connection;
    assert_eq!((connection.address.as_str(), connection.port), ("192.0.2.7", Some(2022)));
}

#[test]
fn a_folder_that_is_not_there_or_holds_nothing_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let loaded = load(&dir.path().join("nosuch"));
    assert!(
        problems(dir.path(), &loaded).contains("nosuch: error: there is no such inventory folder")
    );
    let loaded = load(dir.path());
    assert!(problems(dir.path(), &loaded).contains("the folder holds no inventory file"));
    assert_eq!(hosts(&loaded), "no fleet");
}
