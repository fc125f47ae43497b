//! What a host is rid of by itself: files with secrets that a kill left, and the folders of old runs.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use super::home::{Home, starting, until};
use super::*;
use crate::domain::job::{AbortOutcome, JobEnd, JobSpec, JobStart};
use crate::domain::marker::JobSignal;
use crate::domain::secret::Secret;

const MARKER: &str = "A=s3cret-marker\n";

/// The real step that writes `.env`, stopped where Compose looks at the new file.
fn stopped_midway() -> String {
    format!(
        "dir=$HOME/app state=$BUNKER_STATE/instances/web-1 seen=none kept='' applied=x\n\
         mkdir -p \"$dir\" && cd \"$dir\"\n\
         docker() {{ case \"$*\" in *' config '*) echo ready; sleep 300 ;; esac; }}\n{}",
        include_str!("../env_file.sh")
    )
}

fn ready(home: &Home, spec: &JobSpec) -> bool {
    String::from_utf8_lossy(&home.log(&spec.job)).contains("ready")
}

#[test]
fn a_new_settings_file_that_a_kill_left_is_private_and_goes_with_the_next_job() {
    let home = Home::new();
    let spec = home.spec("web-1", 1, &[("env", &stopped_midway())]);
    let env = ("env".parse().unwrap(), "env".parse().unwrap(), Secret::new(MARKER.to_owned()));
    let inputs = JobInputs { files: vec![env] };
    assert_eq!(home.begin(&starting(&spec, &inputs)), Ok(JobStart::Started));
    until(|| ready(&home, &spec));
    let new = home.path().join("app/.env.bunker-new");
    assert_eq!(fs::read_to_string(&new).unwrap(), MARKER);
    assert_eq!(fs::metadata(&new).unwrap().permissions().mode() & 0o777, 0o600);
    let mut pids = vec![home.pid(&spec.job)];
    pids.extend(home.processes(&spec.job).keys().map(ToString::to_string));
    // Of what a kill takes with it, nothing is left to be killed.
    let killed = Command::new("/bin/sh").args(["-c", "kill -9 $*; :", "sh"]).args(&pids).status();
    assert!(killed.unwrap().success());
    until(|| home.processes(&spec.job).is_empty());
    assert!(new.exists(), "the kill leaves it");
    assert_ne!(home.abort(&spec.job, 5), AbortOutcome::StillRunning);
    let next = home.spec("web-1", 2, &[("one", "true")]);
    home.start(&next);
    assert_eq!(home.end(&next.job), JobEnd::Exited(0));
    assert!(!new.exists(), "and the next job of the instance removes it");
    assert!(!home.path().join("app/.env").exists());
}

/// A runner's first `date` tells the time, and all later ones that of another day, as where the clock is set.
const SET_CLOCK: &str = "#!/bin/sh\nd=${0%/*}\ncase $1 in +%s.%N) mkdir \"$d/told\" 2>/dev/null && exec /bin/date \"$@\" ;;\n\
    +*) ;; *) exec /bin/date \"$@\" ;; esac\nexec /bin/date -d '1 day ago' \"$@\"\n";

