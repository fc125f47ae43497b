//! An instance that `config.sh` set up on a real Debian 13 server is taken over; then every workflow runs on it, and its
//! secrets, each with a mark in it, stand in its own `.env` and nowhere else.

mod watch;

use std::io::Write;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::capability::missing;
use crate::lab::ansible;
use crate::lab::real::{Ready, RealHost, RealLab};
use crate::real_fleet::{RealFleet, SECRETS, text};
use watch::Watch;

const ONE: &str = "real-01";
/// What every secret of the instance begins with.
const MARK: &str = "m4rk3r0f";
/// The variables of `.env`, in the order of [`SECRETS`].
const VARIABLES: [&str; 4] =
    ["ADMIN_PASSWORD", "JWT_SECRET", "POSTGRES_PASSWORD", "REDIS_PASSWORD"];
/// A file of the fleet that only Ansible's vault opens.
const SEALED: &str = "sealed_word: m4rk3r0f-sealed\n";

/// The instance, and all that the program ever said of it.
struct Taken {
    fleet: RealFleet,
    said: Vec<Output>,
}

impl Taken {
    fn host(&self) -> &RealHost {
        self.fleet.host()
    }

    fn sh(&self, command: &str) -> String {
        self.host().sh(&format!("cd /opt/changemaker-lite && {command}")).unwrap()
    }

    fn run(&mut self, args: &[&str], exit: i32) -> String {
        self.judged(self.fleet.bunker(args), args, exit)
    }

    fn judged(&mut self, output: Output, args: &[&str], exit: i32) -> String {
        let told = text(&output);
        assert_eq!(output.status.code(), Some(exit), "{args:?}: {told}");
        self.said.push(output);
        told
    }

    fn secrets(&self) -> Vec<String> {
        let get = |name: &&str| {
            let output = self.fleet.ok(&["vault", "get", ONE, name]);
            String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
        };
        SECRETS.iter().map(get).collect()
    }

    fn containers(&self) -> String {
        self.sh("docker compose ps -a --no-trunc --format '{{.Service}} {{.ID}}' | sort")
    }
}

/// As a person did it: the application's own script, secrets of their own, and no word to any inventory.
fn by_hand(ready: Ready) -> RealFleet {
    let lab = RealLab::start(ready, 1).unwrap();
    let (repo, host) = (&lab.repository().path, &lab.hosts()[0]);
    let edits: Vec<String> = VARIABLES
        .iter()
        .enumerate()
        .map(|(n, name)| format!("-e 's/^{name}=.*/{name}={MARK}-{n}-value/'"))
        .collect();
    host.sh(&format!(
        "git clone --quiet --single-branch --branch v2.4.1 -c advice.detachedHead=false {repo} /opt/changemaker-lite\n\
         cd /opt/changemaker-lite\n\
         DOMAIN={ONE}.example.org API_BIND=0.0.0.0 ./config.sh\n\
         sed -i {edits} .env\n\
         docker compose build --quiet\n\
         docker compose up -d --wait --quiet-pull\n\
         docker compose exec -T api npx prisma migrate deploy </dev/null",
        repo = repo.display(),
        edits = edits.join(" ")
    ))
    .unwrap();
    let inventory = lab.inventory_dir();
    let hosts = std::fs::read_to_string(inventory.join("hosts.yml")).unwrap();
    std::fs::write(inventory.join("hosts.yml"), hosts.replace(ONE, "other")).unwrap();
    std::fs::remove_dir_all(inventory.join("host_vars").join(ONE)).unwrap();
    let policy = format!(
        "bunker_min_healthy_s: 3\nbunker_healthy_deadline_s: 300\ncml_health_url: http://{}:4000/api/health\n",
        host.address
    );
    RealFleet::new(lab, &policy)
}

#[test]
fn an_instance_of_config_sh_is_taken_over_and_its_secrets_stay_in_its_settings_through_every_workflow()
 {
    let name = "an_instance_of_config_sh_is_taken_over_and_its_secrets_stay_in_its_settings_through_every_workflow";
    let ready = match Ready::check() {
        Ok(ready) => ready,
        Err(why) => return missing(name, &why),
    };
    let mut taken = Taken { fleet: by_hand(ready), said: Vec::new() };
    taken.fleet.ok(&["vault", "init"]);
    let watch = Watch::start(taken.host());
    imported(&mut taken);
    let first = taken.secrets();
    every_workflow(&mut taken);
    let rotated = taken.secrets();
    for (n, name) in SECRETS.iter().enumerate().skip(1) {
        assert_ne!(first[n], rotated[n], "{name} was rotated");
    }
    let changed = rotated.iter().filter(|value| !first.contains(value));
    let marks: Vec<String> = [MARK.to_owned()].into_iter().chain(changed.cloned()).collect();
    nowhere_else(&taken, &watch, &marks);
}

