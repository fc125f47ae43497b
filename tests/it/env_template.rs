//! The template of `.env`: what the built-in one makes of a host, and what a bad one is told.

use std::fmt::Write as _;
use std::sync::Arc;

use bunker_ops::domain::dotenv;
use bunker_ops::domain::env::{Applied, found};
use bunker_ops::domain::fleet::Host;
use bunker_ops::domain::secret::{Secret, Secrets};
use bunker_ops::domain::untrusted::Safe;
use bunker_ops::workflows::env::{EMBEDDED, REQUIRED_SECRETS, Template, render};

use crate::docs::assert_fresh;

/// A host of an inventory, with these lines in its `main.yml`.
pub(crate) fn host(lines: &str) -> Host {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(dir.path().join("host_vars/alpha")).unwrap();
    std::fs::write(dir.path().join("hosts.yml"), "all:\n  hosts:\n    alpha:\n").unwrap();
    let main = format!(
        "ansible_host: 192.0.2.1\ncml_domain: example.org\ncml_repo: https://git.example.org/x.git\n{lines}"
    );
    std::fs::write(dir.path().join("host_vars/alpha/main.yml"), main).unwrap();
    let loaded = bunker_ops::adapters::inventory::load(dir.path());
    let mut fleet = loaded.fleet.unwrap_or_else(|| panic!("{:?}", loaded.diagnostics));
    Arc::unwrap_or_clone(fleet.hosts.remove(0))
}

pub(crate) fn secrets(given: &[(&str, &str)]) -> Secrets {
    let usual = REQUIRED_SECRETS.iter().map(|name| (*name, "MARKER-made-for-a-test"));
    usual
        .chain(given.iter().copied())
        .map(|(name, value)| (name.parse().unwrap(), Secret::new(value.to_owned())))
        .collect()
}

fn template(text: &str) -> Template {
    Template { name: Safe::line("templates/env.j2"), text: text.to_owned() }
}

/// The value of a variable as Compose reads it.
fn value(text: &str, host: &Host, secrets: &Secrets, name: &str) -> String {
    let desired = render(&template(text), host, secrets).unwrap_or_else(|e| panic!("{e}"));
    let file = desired.file.open(secrets).unwrap_or_else(|e| panic!("{e}"));
    dotenv::parse(file.expose()).last()[name].value.clone().unwrap()
}

fn refused(text: &str, host: &Host) -> String {
    render(&template(text), host, &secrets(&[])).map(|_| ()).unwrap_err().to_string()
}

#[test]
fn the_built_in_template_covers_the_application_and_shows_no_secret() {
    let host = host("cml_smtp_password: \"{{ vault_smtp_password }}\"\nbunker_ops_enabled: true\n");
    let secrets = secrets(&[("vault_smtp_password", "MARKER p'a\"$s #\\")]);
    let desired = render(&Template::embedded(), &host, &secrets).unwrap_or_else(|e| panic!("{e}"));
    let names: Vec<&str> = desired.variables.iter().map(|v| v.name.as_str()).collect();
    assert!(names.len() >= 100, "{}", names.len());
    let example = include_str!("../lab/changemaker-lite/tree/.env.example");
    for entry in dotenv::parse(example).entries() {
        assert!(names.contains(&entry.name.as_str()), "{} is missing", entry.name);
    }
    let shown = serde_json::to_string(&desired.file).unwrap() + &format!("{:?}", desired.variables);
    assert!(!shown.contains("MARKER"), "{shown}");
    let file = desired.file.open(&secrets).unwrap_or_else(|e| panic!("{e}"));
    let parsed = dotenv::parse(file.expose());
    assert_eq!(parsed.problems, []);
    let read = |name: &str| parsed.last()[name].value.clone().unwrap();
    assert_eq!(read("SMTP_PASSWORD"), "MARKER p'a\"$s #\\");
    assert_eq!(read("POSTGRES_PASSWORD"), "MARKER-made-for-a-test");
    assert_eq!(read("BUNKER_OPS_ENABLED"), "true");
    assert_eq!(read("APP_URL"), "https://app.example.org");
    assert_eq!(read("SMTP_PORT"), "1025");
}

#[test]
fn no_value_makes_a_second_variable() {
    let evil = "x\nROOT=1 # \"'$HOME";
    let host = host(&format!("cml_organization_name: {}\n", serde_json::to_string(evil).unwrap()));
    assert_eq!(value("A={{ cml_organization_name }}\n", &host, &secrets(&[]), "A"), evil);
    let secrets = secrets(&[("vault_x", evil)]);
    assert_eq!(value("A={{ vault_x }}\n", &host, &secrets, "A"), evil);
    let joined = value("A={{ 'a$ ' ~ vault_x ~ cml_organization_name }}\n", &host, &secrets, "A");
    assert_eq!(joined, format!("a$ {evil}{evil}"));
}

