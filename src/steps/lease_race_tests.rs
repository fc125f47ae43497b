//! The lease's own scripts, run by the shell of this machine: races, kills between its lines, clocks that jump.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use super::*;

const OURS: &str = "261122-221405-7f3a";
const THEIRS: &str = "261122-230000-0001";

fn claim() -> Claim {
    let operator = Operator { user: "ann".into(), machine: "desk".into(), from: None };
    Claim { workflow: "upgrade", target: "v2.5.0".into(), operator }
}

fn of() -> LeaseOf {
    LeaseOf::Instance("web-1".parse().unwrap())
}

fn hold(run: &str, hold_s: u64) -> Hold {
    Hold { run: run.parse().unwrap(), fence: None, hold_s, doing: "here".into() }
}

struct Host(tempfile::TempDir);

impl Host {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn state(&self) -> PathBuf {
        self.0.path().join(super::super::runner::STATE_USER).join("instances/web-1")
    }

    fn command(&self, script: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]).env("HOME", self.0.path()).stdout(Stdio::piped());
        command
    }

    fn run(&self, script: &str) -> Vec<u8> {
        self.command(script).output().unwrap().stdout
    }

    fn take(&self, run: &str, hold_s: u64) -> Taken {
        read_take(&self.run(&take(&of(), Become::LoginUser, &claim(), &hold(run, hold_s)))).unwrap()
    }

    fn look(&self) -> LeaseLook {
        read_look(&self.run(&look(&of(), Become::LoginUser))).unwrap()
    }

    fn renew(&self, run: &str, fence: u64) -> Renewed {
        let hold = Hold { fence: Some(fence), ..hold(run, 60) };
        read_renew(&self.run(&renew(&of(), Become::LoginUser, &hold))).unwrap()
    }

    fn break_it(&self) -> Broken {
        let by = claim().operator;
        let script = break_it(&of(), Become::LoginUser, &by, &"it's stuck; $(id)".into());
        read_break(&self.run(&script)).unwrap()
    }
}

#[test]
fn a_thousand_races_have_exactly_one_winner_each() {
    let host = Host::new();
    let began = Instant::now();
    for round in 0..1_000u32 {
        let runs: Vec<String> =
            (0..3).map(|n| format!("261122-221405-{:04x}", round * 3 + n)).collect();
        let racers: Vec<_> = runs
            .iter()
            .map(|run| {
                let script = take(&of(), Become::LoginUser, &claim(), &hold(run, 60));
                host.command(&script).spawn().unwrap()
            })
            .collect();
        let answers: Vec<Taken> = racers
            .into_iter()
            .map(|racer| read_take(&racer.wait_with_output().unwrap().stdout).unwrap())
            .collect();
        let won: Vec<usize> = (0..3).filter(|&n| matches!(answers[n], Taken::Ours(_))).collect();
        assert_eq!(won.len(), 1, "round {round}: {answers:?}");
        assert_eq!(answers[won[0]], Taken::Ours(u64::from(round) + 1));
        let winner: RunId = runs[won[0]].parse().unwrap();
        for answer in answers.iter().filter(|a| !matches!(a, Taken::Ours(_))) {
            let Taken::Held(seen) = answer else { panic!("round {round}: {answer:?}") };
            let lease = seen.lease.as_ref().unwrap();
            assert_eq!(lease.run.as_ref(), Some(&winner), "the loser sees the whole lease");
            assert!(lease.left_s > 0 && lease.operator == "ann on desk".into());
        }
        let script = drop(&of(), Become::LoginUser, &hold(&runs[won[0]], 0));
        assert_eq!(read_renew(&host.run(&script)), Ok(Renewed::Ours));
    }
    println!("1000 races of 3: {:?}", began.elapsed());
}

/// The script with `kill -9` put before its n-th line; `None` behind its last.
fn killed_at(script: &str, n: usize) -> Option<String> {
    let lines: Vec<&str> = script.lines().collect();
    (n < lines.len()).then(|| {
        let (before, after) = lines.split_at(n);
        format!("{}\nkill -9 $$\n{}\n", before.join("\n"), after.join("\n"))
    })
}

fn is_sound(script: &str) -> bool {
    let checked = Command::new("/bin/sh").args(["-n", "-c", script]).stderr(Stdio::null()).status();
    checked.unwrap().success()
}

#[test]
fn killed_between_any_two_lines_it_is_taken_whole_or_not_at_all() {
    let script = take(&of(), Become::LoginUser, &claim(), &hold(OURS, 60));
    let (mut n_kills, mut n_taken, mut line) = (0, 0, 0);
    while let Some(killed) = killed_at(&script, line) {
        line += 1;
        if !is_sound(&killed) {
            continue;
        }
        let host = Host::new();
        let died = host.command(&killed).output().unwrap().status.code().is_none();
        n_kills += u32::from(died);
        let seen = host.look();
        if let Some(lease) = &seen.lease {
            n_taken += u32::from(died);
            assert_eq!(lease.run.as_ref().map(RunId::as_str), Some(OURS), "line {line}");
            assert!(lease.left_s > 50 && lease.generation == 1, "line {line}: {lease:?}");
        }
        // Whoever comes next has it or hears who does, and no generation is given away twice.
        match host.take(THEIRS, 60) {
            Taken::Ours(generation) => {
                assert_eq!((generation, seen.lease), (1, None), "line {line}");
            }
            Taken::Held(held) => assert_eq!(held.lease.unwrap().generation, 1, "line {line}"),
            Taken::Busy(job) => panic!("line {line}: {job}"),
        }
        assert!(matches!(host.break_it(), Broken::Done { generation: 2, .. }), "line {line}");
        assert_eq!(host.take(THEIRS, 60), Taken::Ours(3), "line {line}");
    }
    assert!(n_kills > 20 && n_taken > 3, "{n_kills} kills, {n_taken} behind the taking");
}