/// What the host has of the operating system's own settings.
fn system(host: &RealHost) -> String {
    host.sh("dpkg-query -W; ufw status verbose; crontab -l 2>&1 || true; crontab -u deploy -l 2>&1 || true; ls /etc/fail2ban/jail.d; getent passwd; docker info --format '{{.ID}}'")
        .unwrap()
}

/// `bunker import`: a backup first, nothing else of the host touched, its own secrets in the vault.
fn imported(taken: &mut Taken) {
    let address = taken.host().address.clone();
    let (env, system_before) =
        (taken.sh("cat .env; stat -c '%U %a %Y' .env"), system(taken.host()));
    let containers = taken.containers();
    let import = ["import", ONE, "--address", &address];
    taken.run(&[&import[..], &["--check"]].concat(), 3);
    assert_eq!(taken.sh("ls /var/lib/bunker 2>/dev/null | wc -l").trim(), "0", "a check wrote");
    taken.run(&[&import[..], &["--yes"]].concat(), 0);
    assert_eq!(taken.sh("cat .env; stat -c '%U %a %Y' .env"), env);
    assert_eq!(system(taken.host()), system_before, "`common` is not part of it");
    assert_eq!(taken.containers(), containers, "nothing was started anew");
    for (n, value) in taken.secrets().iter().enumerate() {
        assert_eq!(value, &format!("{MARK}-{n}-value"), "its own secrets");
    }
    let show: Value = taken.fleet.json(&["show", "last"]);
    let steps: Vec<&str> = show["targets"][0]["steps"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|s| s["id"].as_str())
        .collect();
    let expected = ["lease", "backup", "mark", "settings", "record", "release-lease"];
    assert_eq!(steps, expected, "a backup is first");
    let archive = taken.sh("ls backups/*.tar.gz");
    assert_eq!(taken.sh(&format!("tar -tzf {archive}")), "database.sql\nenv\n");
    let state = "/var/lib/bunker/instances/real-01";
    assert_eq!(taken.sh(&format!("ls {state} | grep -cxE 'imported|seeded'")).trim(), "2");
    let fact = taken.sh("cat /etc/ansible/facts.d/changemaker.fact");
    assert!(fact.contains(taken.fleet.lab.repository().sha("v2.4.1").unwrap()), "{fact}");
    // What the installer wrote is what was applied last: there is nothing to do.
    let check = taken.run(&["configure", ONE, "--check", "--diff"], 0);
    assert!(check.contains("that its import found missing"), "{check}");
}

/// Each of them, on the instance that was taken over.
fn every_workflow(taken: &mut Taken) {
    let seeded = "docker compose exec -T db ls /var/lib/postgresql/data </dev/null";
    let (before, env) = (taken.sh(seeded), taken.sh("cat .env"));
    assert!(!before.contains("seeded"), "nobody has seeded it: {before}");
    taken.run(&["deploy", ONE, "--to", "v2.4.1", "--yes", "--skip-tags", "common"], 0);
    let outcomes = taken.fleet.outcomes();
    let seed = outcomes.iter().find(|[_, id, _]| id == "seed").unwrap();
    assert_ne!(seed[2], "changed", "{outcomes:?}");
    assert_eq!(taken.sh(seeded), before, "it is never seeded");
    assert_eq!(taken.sh("cat .env"), env, "the installer's settings are as wanted");

    let flag = taken.fleet.lab.inventory_dir().join("group_vars/all/feature.yml");
    std::fs::write(flag, "cml_enable_media: true\n").unwrap();
    let diff = taken.run(&["configure", ONE, "--yes", "--diff"], 0);
    assert!(diff.contains("+ ENABLE_MEDIA=true") && !diff.contains("LOG_LEVEL"), "{diff}");
    assert!(!taken.sh("cat .env").contains("LOG_LEVEL"), "only what was asked for");
    taken.run(&["backup", ONE, "--yes"], 0);
    taken.run(&["backup", "verify", ONE, "--yes"], 0);
    taken.run(&["upgrade", ONE, "--to", "v2.5.0", "--yes"], 0);
    taken.run(&["rollback", ONE, "--yes"], 0);
    taken.run(&["rotate-secrets", ONE, "--all", "--yes"], 0);
    taken.run(&["configure", ONE, "--check"], 0);
    // An error tells no secret either: somebody has edited one on the host.
    // Told so that no process has the mark whole among its arguments.
    taken.sh("python3 -c \"import re; t = open('.env').read(); m = 'm4rk' + '3r0f-by-hand'; open('.env', 'w').write(re.sub('(?m)^JWT_SECRET=.*', 'JWT_SECRET=' + m, t))\"");
    taken.run(&["configure", ONE, "--check", "--diff"], 3);
    let jwt = ["rotate-secrets", ONE, "--secret", "vault_jwt_secret", "--yes"];
    let refused = taken.run(&jwt, 8);
    assert!(refused.contains("edited it on the host: JWT_SECRET"), "{refused}");
    taken.run(&["configure", ONE, "--yes", "--overwrite-drift"], 0);
    taken.run(&["configure", ONE, "--check"], 0);
    taken.run(&jwt, 0);
    taken.run(&["configure", ONE, "--check"], 0);
    playbook(taken);
    for args in
        [&["status"][..], &["runs"], &["logs", "last"], &["secrets", "due"], &["show", "last"]]
    {
        let output = taken.fleet.bunker(args);
        taken.said.push(output);
    }
}

