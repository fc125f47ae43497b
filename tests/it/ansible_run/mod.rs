//! Real `ansible-playbook` as a workflow on paper hosts: as an operator calls it, and what is left of it where.

mod controls;

use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::capability::missing;
use crate::deploy_run::{Said, Site};
use crate::lab::{HostSpec, ansible, processes};

/// Ansible's vault password of the test, which may stand nowhere.
const PASSWORD: &str = "m4rker of Ansible's vault";

/// Paper hosts, a playbook's folder and real ansible-core.
struct Stage {
    site: Site,
    books: tempfile::TempDir,
    path: OsString,
    venv: PathBuf,
}

impl Stage {
    fn start(name: &str, hosts: &[&str]) -> Option<Self> {
        let venv = match ansible::venv() {
            Ok(venv) => venv,
            Err(why) => {
                missing(name, &why);
                return None;
            }
        };
        let site = Site::of(hosts.iter().map(|host| HostSpec::new(host)).collect());
        let mut path = venv.join("bin").into_os_string();
        path.push(":/usr/local/bin:/usr/bin:/bin");
        let stage = Self { site, books: tempfile::tempdir().unwrap(), path, venv };
        // The SSH server of paper hosts has no file transfer of its own.
        stage.put("ansible.cfg", "[ssh_connection]\ntransfer_method = piped\n");
        stage.put("group_vars/all.yml", "ansible_python_interpreter: /usr/bin/python3\n");
        Some(stage)
    }

    fn put(&self, name: &str, text: &str) -> PathBuf {
        let path = self.books.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    /// The path of a file beside the playbook, as text.
    fn at(&self, name: &str) -> String {
        self.books.path().join(name).display().to_string()
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = self.site.command(args);
        command.env("PATH", &self.path);
        command
    }

    fn bunker(&self, args: &[&str]) -> Said {
        let output = self.command(args).output().unwrap();
        let all = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&all).into_owned();
        Said { exit: output.status.code().unwrap_or(-1), text }
    }

    fn show(&self) -> Value {
        let output = self.command(&["show", "last", "--json"]).output().unwrap();
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// What the test waits for; it fails after a minute.
    fn until(&self, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
        let begun = Instant::now();
        loop {
            let show = self.show();
            if holds(&show) {
                return show;
            }
            assert!(begun.elapsed() < Duration::from_mins(1), "waiting for {what}: {show:#}");
            processes::pause(Duration::from_millis(100));
        }
    }

    /// A file that only Ansible's vault opens.
    fn sealed(&self, name: &str, text: &str) {
        let file = self.put(name, text);
        let password = self.put("password.tmp", PASSWORD);
        let mut command = ansible::program(&self.venv, "ansible-vault", self.books.path());
        let done = command.arg("encrypt").arg(file).arg("--vault-password-file").arg(&password);
        let done = done.output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        fs::remove_file(password).unwrap();
    }

    /// The password, as a secret of all hosts.
    fn password(&self) {
        let init = self.bunker(&["vault", "init"]);
        assert_eq!(init.exit, 0, "{}", init.text);
        for host in self.site.lab.hosts() {
            let args = ["vault", "set", host.name(), "vault_ansible_password"];
            let mut child =
                self.command(&args).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
            child.stdin.take().unwrap().write_all(PASSWORD.as_bytes()).unwrap();
            assert!(child.wait().unwrap().success());
        }
    }
}

/// A target of `show --json`.
fn target<'a>(show: &'a Value, host: &str) -> &'a Value {
    let all = show["targets"].as_array().unwrap();
    all.iter().find(|t| t["host"] == host).unwrap_or_else(|| panic!("{host}: {show:#}"))
}

/// `title: outcome` of each step of a target.
fn steps(show: &Value, host: &str) -> Vec<String> {
    let text = |v: &Value| v.as_str().map_or_else(|| v.to_string(), str::to_owned);
    let all = target(show, host)["steps"].as_array().unwrap();
    all.iter().map(|s| format!("{}: {}", text(&s["title"]), text(&s["outcome"]))).collect()
}

