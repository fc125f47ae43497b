//! What we write is read by real `ansible-vault`, and the other way round.

use std::fs;
use std::path::Path;

use super::capability::missing;
use super::lab::ansible;
use super::vault_shell::{Shell, shell};

fn vault(venv: &Path, shell: &Shell, args: &[&str]) -> String {
    let home = shell.dir.path();
    let ended = ansible::program(venv, "ansible-vault", home).args(args).output().unwrap();
    let told = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "ansible-vault {args:?}: {told}");
    String::from_utf8(ended.stdout).unwrap()
}

#[test]
fn real_ansible_vault_reads_what_is_exported_and_writes_what_is_imported() {
    let name = "real_ansible_vault_reads_what_is_exported_and_writes_what_is_imported";
    let venv = match ansible::venv() {
        Ok(venv) => venv,
        Err(why) => return missing(name, &why),
    };
    let shell = shell();
    let home = shell.dir.path();
    fs::write(home.join(".vault_pass"), "s3cret pass\n").unwrap();
    let awkward = "q'u\"o$te # {{ x }} \\ grüße";
    shell.ok(&["vault", "init", "--name", "anna"], "");
    shell.ok(&["vault", "set", "one", "vault_awkward"], awkward);
    shell.ok(&["vault", "set", "one", "vault_digits"], "0123");
    let pass = ["--vault-password-file", ".vault_pass"];

    shell.ok(&[&["vault", "export-ansible", "one", "whole.yml"][..], &pass].concat(), "");
    let text = vault(&venv, &shell, &[&["view", "whole.yml"][..], &pass].concat());
    let values: std::collections::BTreeMap<String, String> = serde_yaml::from_str(&text).unwrap();
    assert_eq!(values["vault_awkward"], awkward);
    assert_eq!(values["vault_digits"], "0123");

    // Ansible opens each value of the other form when it is used.
    shell.ok(
        &[&["vault", "export-ansible", "one", "inline.yml", "--inline"][..], &pass].concat(),
        "",
    );
    let debug = ["localhost", "-m", "debug", "-a", "var=vault_awkward", "-e", "@inline.yml"];
    let mut command = ansible::program(&venv, "ansible", home);
    let ended = command.args([&debug[..], &pass].concat()).output().unwrap();
    let told = String::from_utf8_lossy(&ended.stdout).into_owned();
    let start = told.find('{').unwrap_or_else(|| panic!("{told}"));
    let value: serde_json::Value = serde_json::from_str(told.get(start..).unwrap()).unwrap();
    // Ansible 2.19 hides nothing here, and leaves braces alone: values from a vault are no templates.
    assert_eq!(value["vault_awkward"], awkward, "{told}");

    // The other way: a whole file of a labelled vault, and a value by itself.
    fs::write(home.join("plain.yml"), "vault_from_ansible: 'it''s'\nvault_pin: 0042\n").unwrap();
    let id = ["--vault-id", "prod@.vault_pass", "--encrypt-vault-id", "prod"];
    vault(&venv, &shell, &[&["encrypt", "plain.yml"][..], &id].concat());
    assert!(fs::read_to_string(home.join("plain.yml")).unwrap().contains(";1.2;AES256;prod"));
    let string = ["encrypt_string", "by itself", "--name", "smtp_password"];
    let inline = vault(&venv, &shell, &[&string[..], &pass].concat());
    fs::create_dir_all(home.join("inventory/host_vars/two")).unwrap();
    fs::write(home.join("inventory/host_vars/two/vault.yml"), inline).unwrap();
    fs::write(home.join(".other_pass"), "of another label\n").unwrap();
    let ids = ["--vault-id", "dev@.other_pass", "--vault-id", "prod@.vault_pass"];
    shell.ok(&[&["vault", "import-ansible", "one", "plain.yml"][..], &ids].concat(), "");
    // With which of them something would be encrypted nobody can guess.
    let (code, _, told) =
        shell.run(&[&["vault", "export-ansible", "one", "other.yml"][..], &ids].concat(), "");
    assert!(code != 0 && told.contains("--vault-password-file"), "{code} {told}");
    assert!(!home.join("other.yml").exists());
    let (_, _, told) = shell.run(&[&["vault", "import-ansible", "two"][..], &pass].concat(), "");
    assert!(told.contains("smtp_password: \"{{ vault_smtp_password }}\""), "{told}");
    for (of, name, want) in [
        ("one", "vault_from_ansible", "it's\n"),
        ("one", "vault_pin", "0042\n"),
        ("two", "vault_smtp_password", "by itself\n"),
    ] {
        assert_eq!(shell.ok(&["vault", "get", of, name], ""), want);
    }
}