#[test]
fn a_break_that_is_killed_never_leaves_the_old_holder_in_doubt() {
    let by = claim().operator;
    let script = break_it(&of(), Become::LoginUser, &by, &"stuck".into());
    let (mut n_kills, mut line) = (0, 0);
    while let Some(killed) = killed_at(&script, line) {
        line += 1;
        if !is_sound(&killed) {
            continue;
        }
        let host = Host::new();
        assert_eq!(host.take(OURS, 60), Taken::Ours(1));
        n_kills += u32::from(host.command(&killed).output().unwrap().status.code().is_none());
        let seen = host.look();
        let renewed = host.renew(OURS, 1);
        if seen.lease.is_none() {
            assert_eq!(seen.breaks.len(), 1, "line {line}: no break without its record");
        }
        if seen.generation > 1 {
            assert!(matches!(renewed, Renewed::Lost(_)), "line {line}: {renewed:?}");
        } else {
            assert_eq!(renewed, Renewed::Ours, "line {line}");
        }
    }
    assert!(n_kills > 10, "{n_kills}");
}

#[test]
fn a_holder_that_wakes_up_late_changes_nothing() {
    let host = Host::new();
    assert_eq!(host.take(OURS, 0), Taken::Ours(1));
    assert_eq!(host.take(THEIRS, 60), Taken::Ours(2), "it was over");
    let Renewed::Lost(to) = host.renew(OURS, 1) else { panic!("renewed by a run that lost it") };
    assert!(to.as_str().contains(THEIRS), "{to}");
    let script = drop(&of(), Become::LoginUser, &Hold { fence: Some(1), ..hold(OURS, 0) });
    assert!(matches!(read_renew(&host.run(&script)), Ok(Renewed::Lost(_))));
    assert_eq!(host.look().lease.unwrap().run.unwrap().as_str(), THEIRS);
    // The same run under an older generation is refused as well.
    assert!(matches!(host.renew(THEIRS, 1), Renewed::Lost(_)));
    assert_eq!(host.renew(THEIRS, 2), Renewed::Ours);
}

#[test]
fn a_jump_of_the_wall_clock_neither_ends_nor_prolongs_a_lease() {
    let host = Host::new();
    assert_eq!(host.take(OURS, 60), Taken::Ours(1));
    let bin = host.0.path().join("bin");
    std::fs::create_dir(&bin).unwrap();
    for jump in ["+1 hour", "-1 hour", "+10 years"] {
        // The clock of that host, as `date` tells it there.
        let fake = format!("#!/bin/sh\nexec /bin/date -d '{jump}' \"$@\"\n");
        write_program(&bin.join("date"), &fake);
        let script = take(&of(), Become::LoginUser, &claim(), &hold(THEIRS, 60));
        let path = format!("{}:/usr/bin:/bin", bin.display());
        let answer = host.command(&script).env("PATH", path).output().unwrap().stdout;
        let Taken::Held(seen) = read_take(&answer).unwrap() else { panic!("{jump}") };
        let left = seen.lease.unwrap().left_s;
        assert!((1..=60).contains(&left), "{jump}: {left} s are left");
    }
    // A lease of a boot that is over is over.
    let file = host.state().join("lease");
    let text = std::fs::read_to_string(&file).unwrap();
    let boot = text.lines().find(|l| l.starts_with("boot=")).unwrap().to_owned();
    std::fs::write(&file, text.replace(&boot, "boot=another")).unwrap();
    assert_eq!(host.take(THEIRS, 60), Taken::Ours(2));
}

fn write_program(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_break_names_who_why_and_whom_and_is_refused_while_a_job_runs() {
    let host = Host::new();
    assert_eq!(host.break_it(), Broken::None);
    assert_eq!(host.take(OURS, 60), Taken::Ours(1));
    // What a runner leaves while it runs: the flock, and who it is.
    let job = host.0.path().join("job");
    std::fs::create_dir(&job).unwrap();
    let mark = host.0.path().join("ready");
    let script = format!(
        "exec 9>>'{0}/op.lock'; flock -n 9; read -r b </proc/sys/kernel/random/boot_id; read -r s </proc/$$/stat; \
         set -- ${{s##*) }}; echo \"$b $$ ${{20}} $$ -\" >'{1}/started'; printf '%s\\nrun x, job 1\\n' '{1}' >'{0}/holder'; \
         : >'{2}'; exec sleep 60",
        host.state().display(),
        job.display(),
        mark.display()
    );
    let mut runner = host.command(&script).stdin(Stdio::null()).spawn().unwrap();
    while !mark.exists() {
        std::thread::yield_now();
    }
    assert_eq!(host.break_it(), Broken::Busy("run x, job 1".into()));
    assert_eq!(host.renew(OURS, 1), Renewed::Busy);
    assert_eq!(host.look().job, Some("run x, job 1".into()));
    let began = Instant::now();
    assert_eq!(host.take(THEIRS, 60), Taken::Busy("run x, job 1".into()));
    assert!(began.elapsed().as_secs() < 2, "the loser hears it within 2 s");
    runner.kill().unwrap();
    runner.wait().unwrap();
    assert!(matches!(host.break_it(), Broken::Done { generation: 2, .. }));
    let record = &host.look().breaks[0];
    let text = record.as_str();
    assert!(text.contains("ann on desk broke the lease of run 261122-221405-7f3a"), "{text}");
    assert!(text.ends_with("it's stuck; $(id)"), "{text}");
    assert!(!host.state().join("lease").exists());
}