/// Files below a folder that hold the password.
fn holding(dir: &Path) -> String {
    let found = Command::new("grep").args(["-rlaF", PASSWORD]).arg(dir).output().unwrap();
    String::from_utf8_lossy(&found.stdout).into_owned()
}

const BOOK: &str = "\
- hosts: all
  gather_facts: false
  vars_files: [sealed.yml]
  tasks:
    - name: write the word
      ansible.builtin.copy:
        content: '{{ sealed_word }}'
        dest: '{{ playbook_dir }}/{{ inventory_hostname }}.out'
        mode: '0600'
    - name: only beta
      ansible.builtin.command: 'false'
      when: inventory_hostname == 'beta'
    - name: may fail
      ansible.builtin.command: 'false'
      ignore_errors: true
    - name: say it
      ansible.builtin.debug:
        msg: \"all is well with m4rker of Ansible's vault\"
";

#[test]
fn a_playbook_runs_on_exactly_its_hosts_each_with_steps_log_and_outcome() {
    let name = "a_playbook_runs_on_exactly_its_hosts_each_with_steps_log_and_outcome";
    let Some(stage) = Stage::start(name, &["alpha", "beta", "gamma", "other"]) else { return };
    stage.password();
    stage.sealed("sealed.yml", "sealed_word: opened\n");
    stage.put("site.yml", BOOK);
    stage.put("host_vars/gamma.yml", "ansible_port: 1\n");
    let book = stage.at("site.yml");
    let limit = ["--limit", "all:!other"];

    let plan = stage.bunker(&[&["ansible", &book, "--plan"][..], &limit].concat());
    assert_eq!(plan.exit, 3, "{}", plan.text);
    for part in ["3 of 3 instances", "core 2.19", "vault_ansible_password", "files around it"] {
        assert!(plan.text.contains(part), "{part}: {}", plan.text);
    }
    let check =
        stage.bunker(&[&["ansible", &book, "--check", "--diff", "--yes", "alpha"][..]].concat());
    assert_eq!(check.exit, 3, "{}", check.text);
    assert!(check.text.contains("+opened"), "{}", check.text);
    assert!(!Path::new(&stage.at("alpha.out")).exists(), "a check changed something");

    let run = stage.bunker(&[&["ansible", &book, "--yes"][..], &limit].concat());
    assert_eq!(run.exit, 1, "{}", run.text);
    let show = stage.show();
    assert_eq!(show["targets"].as_array().unwrap().len(), 3);
    assert_eq!(target(&show, "alpha")["outcome"], "changed", "{show:#}");
    let expected =
        ["write the word: changed", "only beta: skipped", "may fail: skipped", "say it: ok"];
    assert_eq!(steps(&show, "alpha"), expected);
    assert_eq!(target(&show, "beta")["outcome"], "failed", "{show:#}");
    assert_eq!(steps(&show, "beta"), ["write the word: changed", "only beta: failed"]);
    assert_eq!(target(&show, "gamma")["outcome"], "unreachable", "{show:#}");
    assert_eq!(steps(&show, "gamma"), ["write the word: unreachable"]);
    for (host, word) in [("alpha", Some("opened")), ("beta", Some("opened")), ("gamma", None)] {
        let found = fs::read_to_string(stage.at(&format!("{host}.out"))).ok();
        assert_eq!(found.as_deref(), word, "{host}");
    }
    assert!(!Path::new(&stage.at("other.out")).exists(), "a host that was not asked for");
    let log = stage.bunker(&["logs", "last", "alpha"]);
    assert!(log.text.contains("all is well with ****"), "masked: {}", log.text);
    let log = stage.bunker(&["logs", "last", "beta"]);
    assert!(log.text.contains("non-zero return code"), "{}", log.text);

    let own = stage.site.own();
    for said in [&plan, &check, &run] {
        assert!(!said.text.contains(PASSWORD), "{}", said.text);
    }
    assert_eq!(holding(own), "", "the program's own files");
    for host in stage.site.lab.hosts() {
        assert_eq!(holding(host.dir()), "", "{}", host.name());
    }
    nothing_is_left(&stage);
}