#[test]
fn a_clock_that_is_set_while_a_job_runs_makes_no_step_longer_or_shorter() {
    let home = Home::new();
    let tools = home.path().join("tools");
    fs::create_dir(&tools).unwrap();
    fs::write(tools.join("date"), SET_CLOCK).unwrap();
    fs::set_permissions(tools.join("date"), fs::Permissions::from_mode(0o755)).unwrap();
    let steps = [("one", "sleep 0.2"), ("two", "date +%s"), ("three", "true")];
    let spec = home.spec("web-1", 1, &steps);
    let script = starting(&spec, &JobInputs::default());
    assert_eq!(home.begin_with(&script, &tools), Ok(JobStart::Started));
    assert_eq!(home.end(&spec.job), JobEnd::Exited(0));
    let signals = home.signals(&spec.job);
    let time = |signal: &JobSignal| {
        let (JobSignal::StepStarted { at, .. } | JobSignal::StepFinished { at, .. }) = signal
        else {
            return None;
        };
        Some(*at)
    };
    let printed = |signal: &JobSignal| {
        let JobSignal::Output(bytes) = signal else { return None };
        std::str::from_utf8(bytes).ok()?.trim().parse::<i64>().ok()
    };
    let times: Vec<_> = signals.iter().filter_map(time).collect();
    let told = signals.iter().find_map(printed);
    assert!(told.unwrap() < times[0].as_second() - 80_000, "the clock was set: {signals:?}");
    assert_eq!(times.len(), 6);
    let took = |n: usize| (times[n + 1] - times[n]).total(jiff::Unit::Second).unwrap();
    assert!((0.18..10.0).contains(&took(0)), "{times:?}");
    assert!((1..5).all(|n| (0.0..10.0).contains(&took(n))), "{times:?}");
}

/// Runs a job of a run of its own to its end; `over` marks the run as over, as the step does that gives the lease back.
fn run(home: &Home, n: u32, instance: &str, over: bool) -> JobSpec {
    let script = if over { r#": >"${BUNKER_JOB%/*}/finished""# } else { "true" };
    let mut spec = home.spec(instance, 1, &[("one", script)]);
    spec.job.run = format!("261122-22{n:04}-7f3a").parse().unwrap();
    home.start(&spec);
    assert_eq!(home.end(&spec.job), JobEnd::Exited(0));
    spec
}

fn there(home: &Home, specs: &[JobSpec]) -> Vec<bool> {
    specs.iter().map(|spec| home.folder(&spec.job).exists()).collect()
}

#[test]
fn folders_of_old_runs_go_and_those_of_new_open_and_running_ones_stay() {
    let home = Home::new();
    let unfinished = run(&home, 0, "web-1", false);
    let elsewhere = run(&home, 1, "web-2", true);
    let gate = home.path().join("gate");
    let wait = format!("echo ready; while [ ! -e '{}' ]; do sleep 0.05; done", gate.display());
    let mut running = home.spec("web-2", 1, &[("one", &wait)]);
    running.job.run = "261122-220002-7f3a".parse().unwrap();
    home.start(&running);
    until(|| ready(&home, &running));
    let over: Vec<JobSpec> = (10..33).map(|n| run(&home, n, "web-1", true)).collect();
    // The last two found 21 each that were over, so two went.
    let gone = there(&home, &over).iter().take_while(|there| !**there).count();
    assert_eq!(gone, 2, "{:?}", there(&home, &over));
    assert!(there(&home, &over[2..]).iter().all(|there| *there));
    assert_eq!(there(&home, &[unfinished, elsewhere]), [true, true]);
    let ops = home.folder(&over[0].job);
    assert!(!ops.ancestors().nth(2).unwrap().exists(), "nothing of the run is left");
    assert!(ready(&home, &running));
    fs::write(gate, "").unwrap();
    assert_eq!(home.end(&running.job), JobEnd::Exited(0));
}

#[test]
fn many_old_folders_go_a_few_at_a_time() {
    let home = Home::new();
    let first = run(&home, 100, "web-1", true);
    let ops = home.folder(&first.job).ancestors().nth(3).unwrap().to_owned();
    for n in 0..40 {
        let old = ops.join(format!("261121-22{n:04}-7f3a/web-1"));
        fs::create_dir_all(old.join("1/steps")).unwrap();
        fs::write(old.join("1/log"), "x").unwrap();
        fs::write(old.join("finished"), "").unwrap();
    }
    let count = || fs::read_dir(&ops).unwrap().count();
    assert_eq!(count(), 41);
    run(&home, 101, "web-1", true);
    assert_eq!(count(), 42 - 5);
    for n in 102..112 {
        run(&home, n, "web-1", true);
    }
    assert_eq!(count(), 21, "the newest 20, and the one that ran last");
}