/// A playbook that opens a file of Ansible's vault and handles what is in it without a log.
fn playbook(taken: &mut Taken) {
    let Ok(venv) = ansible::venv() else {
        return missing("a playbook on a real host", "no ansible");
    };
    let books = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| std::fs::write(books.path().join(name), text).unwrap();
    put("password.tmp", &format!("{MARK} of Ansible's vault"));
    put("sealed.yml", SEALED);
    let mut seal = ansible::program(&venv, "ansible-vault", books.path());
    let seal = seal.args(["encrypt", "sealed.yml", "--vault-password-file", "password.tmp"]);
    assert!(seal.output().unwrap().status.success());
    std::fs::remove_file(books.path().join("password.tmp")).unwrap();
    put(
        "site.yml",
        "- hosts: all\n  vars_files: [sealed.yml]\n  vars: {ansible_python_interpreter: /usr/bin/python3}\n  tasks:\n\
         \x20   - name: note that it was opened\n      no_log: true\n      ansible.builtin.copy:\n        \
         content: '{{ sealed_word | hash(\"sha256\") }}'\n        dest: /root/opened\n        mode: '0600'\n",
    );
    let mut set = taken
        .fleet
        .command(&["vault", "set", ONE, "vault_ansible_password"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    set.stdin.take().unwrap().write_all(format!("{MARK} of Ansible's vault").as_bytes()).unwrap();
    assert!(set.wait().unwrap().success());
    let book = books.path().join("site.yml").display().to_string();
    let args = ["ansible", &book, ONE, "--yes", "--diff"];
    let mut path = venv.join("bin").into_os_string();
    path.push(":/usr/local/bin:/usr/bin:/bin");
    let output = taken.fleet.command(&args).env("PATH", path).output().unwrap();
    taken.judged(output, &args, 0);
    let opened = taken.sh("cat /root/opened");
    assert_eq!(opened.len(), 64, "{opened}");
    let outcomes = taken.fleet.outcomes();
    assert!(outcomes.iter().any(|[_, _, outcome]| outcome == "changed"), "{outcomes:?}");
}

/// None of these is anywhere but in `.env`, and in what Docker and Redis have to keep.
fn nowhere_else(taken: &Taken, watch: &Watch, marks: &[String]) {
    let host = taken.host();
    let seen = watch.seen(host);
    for mark in marks {
        for (place, all) in &seen {
            // What Compose starts for a build (docker-buildx, git) has all of .env in its environment, which only
            // root can read. The arguments of the same processes are looked at like all others.
            let build = |line: &&str| line.contains("DOCKER_CLI_PLUGIN_ORIGINAL_CLI_COMMAND=");
            let found = all.lines().filter(|line| line.contains(mark.as_str()));
            let found: Vec<&str> = found.filter(|line| !build(line)).collect();
            assert!(found.is_empty(), "{place}: {found:?}");
        }
        for output in &taken.said {
            assert!(!text(output).contains(mark.as_str()), "{}", text(output));
        }
        let journal = format!("journalctl --no-pager -o cat | grep -cF -- '{mark}' || true");
        assert_eq!(host.sh(&journal).unwrap().trim(), "0", "the journal");
        for (what, dir) in [
            ("the store and the logs", taken.fleet.own.path()),
            ("the inventory", taken.fleet.lab.dir()),
        ] {
            let local = Command::new("grep").args(["-rlaF", "--", mark]).arg(dir).output().unwrap();
            assert_eq!(String::from_utf8_lossy(&local.stdout), "", "{what} here");
        }
    }
    let marks: Vec<String> = marks.iter().map(|mark| format!("-e '{mark}'")).collect();
    let files = format!(
        "grep -rlaIF --exclude-dir=proc --exclude-dir=sys --exclude-dir=dev --exclude=watch.seen {} / 2>/dev/null | grep -vE '{KEPT}' || true",
        marks.join(" ")
    );
    let files = host.sh(&files).unwrap();
    assert_eq!(files.trim(), "/opt/changemaker-lite/.env", "other files of the host");
    let env = taken.sh("cat .env");
    for value in taken.secrets() {
        assert!(env.contains(&value), "and there each of them is");
    }
}

/// The settings of a container are its environment, which Docker keeps in its configuration (written aside first), and containerd, while it
/// runs, in the task's; runc has it in a file for the moment in which a health check begins.
const KEPT: &str = "^(/var/lib/docker/containers/[0-9a-f]+/([.]tmp-)?config.v2|/run/containerd/io.containerd.runtime.v2.task/moby/[0-9a-f]+/config).json[0-9]*$|^/tmp/runc-process[0-9]+$";
