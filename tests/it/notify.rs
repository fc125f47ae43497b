//! Messages through stand-ins (they are none of the real servers: they take what comes, or fail as they are told), out
//! of the real store.

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, Response, Uri};
use base64::Engine as _;
use bunker_ops::adapters::clock::SystemClock;
use bunker_ops::adapters::notify::{Couriers, signature};
use bunker_ops::adapters::paths::StateDir;
use bunker_ops::adapters::store::StoreWriter;
use bunker_ops::domain::capability::Operate;
use bunker_ops::domain::notify::{Channel, MailTls, NewsKind, NotifySettings};
use bunker_ops::domain::plan::Plan;
use bunker_ops::domain::policy::Approval;
use bunker_ops::domain::run::event::EventKind;
use bunker_ops::domain::run::operator::Operator;
use bunker_ops::domain::run::pause::PauseReason;
use bunker_ops::domain::run::state::Phase;
use bunker_ops::engine::notify::Post;
use bunker_ops::engine::ports::{Campaigns, Outbox, Posted, RunWriter};
use bunker_ops::engine::supervisor::{Supervisor, Task};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

use crate::sample::{planned, run_id, simple_plan};

const SECRET: &str = "a secret that is long enough";

type Asked = Arc<Mutex<Vec<(String, HeaderMap, String)>>>;

/// Takes requests and answers with this status, after this time.
pub(crate) struct StandIn {
    address: SocketAddr,
    pub(crate) asked: Asked,
    status: Arc<Mutex<u16>>,
    /// Its server ends with it.
    _supervisor: Supervisor,
}

async fn answer(
    State((asked, status)): State<(Asked, Arc<Mutex<u16>>)>,
    uri: Uri,
    headers: HeaderMap,
    body: String,
) -> Response<String> {
    asked.lock().unwrap().push((uri.to_string(), headers, body));
    let status = *status.lock().unwrap();
    if status == 0 {
        std::future::pending::<()>().await;
    }
    let answer = Response::builder().status(status).header("location", "http://127.0.0.1:9/else");
    answer.body("<html>a long answer that nobody reads</html>".to_owned()).unwrap()
}

