//! pyinfra and Ansible, from the Python package index: the same steps, one operation or task each.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use bunker_ops::domain::plan::Plan;
use bunker_ops::steps::lease::WORDS;

use super::control::{Cost, measured, measured_with_masters};
use super::fleet::Fleet;
use super::floor;
use crate::lab::ansible;

const PYINFRA: &str = "pyinfra==3.5.1";

/// Writes each step of each host as a file; gives the folder and how many steps a host has.
fn scripts(fleet: &Fleet, plan: &Plan) -> (PathBuf, usize) {
    let dir = fleet.path("peers");
    drop(fs::remove_dir_all(&dir));
    let mut n_steps = 0;
    for host in plan.targets() {
        let own = dir.join(host.id.as_str());
        fs::create_dir_all(&own).unwrap();
        let steps = floor::steps(fleet, host);
        n_steps = steps.len();
        for (n, step) in steps.iter().enumerate() {
            fs::write(own.join(format!("{n}.sh")), format!("{WORDS}{step}")).unwrap();
        }
    }
    (dir, n_steps)
}

/// `ansible-playbook` with pipelining and as many forks as hosts; its connections are opened in the round and stay open
/// through it, however long the others take for a task.
pub(crate) fn ansible(fleet: &Fleet, plan: &Plan) -> Result<Cost, String> {
    let venv = ansible::venv()?;
    let (dir, n_steps) = scripts(fleet, plan);
    let mut play = String::from("- hosts: all\n  gather_facts: false\n  tasks:\n");
    for n in 0..n_steps {
        _ = write!(
            play,
            "    - name: step {n}\n      ansible.builtin.command:\n        cmd: sh -s\n        \
             stdin: \"{{{{ lookup('file', '{}/' ~ inventory_hostname ~ '/{n}.sh') }}}}\"\n",
            dir.display()
        );
    }
    fs::write(dir.join("play.yml"), play).unwrap();
    let known = fleet.path("known_hosts").display().to_string();
    let sockets = dir.join("cp");
    let command = [
        venv.join("bin/ansible-playbook").display().to_string(),
        "-i".to_owned(),
        fleet.lab.inventory_dir().display().to_string(),
        "-f".to_owned(),
        "50".to_owned(),
        dir.join("play.yml").display().to_string(),
    ];
    let env = [
        ("ANSIBLE_PIPELINING", "1".to_owned()),
        ("ANSIBLE_PYTHON_INTERPRETER", "/usr/bin/python3".to_owned()),
        (
            "ANSIBLE_SSH_COMMON_ARGS",
            format!("-o UserKnownHostsFile={known} -o ControlPersist=60s -o ControlMaster=auto"),
        ),
        ("ANSIBLE_SSH_CONTROL_PATH_DIR", sockets.display().to_string()),
        ("HOME", dir.display().to_string()),
    ];
    let env: Vec<(String, String)> = env.into_iter().map(|(k, v)| (k.to_owned(), v)).collect();
    measured_with_masters(&dir, &sockets, &command, &env)
}

/// `pyinfra` with as many hosts at once.
pub(crate) fn pyinfra(fleet: &Fleet, plan: &Plan) -> Result<Cost, String> {
    let program = pyinfra_program()?;
    let (dir, n_steps) = scripts(fleet, plan);
    let mut hosts = String::from("hosts = [\n");
    for host in fleet.lab.hosts() {
        let ssh = fleet.ssh(host);
        let port = ssh.iter().position(|arg| arg == "-p").map(|at| ssh[at + 1].clone()).unwrap();
        let user = ssh.last().unwrap().split('@').next().unwrap().to_owned();
        _ = writeln!(
            hosts,
            "  ('{}', {{'ssh_hostname': '{}', 'ssh_port': {port}, 'ssh_user': '{user}', 'ssh_key': '{}', 'ssh_known_hosts_file': '{}', 'n': '{}'}}),",
            host.name(),
            host.address(),
            fleet.lab.dir().join("client_key").display(),
            fleet.path("known_hosts").display(),
            host.name()
        );
    }
    fs::write(dir.join("inventory.py"), hosts + "]\n").unwrap();
    let deploy = format!(
        "import io, shlex\nfrom pyinfra import host\nfrom pyinfra.operations import server\n\
         for n in range({n_steps}):\n    text = open('{}/%s/%d.sh' % (host.data.n, n)).read()\n    \
         server.shell(name='step %d' % n, commands=['sh -c ' + shlex.quote(text)])\n",
        dir.display()
    );
    fs::write(dir.join("deploy.py"), deploy).unwrap();
    let at = |name: &str| dir.join(name).display().to_string();
    let command = [
        program.display().to_string(),
        "-y".into(),
        "--parallel".into(),
        "50".into(),
        at("inventory.py"),
        at("deploy.py"),
    ];
    measured(&dir, &command, &[("HOME".to_owned(), dir.display().to_string())])
}

fn pyinfra_program() -> Result<PathBuf, String> {
    let cache = std::env::var_os("BUNKER_LAB_CACHE").map(PathBuf::from);
    let home = std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache/bunker-lab"));
    let venv = cache.or(home).ok_or("HOME is not set")?.join(PYINFRA);
    let program = venv.join("bin/pyinfra");
    if !program.exists() {
        let quiet = |command: &mut Command| {
            let out = command.stdin(Stdio::null()).output().map_err(|e| e.to_string())?;
            let told = String::from_utf8_lossy(&out.stderr).into_owned();
            if out.status.success() { Ok(()) } else { Err(told) }
        };
        quiet(Command::new("python3").args(["-m", "venv"]).arg(&venv))?;
        quiet(Command::new(venv.join("bin/pip")).args([
            "--quiet",
            "--no-input",
            "install",
            PYINFRA,
        ]))?;
    }
    Ok(program)
}
