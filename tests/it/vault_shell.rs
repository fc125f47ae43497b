//! `bunker vault` as the shell sees it.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// An operator's home with an inventory.
pub(crate) struct Shell {
    pub(crate) dir: tempfile::TempDir,
    who: PathBuf,
}

pub(crate) fn shell() -> Shell {
    let dir = tempfile::tempdir().unwrap();
    let inventory = dir.path().join("inventory");
    fs::create_dir(&inventory).unwrap();
    let hosts = "web:\n  hosts:\n    one:\n    two:\n";
    fs::write(inventory.join("hosts.yml"), hosts).unwrap();
    let who = dir.path().join("anna");
    Shell { dir, who }
}

impl Shell {
    /// Runs as another operator of the same inventory.
    fn becomes(&mut self, name: &str) {
        self.who = self.dir.path().join(name);
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bunker"));
        command
            .current_dir(self.dir.path())
            .env_remove("BUNKER_IDENTITY")
            .env_remove("BUNKER_INVENTORY")
            .env("XDG_CONFIG_HOME", &self.who)
            .env("BUNKER_STATE", self.who.join("state"));
        command
    }

    /// Exit code, standard output and standard error.
    pub(crate) fn run(&self, args: &[&str], input: &str) -> (i32, String, String) {
        self.run_with(args, input, &[])
    }

    pub(crate) fn run_with(
        &self,
        args: &[&str],
        input: &str,
        set: &[(&str, &str)],
    ) -> (i32, String, String) {
        let mut command = self.command();
        command.args(args).envs(set.iter().copied());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // A verb that reads nothing may have ended.
        drop(child.stdin.take().unwrap().write_all(input.as_bytes()));
        let ended = child.wait_with_output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (ended.status.code().unwrap(), text(ended.stdout), text(ended.stderr))
    }

    /// Standard output of what must succeed.
    pub(crate) fn ok(&self, args: &[&str], input: &str) -> String {
        let (code, out, err) = self.run(args, input);
        assert_eq!(code, 0, "{args:?}: {out}{err}");
        out
    }
}

const MARK: &str = "m4rk-planted-in-a-secret";

#[test]
fn a_secret_is_set_shown_listed_and_removed() {
    let shell = shell();
    let key = shell.ok(&["vault", "init", "--name", "anna"], "");
    assert!(key.starts_with("age1"), "{key}");
    let identity = shell.who.join("bunker/identity.txt");
    assert_eq!(fs::metadata(&identity).unwrap().permissions().mode() & 0o777, 0o600);
    let (_, out, told) = shell.run(&["vault", "set", "one", "vault_token"], &format!("{MARK}\n"));
    assert!(!out.contains(MARK) && !told.contains(MARK), "{out}{told}");
    assert!(told.contains("vault_token of one has generation 1"), "{told}");
    assert_eq!(shell.ok(&["vault", "get", "one", "vault_token"], ""), format!("{MARK}\n"));
    shell.ok(&["vault", "set", "one", "vault_token"], "other");
    let list = shell.ok(&["vault", "list"], "");
    assert!(list.contains("vault_token") && list.contains(" 2 "), "{list}");
    let json: serde_json::Value =
        serde_json::from_str(&shell.ok(&["vault", "list", "--json"], "")).unwrap();
    assert_eq!(json[0]["generation"], 2);
    shell.ok(&["vault", "verify"], "");
    let file = fs::read_to_string(shell.dir.path().join("inventory/host_vars/one/vault.age"));
    assert!(!file.unwrap().contains("other"));
    shell.ok(&["vault", "rm", "one", "vault_token"], "");
    assert_eq!(shell.run(&["vault", "get", "one", "vault_token"], "").0, 4);
    // Ansible's inventory, and ours, do not see the files of the vault.
    shell.ok(&["inventory", "check"], "");
}

