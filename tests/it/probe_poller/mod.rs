//! The poller against sources made up here: who is asked, when, and what is published.

mod sources;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bunker_ops::adapters::clock::SystemClock;
use bunker_ops::domain::catalogue::{N_INSTANT, N_TREND};
use bunker_ops::domain::figure::Trouble;
use bunker_ops::domain::health::Health;
use bunker_ops::domain::plan::Workflow;
use bunker_ops::domain::run::state::{Phase, RunSummary};
use bunker_ops::domain::settings::InstanceSettings;
use bunker_ops::domain::signal::Signal;
use bunker_ops::domain::snapshot::{Contact, FleetSnapshot, HttpHealth, MetricsState};
use bunker_ops::engine::poller::{
    Poller, Sources, Watched, refresh_figures, refresh_trends, run_once,
};
use bunker_ops::engine::ports::Clock as _;
use sources::{CHECKED_OUT, CountingServer, Hosts, Naming, fleet, sources};
use tokio::sync::watch;

fn contact<'a>(snapshot: &'a FleetSnapshot, id: &str) -> &'a Contact {
    &snapshot.instances.iter().find(|i| i.id.as_str() == id).unwrap().contact
}

#[tokio::test]
async fn a_dead_host_costs_the_others_nothing() {
    let (hosts, server) = (Arc::<Hosts>::default(), Arc::<CountingServer>::default());
    let watched = fleet(&["h0", "dead-1", "h2", "locked-3"]);
    let (_inventory, inventory) = watch::channel(watched);
    let (poller, snapshots, again) = Poller::new(sources(&hosts, &server), inventory);
    assert_eq!(*contact(&snapshots.borrow(), "h0"), Contact::NotYet);
    let running = async {
        let begun = Instant::now();
        while hosts.n_asked("h0") < 8 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let first = (hosts.n_asked("h0"), hosts.n_asked("dead-1"), hosts.n_asked("locked-3"));
        // A look a second, less or more a tenth: while another host takes 2 s each time not to answer.
        let took = begun.elapsed().as_secs_f64();
        assert!((6.0..11.0).contains(&took), "8 looks took {took:.1} s");
        // 2 s of waiting, then 2, 4, 8 … seconds of rest.
        assert!((2..=3).contains(&first.1), "{first:?}");
        assert_eq!(first.2, 1, "a refused key was tried again");
        let now = snapshots.borrow().clone();
        assert!(matches!(contact(&now, "h0"), Contact::Answered { .. }));
        assert!(matches!(contact(&now, "dead-1"), Contact::Lost { last_seen: None, .. }));
        again.at(&"locked-3".parse().unwrap());
        while hosts.n_asked("locked-3") < 2 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::select! {
        () = poller.run() => panic!("the poller ended"),
        () = running => {}
    }
}

/// A run that stands in this phase and has begun on one host.
fn run_at(host: &str, phase: Phase) -> RunSummary {
    RunSummary {
        run: "261129-094110-00aa".parse().unwrap(),
        workflow: Workflow::Upgrade,
        target: None,
        phase,
        planned: SystemClock.now(),
        finished: None,
        by: None,
        hosts: vec![host.parse().unwrap()],
        at_work: vec![host.parse().unwrap()],
        n_ok: 0,
        n_failed: 0,
        summary: None,
    }
}

#[tokio::test]
async fn a_host_is_looked_at_less_often_while_a_run_is_at_work_there_and_only_then() {
    let (hosts, server) = (Arc::<Hosts>::default(), Arc::<CountingServer>::default());
    let (_inventory, watched) = watch::channel(fleet(&["h0", "h1", "h2"]));
    let (mut poller, _snapshots, _again) = Poller::new(sources(&hosts, &server), watched);
    let at_work = poller.told_by_runs();
    let told = [("h0", Phase::Running), ("h1", Phase::Paused), ("h2", Phase::Lost)];
    at_work.by(&told.map(|(host, phase)| run_at(host, phase)));
    let until = async |host: &str, n: u32| {
        while hosts.n_asked(host) < n {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        ["h0", "h1", "h2"].map(|host| hosts.n_asked(host))
    };
    let running = async {
        // A look a second, and a look in three seconds; the first is made either way.
        let [spared, paused, lost] = until("h1", 10).await;
        assert!((2..=5).contains(&spared), "{spared} beside {paused} and {lost}");
        assert!((8..=12).contains(&lost), "{lost} beside {paused}");
        at_work.by(&[]);
        let before = hosts.n_asked("h1");
        let [_, usual, _] = until("h0", spared + 5).await;
        assert!((3..=7).contains(&(usual - before)), "{usual} from {before} on, beside 5");
    };
    tokio::select! {
        () = poller.run() => panic!("the poller ended"),
        () = running => {}
    }
}

#[tokio::test]
async fn a_health_address_that_names_another_commit_brings_a_look_at_once_and_one_only() {
    let (hosts, server) = (Arc::<Hosts>::default(), Arc::<CountingServer>::default());
    let (_inventory, watched) = watch::channel(fleet(&["h0"]));
    let naming = Arc::new(Naming { commit: CHECKED_OUT.to_owned().into(), n: AtomicUsize::new(0) });
    let sources = Sources { health: Arc::<Naming>::clone(&naming), ..sources(&hosts, &server) };
    let (mut poller, _snapshots, _again) = Poller::new(sources, watched);
    let at_work = poller.told_by_runs();
    at_work.by(&[run_at("h0", Phase::Running)]);
    let until = async |n_looks: u32, n_asked: usize| {
        while hosts.n_asked("h0") < n_looks || naming.n.load(Ordering::SeqCst) < n_asked {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        (hosts.n_asked("h0"), naming.n.load(Ordering::SeqCst))
    };
    let running = async {
        assert_eq!(until(1, 1).await, (1, 1));
        *naming.commit.lock().unwrap() = "b".repeat(40);
        // It is asked each second, and looked at each third while a run is at work.
        assert_eq!(until(2, 2).await, (2, 2));
        let (looks, _) = until(2, 5).await;
        assert!(looks <= 3, "looked at {looks} times");
    };
    tokio::select! {
        () = poller.run() => panic!("the poller ended"),
        () = running => {}
    }
}

#[tokio::test]
async fn a_cockpit_that_is_opened_in_the_middle_of_a_run_looks_at_every_host_at_once() {
    let (hosts, server) = (Arc::<Hosts>::default(), Arc::<CountingServer>::default());
    let names: Vec<String> = (0..30).map(|n| format!("h{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let (_inventory, watched) = watch::channel(fleet(&names));
    let (mut poller, _snapshots, _again) = Poller::new(sources(&hosts, &server), watched);
    let at_work = poller.told_by_runs();
    let (rest, busy) = names.split_at(15);
    at_work.by(&busy.iter().map(|host| run_at(host, Phase::Running)).collect::<Vec<_>>());
    let running = async {
        while busy.iter().any(|host| hosts.n_asked(host) == 0) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        // The first looks are spread over 0.3 s, and those who are not spared have their second after a second.
        let again = rest.iter().map(|host| hosts.n_asked(host)).max().unwrap();
        assert!(again <= 2, "looked at {again} times before the first look at others");
    };
    tokio::select! {
        () = poller.run() => panic!("the poller ended"),
        () = running => {}
    }
}

#[tokio::test]
async fn an_inventory_edit_is_picked_up_and_the_rest_keeps_what_is_known() {
    let (hosts, server) = (Arc::<Hosts>::default(), Arc::<CountingServer>::default());
    let (inventory, watched) = watch::channel(fleet(&["h0", "h1"]));
    let (poller, mut snapshots, _again) = Poller::new(sources(&hosts, &server), watched);
    let running = async {
        let seen = |s: &Arc<FleetSnapshot>| matches!(contact(s, "h0"), Contact::Answered { .. });
        let before = snapshots.wait_for(seen).await.unwrap().clone();
        let mut next = fleet(&["h2", "h0"]);
        next.files.problems = vec!["hosts.yml:3: error: odd".into()];
        inventory.send_replace(next);
        let after = snapshots
            .wait_for(|s| {
                s.instances.len() == 2
                    && s.instances[0].id.as_str() == "h2"
                    && matches!(s.instances[0].contact, Contact::Answered { .. })
            })
            .await
            .unwrap()
            .clone();
        assert!(seen(&before) && seen(&after), "what was known of h0 is gone");
        assert_eq!(after.inventory.problems[0].as_str(), "hosts.yml:3: error: odd");
    };
    tokio::select! {
        () = poller.run() => panic!("the poller ended"),
        () = running => {}
    }
}

/// `watched` with the settings of every instance changed.
fn edited(mut watched: Watched, edit: impl Fn(&mut InstanceSettings)) -> Watched {
    for host in &mut Arc::make_mut(&mut watched.fleet).hosts {
        edit(Arc::make_mut(Arc::make_mut(host).instance.as_mut().unwrap()));
    }
    watched
}

#[tokio::test]
async fn an_edit_of_the_inventory_resets_no_clock_of_an_outage_and_forgets_only_what_it_makes_untrue()
 {
    let (hosts, server) = (Arc::<Hosts>::default(), Arc::<CountingServer>::default());
    let ids = ["h0", "locked-1"];
    let (inventory, watched) = watch::channel(fleet(&ids));
    let (poller, mut snapshots, _again) = Poller::new(sources(&hosts, &server), watched);
    let running = async {
        let before = snapshots
            .wait_for(|s| {
                s.instances[0].facts.is_some()
                    && s.instances.iter().all(|i| matches!(i.http, HttpHealth::Up { .. }))
                    && matches!(contact(s, "locked-1"), Contact::Lost { .. })
            })
            .await
            .unwrap()
            .clone();
        // A limit of all: nothing that was seen is less true.
        let next = edited(fleet(&ids), |s| s.policy.disk_warn = 0.5);
        inventory.send_replace(next.clone());
        let limit = |s: &Arc<FleetSnapshot>| s.instances[1].policy.disk_warn;
        let after = snapshots.wait_for(|s| limit(s) < 0.6).await.unwrap().clone();
        assert_eq!(contact(&after, "locked-1"), contact(&before, "locked-1"));
        assert!(after.instances[0].facts.is_some(), "the facts of h0 are gone");
        assert!(after.instances.iter().all(|i| matches!(i.http, HttpHealth::Up { .. })));
        assert_eq!(hosts.n_asked("locked-1"), 1, "nothing else is asked of it: no reason to ask");
        // Another folder: it is asked anew, and silent since as long as before.
        let moved = edited(next.clone(), |s| s.dir = "/srv/cml".to_owned().try_into().unwrap());
        inventory.send_replace(moved);
        while hosts.n_asked("locked-1") < 2 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(contact(&snapshots.borrow(), "locked-1"), contact(&before, "locked-1"));
        // Another address: who is silent there is another host.
        let mut other = next;
        for host in &mut Arc::make_mut(&mut other.fleet).hosts {
            Arc::make_mut(host).connection.port = Some(2222);
        }
        inventory.send_replace(other);
        let since = |s: &FleetSnapshot| match contact(s, "locked-1") {
            Contact::Lost { since, .. } => Some(*since),
            Contact::NotYet | Contact::Answered { .. } => None,
        };
        let first = since(&before);
        snapshots.wait_for(|s| since(s).is_some_and(|at| Some(at) > first)).await.unwrap();
    };
    tokio::select! {
        () = poller.run() => panic!("the poller ended"),
        () = running => {}
    }
}

#[tokio::test]
async fn snapshots_come_at_most_twice_a_second_and_unchanged_views_stay_the_same_object() {
    let (hosts, server) = (Arc::<Hosts>::default(), Arc::<CountingServer>::default());
    let ids: Vec<String> = (0..40).map(|i| format!("h{i}")).collect();
    let (_inventory, watched) =
        watch::channel(fleet(&ids.iter().map(String::as_str).collect::<Vec<_>>()));
    let (poller, mut snapshots, _again) = Poller::new(sources(&hosts, &server), watched);
    let running = async {
        let (mut n, mut kept, mut last) = (0, 0, snapshots.borrow().clone());
        let end = tokio::time::Instant::now() + Duration::from_secs(5);
        while tokio::time::timeout_at(end, snapshots.changed()).await.is_ok() {
            n += 1;
            let now = snapshots.borrow_and_update().clone();
            kept += now
                .instances
                .iter()
                .zip(&last.instances)
                .filter(|(a, b)| Arc::ptr_eq(a, b))
                .count();
            last = now;
        }
        assert!((3..=11).contains(&n), "{n} snapshots in 5 s");
        assert!(kept > 0, "every view was made anew each time");
    };
    tokio::select! {
        () = poller.run() => panic!("the poller ended"),
        () = running => {}
    }
}

#[tokio::test]
async fn a_refresh_costs_the_same_number_of_queries_for_any_fleet() {
    for n in [1, 10, 1_000] {
        let (hosts, server) = (Arc::<Hosts>::default(), Arc::<CountingServer>::default());
        let ids: Vec<String> = (0..n).map(|i| format!("h{i}")).collect();
        let watched = fleet(&ids.iter().map(String::as_str).collect::<Vec<_>>());
        let sources = sources(&hosts, &server);
        let snapshot = run_once(&sources, &watched, Duration::from_secs(30)).await;
        assert_eq!(server.n.load(Ordering::SeqCst), N_INSTANT, "{n} instances");
        let last = snapshot.instances.last().unwrap();
        assert_eq!(last.signals[&Signal::P95Seconds].reading.unwrap().value.to_string(), "0.25");
        refresh_trends(&*server, watched.fleet.metrics.as_ref().unwrap(), &SystemClock).await;
        assert_eq!(server.n.load(Ordering::SeqCst), N_INSTANT + N_TREND, "{n} instances");
    }
}

#[tokio::test]
async fn a_server_that_is_down_is_asked_once_and_no_figure_becomes_zero() {
    let server = Arc::new(CountingServer { n: AtomicUsize::new(0), down: true });
    let hosts = Arc::<Hosts>::default();
    let watched = fleet(&["h0", "dead-1"]);
    let begun = Instant::now();
    let snapshot = run_once(&sources(&hosts, &server), &watched, Duration::from_secs(1)).await;
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
    assert_eq!(server.n.load(Ordering::SeqCst), 1);
    let MetricsState::Failed { trouble, last_seen, .. } = &snapshot.metrics else {
        panic!("{:?}", snapshot.metrics)
    };
    assert_eq!((trouble, last_seen), (&Trouble::TimedOut, &None));
    let p95 = &snapshot.instances[0].signals[&Signal::P95Seconds];
    assert_eq!((p95.reading, p95.trouble.clone()), (None, Some(Trouble::TimedOut)));
    // The dead host is said not to have answered, and nothing was read of the living one.
    let dead = &snapshot.instances[1];
    assert_eq!(dead.verdict.health, Health::Unknown);
    assert!(dead.verdict.reasons[0].text.as_str().contains("no answer within 1 s"));
    assert_eq!(snapshot.instances[0].verdict.health, Health::Unknown);

    let figures = refresh_figures(&*server, watched.fleet.metrics.as_ref().unwrap()).await;
    assert_eq!(figures.trouble(), Some(&Trouble::TimedOut));
}