impl StandIn {
    pub(crate) async fn answering(status: u16) -> Self {
        let (asked, status) = (Asked::default(), Arc::new(Mutex::new(status)));
        let state = (Arc::clone(&asked), Arc::clone(&status));
        let app = Router::new().fallback(answer).with_state(state);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let supervisor = Supervisor::new();
        drop(supervisor.spawn("stand-in", async move { axum::serve(listener, app).await }));
        Self { address, asked, status, _supervisor: supervisor }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn n_asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

struct Desk {
    own: tempfile::TempDir,
    store: StoreWriter,
}

impl Desk {
    fn new() -> Self {
        let own = tempfile::tempdir().unwrap();
        let store = Self::open(own.path());
        Self { own, store }
    }

    fn open(dir: &Path) -> StoreWriter {
        let clock = Arc::new(SystemClock);
        StoreWriter::open(&StateDir::at(dir.join("state")), clock, &Operate::grant()).unwrap()
    }

    fn file(&self, name: &str, text: &str, mode: u32) -> String {
        let path = self.own.path().join(name);
        std::fs::write(&path, format!("{text}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn webhook(&self, url: String) -> Channel {
        let secret_file = self.file("secret", SECRET, 0o600);
        Channel::Webhook { url: url.try_into().unwrap(), secret_file }
    }

    async fn send(&self) -> (usize, usize) {
        let clock = SystemClock;
        let couriers = Couriers::default();
        Post { outbox: &self.store, courier: &couriers, clock: &clock }.flush().await.unwrap()
    }

    async fn first(&self) -> Posted {
        self.store.posted(10).await.unwrap().remove(0)
    }
}

fn telling(channels: Vec<Channel>) -> Plan {
    let mut plan = simple_plan(&["a", "b"]);
    let on = vec![NewsKind::Ended, NewsKind::Paused, NewsKind::NeedsYou, NewsKind::Failed];
    plan.around.notify = Some(NotifySettings { on, channels });
    plan
}

/// A run of this plan that has failed.
async fn failed(store: &StoreWriter, plan: &Plan, n: u16) {
    let run = run_id(n);
    store.create(&run, plan, planned(plan)).await.unwrap();
    store.claim(&run, std::process::id()).await.unwrap();
    let end = EventKind::RunFinished { state: Phase::Failed, summary: "1 failed, 1 ok".into() };
    store.append(&run, vec![end]).await.unwrap();
}

#[tokio::test]
async fn a_failed_run_is_told_once_signed_and_with_the_same_id_at_each_try() {
    let (desk, server) = (Desk::new(), StandIn::answering(500).await);
    let plan = telling(vec![desk.webhook(server.url("/hook?token=hidden"))]);
    failed(&desk.store, &plan, 1).await;
    assert_eq!(desk.send().await, (0, 1));
    let posted = desk.first().await;
    assert_eq!((posted.state.as_str(), posted.tries), ("waiting", 1));
    let error = posted.error.unwrap().to_string();
    assert!(error.ends_with("answered 500") && !error.contains("hidden"), "{error}");
    // Another process, later: the outbox survives, and nothing is told a second time.
    *server.status.lock().unwrap() = 202;
    let later = Desk::open(desk.own.path());
    assert_eq!(later.retry(None).await, Ok(1));
    assert_eq!(desk.send().await, (1, 0));
    assert_eq!(desk.send().await, (0, 0));
    assert_eq!(desk.first().await.state.as_str(), "sent");
    let asked = server.asked.lock().unwrap();
    assert_eq!(asked.len(), 2);
    let header = |n: usize, name: &str| asked[n].1[name].to_str().unwrap().to_owned();
    assert_eq!(header(0, "webhook-id"), header(1, "webhook-id"));
    let (id, at) = (header(1, "webhook-id"), header(1, "webhook-timestamp"));
    let wanted = signature(SECRET.as_bytes(), &id, &at, &asked[1].2);
    assert_eq!(header(1, "webhook-signature"), wanted);
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(wanted.strip_prefix("v1,").unwrap())
        .unwrap();
    assert_eq!(bytes.len(), 32);
    let body: serde_json::Value = serde_json::from_str(&asked[1].2).unwrap();
    assert_eq!(body["type"], "run.failed");
    assert_eq!(body["data"]["run"], run_id(1).as_str());
    let title = body["data"]["title"].as_str().unwrap();
    assert_eq!(title, "upgrade to v2.5.0 of 2 instances failed: 1 failed, 1 ok");
    assert!(!asked.iter().any(|(.., body)| body.contains(SECRET)));
}

/// What each kind of news says, and that each is told once.
#[tokio::test]
async fn an_end_a_pause_and_who_is_needed_are_told_in_words_that_say_what_to_do() {
    let (desk, server) = (Desk::new(), StandIn::answering(200).await);
    let plan = telling(vec![desk.webhook(server.url("/"))]);
    let paused = |reason, why: &str| EventKind::Paused { reason, why: why.into() };
    let started = async |n: u16, kinds: Vec<EventKind>| {
        desk.store.create(&run_id(n), &plan, planned(&plan)).await.unwrap();
        desk.store.claim(&run_id(n), std::process::id()).await.unwrap();
        desk.store.append(&run_id(n), kinds).await.unwrap();
    };
    let end = EventKind::RunFinished { state: Phase::Succeeded, summary: "2 ok".into() };
    started(1, vec![paused(PauseReason::Manual, "paused by ann"), EventKind::Resumed, end]).await;
    started(2, vec![paused(PauseReason::WindowClosed, "the window is over")]).await;
    // One that waits for a second person has no worker that could tell it.
    let ann = Operator { user: "ann".into(), machine: "desk".into(), from: None };
    let approval = Approval {
        hash: plan.hash(),
        by: ann,
        asked: "2026-11-22T14:00:00Z".parse().unwrap(),
        until: "2026-11-22T18:00:00Z".parse().unwrap(),
        reasons: vec!["the capital".into()],
        decision: None,
    };
    desk.store.create_waiting(&run_id(3), &plan, planned(&plan), &approval).await.unwrap();
    // And one has lost its worker, which is told once, however often it is looked.
    let mut worker = std::process::Command::new("true").spawn().unwrap();
    worker.wait().unwrap();
    desk.store.create(&run_id(4), &plan, planned(&plan)).await.unwrap();
    desk.store.claim(&run_id(4), worker.id()).await.unwrap();
    let begun = EventKind::WorkerStarted { pid: worker.id(), generation: 1 };
    desk.store.append(&run_id(4), vec![begun]).await.unwrap();
    let (clock, couriers) = (SystemClock, Couriers::default());
    let post = Post { outbox: &desk.store, courier: &couriers, clock: &clock };
    for _ in 0..2 {
        post.post_lost(&desk.store).await.unwrap();
    }
    assert_eq!(post.flush().await.unwrap(), (5, 0));
    let asked = server.asked.lock().unwrap();
    let told: Vec<(String, String, String)> = asked
        .iter()
        .map(|(.., body)| {
            let body: serde_json::Value = serde_json::from_str(body).unwrap();
            let word = |at: &str| body.pointer(at).unwrap().as_str().unwrap().to_owned();
            (word("/type"), word("/data/title"), word("/data/text"))
        })
        .collect();
    for (kind, title, what_to_do) in [
        ("run.paused", "upgrade to v2.5.0 of 2 instances waits: paused by ann", "`bunker resume"),
        ("run.ended", "upgrade to v2.5.0 of 2 instances succeeded: 2 ok", "`bunker show"),
        ("run.needs-you", "waits: the window is over", "`bunker resume"),
        ("run.needs-you", "waits: a second person has to approve: the capital", "`bunker approve"),
        ("run.needs-you", "has lost its worker and stands still", "`bunker resume"),
    ] {
        let fits = |t: &&(String, String, String)| t.0 == kind && t.1.contains(title);
        let one = told.iter().find(fits).unwrap_or_else(|| panic!("no {title}: {told:#?}"));
        assert!(one.2.contains(what_to_do), "{one:?}");
    }
}

#[tokio::test]
async fn gotify_gets_a_title_a_priority_and_the_token_in_a_header_only() {
    let (desk, server) = (Desk::new(), StandIn::answering(200).await);
    let token_file = desk.file("token", "A0token", 0o600);
    let url = server.url("/gotify").try_into().unwrap();
    failed(&desk.store, &telling(vec![Channel::Gotify { url, token_file }]), 1).await;
    assert_eq!(desk.send().await, (1, 0));
    let asked = server.asked.lock().unwrap();
    let (uri, headers, body) = &asked[0];
    assert_eq!(
        (uri.as_str(), headers["X-Gotify-Key"].to_str().unwrap()),
        ("/gotify/message", "A0token")
    );
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!(body["priority"], 8);
    assert!(body["message"].as_str().unwrap().contains("bunker show"));
}

#[tokio::test]
async fn what_will_never_be_taken_is_given_up_and_says_why() {
    let desk = Desk::new();
    let (redirect, forbidden) = (StandIn::answering(302).await, StandIn::answering(401).await);
    let open = Channel::Webhook {
        url: forbidden.url("/open").try_into().unwrap(),
        secret_file: desk.file("open", SECRET, 0o644),
    };
    let channels = vec![desk.webhook(redirect.url("/")), desk.webhook(forbidden.url("/")), open];
    failed(&desk.store, &telling(channels), 1).await;
    assert_eq!(desk.send().await, (0, 3));
    let posted = desk.store.posted(10).await.unwrap();
    assert!(posted.iter().all(|p| p.state.as_str() == "given-up"), "{posted:?}");
    let error = |n: usize| posted[n].error.as_ref().unwrap().to_string();
    assert!(error(2).contains("a redirect is not followed"), "{}", error(2));
    assert!(error(1).contains("does not accept the token"), "{}", error(1));
    assert!(error(0).contains("chmod 600"), "{}", error(0));
    assert_eq!((redirect.n_asked(), forbidden.n_asked()), (1, 1), "nothing goes with an open file");
}

#[tokio::test]
async fn a_dead_and_a_silent_server_cost_a_run_nothing() {
    let (desk, silent) = (Desk::new(), StandIn::answering(0).await);
    let channels = vec![
        desk.webhook("http://127.0.0.1:9/refused".to_owned()),
        desk.webhook(silent.url("/silent")),
    ];
    failed(&desk.store, &telling(channels), 1).await;
    assert_eq!(silent.n_asked(), 0, "a run only writes what is to be told, and asks no server");
    let (taken, not) = desk.send().await;
    // While the silent one is waited for, the other may be tried again.
    assert!(taken == 0 && not >= 2, "{taken} were taken, {not} were not");
    let posted = desk.store.posted(10).await.unwrap();
    assert!(posted.iter().all(|p| p.state.as_str() == "waiting"), "{posted:?}");
    assert!(posted[1].error.as_ref().unwrap().as_str().contains("connection refused"));
    assert!(posted[0].error.as_ref().unwrap().as_str().contains("no answer within 10 s"));
}

#[tokio::test]
async fn two_senders_never_send_the_same_and_a_dead_ones_claim_ends() {
    let (desk, server) = (Desk::new(), StandIn::answering(200).await);
    let plan = telling(vec![desk.webhook(server.url("/"))]);
    for n in 1..=20 {
        failed(&desk.store, &plan, n).await;
    }
    let other = Desk::open(desk.own.path());
    let (clock, couriers) = (SystemClock, Couriers::default());
    let post = Post { outbox: &other, courier: &couriers, clock: &clock };
    let (one, two) = tokio::join!(desk.send(), post.flush());
    assert_eq!(one.0 + two.unwrap().0, 20);
    assert_eq!(server.n_asked(), 20);
}

/// A mail server of a few lines: it is none, it takes one mail and keeps what was said.
async fn mail_server(supervisor: &Supervisor) -> (SocketAddr, Task<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = supervisor.spawn("mail server", async move {
        let (stream, _) = listener.accept().await.unwrap();
        let (read, mut write) = stream.into_split();
        let mut lines = BufReader::new(read).lines();
        let (mut said, mut in_data) = (Vec::new(), false);
        write.write_all(b"220 stand-in\r\n").await.unwrap();
        while let Ok(Some(line)) = lines.next_line().await {
            let reply: &[u8] = match line.as_str() {
                "." if in_data => {
                    in_data = false;
                    b"250 taken\r\n"
                }
                _ if in_data => b"",
                "DATA" => {
                    in_data = true;
                    b"354 go on\r\n"
                }
                "QUIT" => b"221 bye\r\n",
                _ => b"250 ok\r\n",
            };
            said.push(line);
            write.write_all(reply).await.unwrap();
        }
        said
    });
    (address, serving)
}

#[tokio::test]
async fn a_mail_has_its_people_a_subject_and_the_text() {
    let supervisor = Supervisor::new();
    let (desk, (address, serving)) = (Desk::new(), mail_server(&supervisor).await);
    let mail = Channel::Mail {
        server: address.ip().to_string(),
        port: address.port(),
        tls: MailTls::None,
        from: "bunker@example.org".into(),
        to: vec!["ann@example.org".into(), "bob@example.org".into()],
        user: None,
        password_file: None,
    };
    failed(&desk.store, &telling(vec![mail]), 1).await;
    assert_eq!(desk.send().await, (1, 0), "{:?}", desk.first().await.error);
    let said = serving.join().await.unwrap();
    let has = |wanted: &str| said.iter().any(|line| line.contains(wanted));
    assert!(has("MAIL FROM:<bunker@example.org>") && has("RCPT TO:<bob@example.org>"), "{said:?}");
    assert!(has("Subject: [bunker test] upgrade to v2.5.0 of 2 instances failed"), "{said:?}");
    assert!(has("Fleet test, run"), "{said:?}");
}

#[tokio::test]
async fn of_two_runs_one_has_the_fleet_until_it_has_ended() {
    let (desk, fleet) = (Desk::new(), bunker_ops::domain::lease::FleetKey::of(&"test".into()));
    let (plan, one, two) = (simple_plan(&["a", "b"]), run_id(1), run_id(2));
    for run in [&one, &two] {
        desk.store.create(run, &plan, planned(&plan)).await.unwrap();
        desk.store.claim(run, std::process::id()).await.unwrap();
    }
    assert_eq!(desk.store.take_campaign(&fleet, &one).await.unwrap(), None);
    assert_eq!(desk.store.take_campaign(&fleet, &one).await.unwrap(), None, "its own, again");
    let held = desk.store.take_campaign(&fleet, &two).await.unwrap().unwrap();
    assert_eq!((&held.run, held.alive), (&one, true));
    let text = held.to_string();
    assert!(text.contains("(upgrade) by ann on desk goes through the fleet since"), "{text}");
    assert!(text.contains("0 of 2 done"), "{text}");
    let end = EventKind::RunFinished { state: Phase::Succeeded, summary: "2 ok".into() };
    desk.store.append(&one, vec![end]).await.unwrap();
    assert_eq!(desk.store.take_campaign(&fleet, &two).await.unwrap(), None, "it has ended");
    desk.store.end_campaign(&fleet, &one).await.unwrap();
    assert!(desk.store.campaign(&fleet).await.unwrap().is_some(), "not that of another");
}
