//! The docker stand-in of the paper hosts: it keeps state, and what runs answers on the health page.

use std::time::Instant;

use crate::lab::{Fault, HostSpec, Lab, Options, PaperHost};
use crate::lab_ssh::{ssh, text};

fn in_checkout(lab: &Lab, host: &PaperHost, command: &str) -> (Option<i32>, String, String) {
    let line = format!("cd {} && {command}", host.checkout().display());
    let out = ssh(lab, host, &line, b"");
    (out.status.code(), text(&out.stdout).to_owned(), text(&out.stderr).to_owned())
}

fn good(lab: &Lab, host: &PaperHost, command: &str) -> String {
    let (code, out, err) = in_checkout(lab, host, command);
    assert_eq!(code, Some(0), "{command}: {out}{err}");
    out
}

async fn health(host: &PaperHost) -> Option<(u16, serde_json::Value)> {
    let answer = reqwest::get(format!("{}/api/health", host.web())).await.ok()?;
    Some((answer.status().as_u16(), answer.json().await.ok()?))
}

/// Asks until the health page answers as wanted, for at most ten seconds.
async fn until(host: &PaperHost, status: Option<u16>, version: &str) {
    let begun = Instant::now();
    loop {
        let now = health(host).await;
        let as_wanted = match (&now, status) {
            (Some((code, body)), Some(wanted)) => *code == wanted && body["version"] == version,
            (None, None) => true,
            _ => false,
        };
        if as_wanted {
            return;
        }
        assert!(begun.elapsed().as_secs() < 10, "wanted {status:?} {version}, have {now:?}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn an_upgrade_by_hand_changes_containers_health_and_nothing_twice() {
    let lab = Lab::start(1, Options::instances()).unwrap();
    let host = lab.host(0);
    until(host, Some(200), "2.4.1").await;
    assert_eq!(host.docker_log(), Vec::<String>::new());

    // What was set up is what the compose file says: a second `up` changes nothing.
    let ids = good(&lab, host, "docker compose ps -a -q");
    assert_eq!(ids.lines().count(), 5);
    good(&lab, host, "docker compose up -d");
    assert_eq!(good(&lab, host, "docker compose ps -a -q"), ids);

    good(
        &lab,
        host,
        "git fetch -q origin tag v2.5.0 && git checkout -q v2.5.0 && docker compose build",
    );
    assert_eq!(good(&lab, host, "docker compose ps -a -q"), ids);
    let run = "docker compose run --rm --no-deps -T --entrypoint npx api prisma migrate deploy";
    let out = good(&lab, host, run);
    assert!(out.contains("Applying migration `20250902110000_mail_rate`"), "{out}");
    assert!(good(&lab, host, run).contains("No pending migrations"));
    good(&lab, host, "docker compose up -d");
    let new = good(&lab, host, "docker compose ps -a -q");
    assert_ne!(new.lines().next(), ids.lines().next(), "the api container is a new one");
    assert_eq!(new.lines().nth(2), ids.lines().nth(2), "the db container is the old one");
    until(host, Some(200), "2.5.0").await;
    assert_eq!(host.starts("compose build"), 1);
    assert_eq!(host.starts("compose up"), 2);
    assert_eq!(good(&lab, host, "cat ../../docker/unknown 2>/dev/null || :"), "");
}

#[tokio::test]
async fn bad_releases_fail_where_they_are_meant_to() {
    let lab = Lab::start(1, Options::instances()).unwrap();
    let host = lab.host(0);
    let ids = good(&lab, host, "git fetch -q --tags origin; docker compose ps -a -q");
    let (code, _, err) =
        in_checkout(&lab, host, "git checkout -q v2.6.0-broken-build && docker compose build");
    assert_eq!(code, Some(17));
    assert!(err.contains("src/mail/queue.ts(41,7): error TS2322"), "{err}");
    assert_eq!(good(&lab, host, "docker compose ps -a -q"), ids);
    until(host, Some(200), "2.4.1").await;

    let (code, _, err) = in_checkout(
        &lab,
        host,
        "git checkout -q v2.6.2-bad-migration && docker compose build 2>/dev/null && \
         docker compose run --rm api npx prisma migrate deploy",
    );
    assert_eq!(code, Some(1));
    assert!(err.contains("Error: P3018"), "{err}");

    let (code, _, err) =
        in_checkout(&lab, host, "git checkout -q v2.6.3-needs-variable && docker compose up -d");
    assert_eq!(code, Some(15));
    assert!(err.contains("required variable MAIL_RELAY_TOKEN is missing a value"), "{err}");

    good(&lab, host, "git checkout -q v2.6.1-unhealthy && docker compose up -d --build");
    until(host, Some(503), "2.6.1").await;
    let log = good(&lab, host, "docker compose logs --tail 1 api");
    assert!(log.contains("the mail queue does not answer"), "{log}");

    std::fs::write(host.dir().join("slow_seconds"), "2\n").unwrap();
    good(&lab, host, "git checkout -q v2.5.1-slow && docker compose up -d --build");
    until(host, None, "").await;
    until(host, Some(200), "2.5.1").await;
}

#[tokio::test]
async fn what_docker_prints_has_dockers_shapes() {
    let mut spec = HostSpec::new("alpha");
    spec.release = "v2.3.9".to_owned();
    let lab = Lab::start(1, Options::instances().with_hosts(vec![spec])).unwrap();
    let host = lab.host(0);
    let lines = good(&lab, host, "docker compose ps -a --format json");
    let all: Vec<serde_json::Value> =
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |name: &str| all.iter().find(|c| c["Service"] == name).unwrap();
    assert_eq!(all.len(), 5);
    assert_eq!(of("api")["State"], "running");
    assert_eq!(of("api")["Health"], "healthy");
    assert_eq!(of("init")["State"], "exited");
    assert_eq!(of("init")["ExitCode"], 0);
    assert_eq!(of("init")["Health"], "");

    let hashes = good(&lab, host, "docker compose config --hash '*'");
    for line in hashes.lines() {
        let (service, hash) = line.split_once(' ').unwrap();
        let labels = of(service)["Labels"].as_str().unwrap();
        assert!(labels.contains(&format!("com.docker.compose.config-hash={hash}")), "{service}");
    }
    let template = "{{.Name}} {{.RestartCount}} {{.State.Status}} {{if .State.Health}}{{.State.Health.Status}}{{else}}none{{end}} {{.HostConfig.RestartPolicy.Name}}";
    let line =
        good(&lab, host, &format!("docker inspect -f '{template}' $(docker compose ps -aq init)"));
    assert_eq!(line, "/changemaker-lite-init-1 0 exited none no\n");
    let whole = good(&lab, host, "docker inspect $(docker compose ps -aq)");
    let whole: serde_json::Value = serde_json::from_str(&whole).unwrap();
    assert_eq!(whole.as_array().unwrap().len(), 5);
    assert_eq!(whole[0]["State"]["Health"]["Status"], "healthy");

    let held = "docker tag $(docker inspect -f '{{.Image}}' $(docker compose ps -aq api)) bunker-held/x:1 && \
                docker image inspect -f '{{.Id}}' bunker-held/x:1 && docker rmi bunker-held/x:1";
    let out = good(&lab, host, held);
    assert!(out.starts_with("sha256:") && out.ends_with("Untagged: bunker-held/x:1\n"), "{out}");
    assert_eq!(host.starts("image tag"), 1);

    let df = good(&lab, host, "df -P . | tail -n 1 | tr -s ' '");
    assert!(df.contains(" 83886080 45298483 38587597 54% "), "{df}");
    host.fault(Fault::DiskFull);
    let df = good(&lab, host, "df -P . | tail -n 1");
    assert!(df.contains(" 100% "), "{df}");
    let (code, _, err) = in_checkout(&lab, host, "docker compose build");
    assert_eq!(code, Some(17));
    assert!(err.contains("no space left on device"), "{err}");
    let (code, ..) = in_checkout(&lab, host, "echo x >new-file");
    assert_ne!(code, Some(0));
    host.clear();
    good(&lab, host, "echo x >new-file");
}

#[test]
fn two_hundred_instances_start_in_under_ten_seconds() {
    let begun = Instant::now();
    let lab = Lab::start(200, Options::instances()).unwrap();
    let took = begun.elapsed();
    let out =
        ssh(&lab, lab.host(199), "cat */../../srv/changemaker-lite/package.json; echo ok", b"");
    assert!(text(&out.stdout).ends_with("ok\n"));
    eprintln!("200 paper hosts started in {:.2} s", took.as_secs_f64());
    assert!(took.as_secs_f64() < 10.0, "200 paper hosts took {took:?}");
}