#[test]
fn secrets_of_vaults_are_among_the_variables_without_their_values_or_a_key() {
    let mut shell = shell();
    shell.ok(&["vault", "init", "--name", "anna"], "");
    for (owner, name) in [("all", "vault_a"), ("web", "vault_a"), ("one", "vault_b")] {
        shell.ok(&["vault", "set", owner, name], MARK);
    }
    shell.ok(&["vault", "set", "one", "vault_b"], "other");
    let file = shell.dir.path().join("inventory/host_vars/one/main.yml");
    fs::write(file, "open: 1\n").unwrap();
    // Who has no identity reads the same.
    shell.becomes("nobody");
    let here = format!("{}/", shell.dir.path().display());
    let rows: Vec<String> = shell
        .ok(&["inventory", "vars", "one"], "")
        .replace(&here, "")
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(
        rows,
        [
            "VARIABLE VALUE GIVEN BY AT",
            "open 1 host inventory/host_vars/one/main.yml:1",
            "vault_a <secret>, generation 1 group web inventory/group_vars/web/vault.age",
            "vault_b <secret>, generation 2 host inventory/host_vars/one/vault.age",
        ]
    );
    let json = shell.ok(&["inventory", "vars", "one", "--json"], "");
    assert!(!json.contains("BEGIN AGE") && !json.contains(MARK), "{json}");
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["vault_b"]["value"], "<secret>");
    assert_eq!(json["vault_b"]["generation"], 2);
    assert_eq!(json["vault_a"]["from"], "group web");
    assert!(json["open"].get("generation").is_none());
    // A vault that is damaged is told of, not left out.
    let damaged = shell.dir.path().join("inventory/host_vars/one/vault.age");
    fs::write(damaged, "version: 9\n").unwrap();
    let json: serde_json::Value =
        serde_json::from_str(&shell.ok(&["inventory", "vars", "one", "--json"], "")).unwrap();
    assert_eq!(json["vault.age"]["value"], "its names cannot be read");
    assert!(json["vault.age"]["unresolved"].as_str().unwrap().contains("vault.age"), "{json}");
}

#[test]
fn what_cannot_be_meant_changes_nothing() {
    let shell = shell();
    let (code, _, told) = shell.run(&["vault", "set", "one", "vault_a"], "x");
    assert!(code == 1 && told.contains("run `bunker vault init`"), "{told}");
    shell.ok(&["vault", "init"], "");
    for (args, input, code, told) in [
        (&["vault", "set", "on", "vault_a"][..], "x", 4, "did you mean one?"),
        (&["vault", "set", "one", "password"], "x", 2, "begin with vault_"),
        (&["vault", "set", "one", "vault_a"], "\n", 2, "the value is empty"),
        (&["vault", "set", "one", "vault_a"], "a\0b", 2, "zero byte"),
        (&["vault", "rm", "one", "vault_a"], "", 4, "has no vault_a"),
        (&["--read-only", "vault", "set", "one", "vault_a"], "x", 8, "--read-only"),
        (&["vault", "recipients", "add", "x", "age1nonsense"], "", 1, "no age recipient"),
    ] {
        let (got, out, err) = shell.run(args, input);
        assert_eq!(got, code, "{args:?}: {out}{err}");
        assert!(err.contains(told), "{args:?}: {err}");
    }
    assert!(!shell.dir.path().join("inventory/host_vars").exists());
}

#[test]
fn a_person_is_added_and_removed_and_what_they_have_seen_is_named() {
    let mut shell = shell();
    shell.ok(&["vault", "init", "--name", "anna"], "");
    shell.ok(&["vault", "set", "one", "vault_a"], "first");
    shell.ok(&["vault", "set", "all", "vault_b"], "of all");
    shell.becomes("ben");
    shell.ok(&["vault", "init", "--name", "ben"], "");
    let (code, _, told) = shell.run(&["vault", "get", "one", "vault_a"], "");
    assert!(code == 1 && told.contains("no identity of yours opens"), "{told}");
    shell.becomes("anna");
    let (code, found, _) = shell.run(&["vault", "verify"], "");
    assert!(code == 3 && found.contains("bunker vault rekey"), "{found}");
    shell.ok(&["vault", "rekey"], "");
    shell.becomes("ben");
    assert_eq!(shell.ok(&["vault", "get", "one", "vault_a"], ""), "first\n");
    shell.becomes("anna");
    let (code, _, told) = shell.run(&["vault", "recipients", "remove", "ben"], "");
    assert!(code == 0 && told.contains("ben has seen, of one: vault_a"), "{told}");
    let (code, _, told) = shell.run(&["vault", "rekey"], "");
    assert!(code == 0 && told.contains("change vault_a of one: seen by ben"), "{told}");
    assert!(told.contains("change vault_b of all"), "{told}");
    shell.ok(&["vault", "set", "one", "vault_a"], "second");
    let (code, found, _) = shell.run(&["vault", "verify"], "");
    assert!(code == 3 && !found.contains("vault_a") && found.contains("vault_b"), "{found}");
    shell.becomes("ben");
    assert_eq!(shell.run(&["vault", "get", "one", "vault_a"], "").0, 1);
    let people = shell.ok(&["vault", "recipients", "list"], "");
    assert!(people.contains("anna") && !people.contains("ben"), "{people}");
}

/// Where it is said that a text is kept.
fn kept_at(told: &str) -> PathBuf {
    let kept = told.split("What you wrote is in ").nth(1).and_then(|rest| rest.split(',').next());
    PathBuf::from(kept.unwrap_or_else(|| panic!("{told}")))
}

