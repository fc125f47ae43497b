//! The windows of a host: the nearest list counts, whole.

use super::{load_files, problems};

const HOSTS: &str = "all:\n  hosts:\n    a: {cml_domain: a.example.org}\n    b: {cml_domain: b.example.org}\n    \
    c: {cml_domain: c.example.org}\n  children:\n    prod: {hosts: {a: , b: }}\n";

fn list(name: &str) -> String {
    format!("bunker_windows:\n  - {{name: {name}, daily: \"22:00\", to: \"04:00\", zone: UTC}}\n")
}

#[test]
fn a_window_of_all_is_replaced_by_that_of_a_group_and_that_by_the_hosts_own_or_none() {
    let (all, prod) = (list("all"), list("prod"));
    let files = [
        ("hosts.yml", HOSTS),
        ("group_vars/all/cml.yml", "cml_repo: /srv/cml.git\n"),
        ("group_vars/all/bunker.yml", all.as_str()),
        ("group_vars/prod.yml", prod.as_str()),
        ("host_vars/b/bunker.yml", "bunker_windows: []\n"),
    ];
    let (dir, loaded) = load_files(&files);
    assert_eq!(problems(dir.path(), &loaded), "");
    let fleet = loaded.fleet.unwrap();
    let names = |host: &str| {
        let host = fleet.host(&host.parse().unwrap()).unwrap();
        host.windows.iter().map(|window| window.name.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(names("a"), ["prod"]);
    assert_eq!(names("b"), Vec::<String>::new());
    assert_eq!(names("c"), ["all"]);
}
