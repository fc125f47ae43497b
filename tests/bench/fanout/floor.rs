//! The floor: the same steps as one bare script a host, by `ssh`, over warm masters or over none.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use bunker_ops::domain::plan::{HostPlan, Phase, Plan};
use bunker_ops::steps::lease::WORDS;
use serde::{Deserialize, Serialize};

use super::control::{Cost, again, children_cpu_s, cpu_of_s, write};
use super::fleet::Fleet;

/// What the runner gives to a step, as small as it can be.
const PRELUDE: &str = "set -eu
LC_ALL=C GIT_TERMINAL_PROMPT=0 GIT_COMMITTER_NAME=Floor GIT_COMMITTER_EMAIL=floor@localhost
GIT_AUTHOR_NAME=Floor GIT_AUTHOR_EMAIL=floor@localhost
export LC_ALL GIT_TERMINAL_PROMPT GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL
bunker_changed() { :; }
bunker_tell() { :; }
bunker_skip() { exit 0; }
bunker_fail() { echo \"$1\" >&2; exit 1; }
";

/// One host of a round.
#[derive(Serialize, Deserialize)]
struct Target {
    ssh: Vec<String>,
    script: PathBuf,
}

#[derive(Serialize, Deserialize)]
struct Round {
    warm: bool,
    dir: PathBuf,
    targets: Vec<Target>,
}

/// The steps of a host, each as a script of its own that a shell can run once it knows [`WORDS`]: the rest of the
/// runner's part is in it.
pub(crate) fn steps(fleet: &Fleet, host: &HostPlan) -> Vec<String> {
    let paper = fleet.lab.named(host.id.as_str()).unwrap();
    let state = paper.state_dir().display().to_string();
    let prelude = format!(
        "{PRELUDE}BUNKER_RUN=01floor BUNKER_INSTANCE={} BUNKER_STATE={state} BUNKER_JOB={state}/job\n\
         export BUNKER_RUN BUNKER_INSTANCE BUNKER_STATE BUNKER_JOB\n\
         mkdir -p \"$BUNKER_STATE/instances/$BUNKER_INSTANCE\" \"$BUNKER_JOB\"\n",
        host.id
    );
    let mut scripts = Vec::new();
    for phase in &host.phases {
        match phase {
            Phase::Job { steps } => {
                scripts.extend(steps.iter().map(|step| format!("{prelude}{}\n", step.step.script)));
            }
            Phase::Gate(_) => scripts.push(format!(
                "until curl -fs -o /dev/null {}; do sleep 0.1; done\n",
                host.settings.local_health_url.as_str()
            )),
            Phase::Vault(vault) => panic!("the bench has no words for {vault:?}"),
        }
    }
    scripts
}

/// One round of all hosts.
pub(crate) fn round(fleet: &Fleet, plan: &Plan, warm: bool) -> Result<Cost, String> {
    let dir = fleet.path("floor");
    drop(fs::remove_dir_all(&dir));
    fs::create_dir_all(&dir).unwrap();
    let mut targets = Vec::new();
    for host in plan.targets() {
        let mut text = format!("set -e\n{WORDS}");
        for step in steps(fleet, host) {
            // A shell of its own for each step, as the runner gives one.
            _ = writeln!(text, "(\n{step})");
        }
        let script = dir.join(format!("{}.sh", host.id));
        fs::write(&script, text).unwrap();
        let paper = fleet.lab.named(host.id.as_str()).unwrap();
        targets.push(Target { ssh: fleet.ssh(paper), script });
    }
    let file = dir.join("round.json");
    fs::write(&file, serde_json::to_string(&Round { warm, dir: dir.clone(), targets }).unwrap())
        .unwrap();
    again(&dir, "--floor", &[file.display().to_string()], &[])
}

/// `--floor RESULT ROUND`
pub(crate) fn run(args: &[String]) {
    let round: Round = serde_json::from_str(&fs::read_to_string(&args[1]).unwrap()).unwrap();
    let masters = if round.warm { open_masters(&round) } else { Vec::new() };
    let masters_cpu = || masters.iter().map(|child| cpu_of_s(child.id())).sum::<f64>();
    let (before, begin) = (children_cpu_s() + masters_cpu(), Instant::now());
    let running: Vec<Child> =
        round.targets.iter().enumerate().map(|(n, t)| start(&round, n, t)).collect();
    for (child, target) in running.into_iter().zip(&round.targets) {
        let out = child.wait_with_output().unwrap();
        let told = String::from_utf8_lossy(&out.stderr);
        assert!(out.status.success(), "{:?}: {told}", target.ssh.last());
    }
    let wall_s = begin.elapsed().as_secs_f64();
    let cost = Cost { wall_s, cpu_s: children_cpu_s() + masters_cpu() - before };
    for mut master in masters {
        drop(master.kill());
        drop(master.wait());
    }
    write(&args[0], cost);
}

fn start(round: &Round, n: usize, target: &Target) -> Child {
    let mut ssh = Command::new("ssh");
    if round.warm {
        ssh.arg("-S").arg(round.dir.join(format!("{n}.s")));
    }
    ssh.args(&target.ssh)
        .arg("exec sh -s")
        .stdin(File::open(&target.script).unwrap())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Opens the masters, ten at a time, and waits for them; none of it is counted.
fn open_masters(round: &Round) -> Vec<Child> {
    let mut masters = Vec::new();
    let all: Vec<(usize, &Target)> = round.targets.iter().enumerate().collect();
    for ten in all.chunks(10) {
        let mut opening: Vec<Child> = ten.iter().map(|(n, t)| open_master(round, *n, t)).collect();
        for master in &mut opening {
            let mut said = String::new();
            BufReader::new(master.stdout.take().unwrap()).read_line(&mut said).unwrap();
            assert_eq!(said, "up\n", "a master does not come up");
        }
        masters.extend(opening);
    }
    masters
}

/// Starts a master, which says `up` when it is logged in and takes sessions.
fn open_master(round: &Round, n: usize, target: &Target) -> Child {
    Command::new("ssh")
        .args(["-M", "-N", "-T", "-o", "ConnectTimeout=60", "-o", "PermitLocalCommand=yes"])
        .args(["-o", "LocalCommand=echo up", "-S"])
        .arg(round.dir.join(format!("{n}.s")))
        .args(&target.ssh)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}