#[test]
fn an_edit_changes_what_was_edited_and_loses_nothing() {
    let shell = shell();
    shell.ok(&["vault", "init"], "");
    shell.ok(&["vault", "set", "one", "vault_a"], "a: '\"$\\");
    shell.ok(&["vault", "set", "one", "vault_b"], "gone");
    let edit = |script: &str| {
        let (_, out, told) =
            shell.run_with(&["vault", "edit", "one"], "", &[("EDITOR", script), ("VISUAL", "")]);
        out + &told
    };
    let path = shell.dir.path().join("inventory/host_vars/one/vault.age");
    let before = fs::read(&path).unwrap();
    assert!(edit("true").contains("nothing was changed"));
    assert!(edit("false").contains("the editor ended with"));
    assert_eq!(fs::read(&path).unwrap(), before);
    // What is on the way stands in memory, for us only.
    let seen = shell.dir.path().join("seen");
    let look = format!("stat -c '%a %n' > {} ", seen.display());
    assert!(edit(&look).contains("nothing was changed"));
    let seen = fs::read_to_string(seen).unwrap();
    let file = seen.trim().strip_prefix("600 ").unwrap_or_else(|| panic!("{seen}"));
    assert!(!PathBuf::from(file).exists());
    // An editor that fails before anything was typed leaves no secret behind.
    let seen = shell.dir.path().join("failed");
    let told = edit(&format!("sh -c 'echo \"$1\" > {}; exit 3' x", seen.display()));
    assert!(told.contains("nothing was changed") && !told.contains("What you wrote"), "{told}");
    assert!(!PathBuf::from(fs::read_to_string(seen).unwrap().trim()).exists());
    // One that was ended may have what was typed in a file beside it.
    let told = edit("sh -c 'echo typed > \"$(dirname \"$1\")/.swap\"; exit 3' x");
    let kept = kept_at(&told);
    assert_eq!(fs::read_to_string(kept.with_file_name(".swap")).unwrap(), "typed\n");
    fs::remove_dir_all(kept.parent().unwrap()).unwrap();
    let told = edit("sh -c 'sed -i -e /vault_b/d \"$1\"; echo \"vault_c: 0042\" >> \"$1\"' x");
    assert!(told.contains("changed 2 secrets of one"), "{told}");
    assert_eq!(shell.ok(&["vault", "get", "one", "vault_a"], ""), "a: '\"$\\\n");
    assert_eq!(shell.ok(&["vault", "get", "one", "vault_c"], ""), "0042\n");
    assert_eq!(shell.run(&["vault", "get", "one", "vault_b"], "").0, 4);
    // Broken: the text is kept, and said where; its content is not said.
    let told = edit("sh -c 'echo \"vault_d: [new-value\" >> \"$1\"' x");
    assert!(told.contains("this is no list of") && !told.contains("new-value"), "{told}");
    let kept = kept_at(&told);
    assert!(fs::read_to_string(&kept).unwrap().contains("vault_d: [new-value"));
    fs::remove_dir_all(kept.parent().unwrap()).unwrap();
    // Somebody else changes the same secret meanwhile.
    let program = env!("CARGO_BIN_EXE_bunker");
    let meanwhile = format!(
        "sh -c 'sed -i s/0042/0043/ \"$1\"; echo theirs | {program} vault set one vault_c' x"
    );
    let told = edit(&meanwhile);
    assert!(told.contains("somebody else has changed vault_c meanwhile"), "{told}");
    assert_eq!(shell.ok(&["vault", "get", "one", "vault_c"], ""), "theirs\n");
    fs::remove_dir_all(kept_at(&told).parent().unwrap()).unwrap();
}

#[test]
fn a_secret_that_no_vault_holds_is_named_where_it_is_asked_for() {
    let shell = shell();
    shell.ok(&["vault", "init"], "");
    shell.ok(&["vault", "set", "one", "vault_own"], "x");
    shell.ok(&["vault", "set", "web", "vault_shared"], "x");
    let vars = shell.dir.path().join("inventory/group_vars/web/main.yml");
    let text = "a: \"{{ vault_own }}\"\nb: \"{{ vault_shared }} {{ vault_plain }}\"\nvault_plain: y\n\
                c:\n  - \"{{ vault_gone }}\"\nd: \"{{ vault_perhaps | default('') }}\"\n";
    fs::write(vars, text).unwrap();
    let (code, out, _) = shell.run(&["inventory", "check"], "");
    assert_eq!(code, 3, "{out}");
    let told = "group_vars/web/main.yml:1:4: warning: it names vault_own, which no vault of two holds, nor one of their \
                groups\n  hint: set it: bunker vault set two vault_own";
    assert!(out.contains(told), "{out}");
    assert!(
        out.contains(
            "main.yml:5:3: warning: it names vault_gone, which no vault of one, two holds"
        ),
        "{out}"
    );
    assert!(out.contains("0 errors, 2 warnings"), "{out}");
    for name in ["vault_gone", "vault_own"] {
        shell.ok(&["vault", "set", "web", name], "x");
    }
    shell.ok(&["inventory", "check"], "");
}