/// How many processes of playbooks of this test there are.
fn n_processes(stage: &Stage) -> usize {
    let marked = fs::read_dir("/proc").unwrap().flatten().filter(|entry| {
        let environ = fs::read(entry.path().join("environ")).unwrap_or_default();
        let ours = stage.site.own().join("state").display().to_string();
        let has = |what: &str| environ.windows(what.len()).any(|w| w == what.as_bytes());
        has("BUNKER_PLAYBOOK=") && has(&ours)
    });
    marked.count()
}

/// No process, and no folder.
fn nothing_is_left(stage: &Stage) {
    assert_eq!(n_processes(stage), 0);
    let folders = fs::read_dir(stage.site.own().join("bunker")).into_iter().flatten().flatten();
    let left: Vec<_> = folders
        .map(|e| e.file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with("ansible-"))
        .collect();
    assert_eq!(left, Vec::<String>::new());
}

#[test]
fn what_cannot_be_run_is_refused_with_the_way_and_the_password_is_not_in_any_process() {
    let name = "what_cannot_be_run_is_refused_with_the_way_and_the_password_is_not_in_any_process";
    let Some(stage) = Stage::start(name, &["alpha"]) else { return };
    let book = stage.at("site.yml");
    for (args, exit, words) in [
        (vec!["ansible", &book, "alpha"], 4, "site.yml"),
        (vec!["ansible", "site.txt", "alpha"], 2, ".yml"),
        (vec!["ansible", &book, "alpha", "--tags=-x"], 2, "tag"),
    ] {
        let said = stage.bunker(&args);
        assert!(said.exit == exit && said.text.contains(words), "{args:?}: {}", said.text);
    }
    stage.put("site.yml", "- hosts: [\n");
    let broken = stage.bunker(&["ansible", &book, "alpha", "--yes"]);
    assert_eq!(broken.exit, 1, "{}", broken.text);
    assert!(broken.text.contains("ansible-playbook ended with exit code"), "{}", broken.text);
    assert!(broken.text.contains("ansible.log"), "{}", broken.text);

    stage.password();
    stage.sealed("sealed.yml", "sealed_word: opened\n");
    stage.put("site.yml", &BOOK.replace("    - name: only beta", &wait("look")));
    stage.put("ps", "");
    let started = stage.bunker(&["ansible", &book, "alpha", "--yes", "--detach"]);
    assert_eq!(started.exit, 0, "{}", started.text);
    stage.until("the first task", |show| steps(show, "alpha").len() > 1);
    let listed = Command::new("ps").args(["axeww", "-o", "args"]).output().unwrap();
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    assert!(listed.contains("--vault-password-file"), "the processes were looked at");
    assert!(!listed.contains(PASSWORD));
    let folder = fs::read_dir(stage.site.own().join("bunker")).unwrap().flatten();
    let folder = folder.map(|e| e.path()).find(|p| p.join("vault-password").exists()).unwrap();
    let mode = fs::metadata(&folder).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    stage.put("look.go", "");
    let show = stage.until("the end", |show| !target(show, "alpha")["outcome"].is_null());
    assert_eq!(target(&show, "alpha")["outcome"], "changed", "{show:#}");
    assert!(!folder.exists());
}

/// A task that waits for a file `NAME.go` beside the playbook, in front of another.
fn wait(name: &str) -> String {
    format!(
        "    - name: wait\n      ansible.builtin.shell: 'until [ -e \"{{{{ playbook_dir }}}}/{name}.go\" ]; do sleep 0.1; done'\n    - name: only beta"
    )
}