#[test]
fn secrets_come_through_inventory_variables_and_by_their_own_names() {
    let host = host("db_url: \"postgres://u:{{ vault_x }}@db\"\nvia: \"{{ db_url }}/app\"\n");
    let secrets = secrets(&[("vault_x", "s3$cret")]);
    let text = "URL={{ via }}\nPLAIN={{ vault_gone | default('none') }}\n{% if vault_x is defined %}\nON=1\n{% endif %}\n";
    assert_eq!(value(text, &host, &secrets, "URL"), "postgres://u:s3$cret@db/app");
    assert_eq!(value(text, &host, &secrets, "PLAIN"), "none");
    assert_eq!(value(text, &host, &secrets, "ON"), "1");
    let desired = render(&template(text), &host, &secrets).unwrap();
    assert!(desired.variables[0].shown.is_none(), "a secret inside a value hides it");
    assert_eq!(desired.variables[1].shown.as_ref().unwrap().as_str(), "none");
}

#[test]
fn what_an_import_found_missing_stays_out_until_something_else_is_wanted_of_it() {
    let text = "# top\nA={{ cml_a | default(1) }}\nKEY={{ vault_x }}\nJOINED={{ 'u:' ~ vault_x ~ \"\\n\" }}\n# end\nB={{ cml_b | default('two words') }}\n";
    let old = secrets(&[("vault_x", "s3$cret")]);
    let render_for = |lines: &str, secrets: &Secrets, here: &str| {
        let host = host(lines);
        let wanted = render(&template(text), &host, secrets).unwrap();
        let (here, _) = found(here);
        let first = render(&template(text), &self::host(""), &old).unwrap();
        let applied = Applied::of_import(&first.variables, &found("A=1\n").0);
        assert_eq!(applied.left_out.keys().collect::<Vec<_>>(), ["B", "JOINED", "KEY"]);
        let desired = wanted.for_host(&host, &here, Some(&applied), secrets).unwrap();
        let file = desired.file.open(secrets).unwrap_or_else(|e| panic!("{e}"));
        let names: Vec<String> = desired.variables.iter().map(|w| w.name.clone()).collect();
        assert_eq!(names.len() + desired.left_out.len(), 4);
        (file.expose().to_owned(), names.join(" "))
    };
    let (file, names) = render_for("", &old, "A=1\n");
    assert_eq!((file.as_str(), names.as_str()), ("# top\nA=1\n# end\n", "A"));
    // Another value of the secret is no other wish.
    let new = secrets(&[("vault_x", "another one")]);
    assert_eq!(render_for("", &new, "A=1\n").1, "A");
    // What the inventory says of one sets that one.
    let (file, names) = render_for("cml_b: three\n", &old, "A=1\n");
    assert_eq!((file.as_str(), names.as_str()), ("# top\nA=1\n# end\nB=three\n", "A B"));
    // Somebody wrote it there meanwhile: that is not passed over.
    assert_eq!(render_for("", &old, "A=1\nB=mine\n").1, "A B");
    assert_eq!(render_for("cml_env_complete: yes\n", &old, "A=1\n").1, "A KEY JOINED B");
}

#[test]
fn what_cannot_be_filled_is_told_with_its_line_and_the_way_to_mend_it() {
    let host = host("half: \"{{ nowhere }}\"\nitems: [a, b]\n");
    for (text, parts) in [
        (
            "A=1\nB={{ cml_gone }}\n",
            &["templates/env.j2, line 2", "cml_gone", "host_vars/alpha/main.yml"][..],
        ),
        ("B={{ vault_gone }}\n", &["line 1", "bunker vault set alpha vault_gone"][..]),
        ("B={{ half }}\n", &["half is a template that cannot be filled", "nowhere"][..]),
        ("B={{ vault_jwt_secret | upper }}\n", &["line 1", "a secret was changed by a filter"][..]),
        ("B={{ items }}\n", &["it is a list or a mapping"][..]),
        ("B={{ items | join(' }}\n", &["line 2"][..]),
        (
            "{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}",
            &["too many steps"][..],
        ),
        ("A=1\nA=2\n", &["A is set again"][..]),
        ("what is this\n", &["no good .env"][..]),
    ] {
        let told = refused(text, &host);
        for part in parts {
            assert!(told.contains(part), "{text}: {told}");
        }
        assert!(!told.contains("MARKER"), "{told}");
    }
}

#[test]
fn the_page_of_settings_lists_the_built_in_template() {
    let mut page = "# Settings of an instance\n\n<!-- Made from src/workflows/env/env.j2 by `BUNKER_BLESS=1 cargo test --test it env_template`. -->\n\n".to_owned();
    page.push_str(include_str!("env_page.md"));
    for line in EMBEDDED.lines() {
        if let Some(title) = line.strip_prefix("# --- ") {
            let _ = write!(page, "\n## {title}\n\n| in `.env` | from | default |\n|---|---|---|\n");
        } else if let Some((name, rest)) = line.split_once("={{ ") {
            let inside = rest.trim_end_matches(" }}");
            let (from, default) = inside.split_once(" | default(").unwrap_or((inside, ""));
            let default = match default.strip_suffix(')') {
                None => "none: it must be set".to_owned(),
                Some("\"\"") => "empty".to_owned(),
                Some(default) => format!("`{}`", default.replace('|', "\\|")),
            };
            let _ = writeln!(page, "| `{name}` | `{from}` | {default} |");
        }
    }
    assert_fresh("docs/env.md", &page);
}
