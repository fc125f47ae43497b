//! A stand-in for a metrics server (it is not one: it answers what a test wants): each fault becomes
//! the state of a figure, and none becomes a number.

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Response};
use bunker_ops::adapters::victoria::Victoria;
use bunker_ops::domain::figure::{Figure, Trouble};
use bunker_ops::domain::fleet::MetricsSettings;
use bunker_ops::engine::ports::MetricsSource;
use tokio::net::TcpListener;

#[derive(Clone)]
struct Reply {
    status: u16,
    kind: &'static str,
    body: Vec<u8>,
    after: Duration,
}

impl Reply {
    fn json(body: &str) -> Self {
        Self::of(200, "application/json", body)
    }
    fn of(status: u16, kind: &'static str, body: &str) -> Self {
        Self { status, kind, body: body.into(), after: Duration::ZERO }
    }
}

/// A name, what the stand-in answers, and what must come of it.
type Case = (&'static str, Reply, Box<dyn Fn(&Trouble) -> bool>);

/// What was asked: header lines and the form.
type Asked = Arc<Mutex<Vec<(HeaderMap, String, String)>>>;

struct StandIn {
    address: SocketAddr,
    asked: Asked,
    serving: tokio::task::JoinHandle<()>,
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl StandIn {
    async fn answering(reply: Reply) -> Self {
        let asked = Asked::default();
        let state = (reply, Arc::clone(&asked));
        let app = Router::new().fallback(answer).with_state(state);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        #[expect(clippy::disallowed_methods, reason = "a stand-in of a test, ended with it")]
        let serving = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { address, asked, serving }
    }

    fn settings(&self, path: &str) -> MetricsSettings {
        settings(&format!("http://{}{path}", self.address))
    }
}

async fn answer(
    State((reply, asked)): State<(Reply, Asked)>,
    request: axum::extract::Request,
) -> Response<Body> {
    let (head, body) = request.into_parts();
    let form = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let form = String::from_utf8(form.to_vec()).unwrap();
    asked.lock().unwrap().push((head.headers, head.uri.path().to_owned(), form));
    tokio::time::sleep(reply.after).await;
    Response::builder()
        .status(reply.status)
        .header("content-type", reply.kind)
        .body(Body::from(reply.body))
        .unwrap()
}

fn settings(url: &str) -> MetricsSettings {
    MetricsSettings { url: url.to_owned().try_into().unwrap(), token_file: None, timeout_s: 1 }
}

/// The figure that an instance `a` gets of this reply.
async fn figure(reply: Reply) -> Figure {
    let server = StandIn::answering(reply).await;
    match Victoria::new().instant(&server.settings(""), "x").await {
        Ok(answer) => answer.figure("a", None),
        Err(trouble) => Figure::absent(trouble),
    }
}

fn vector(result: &str) -> String {
    format!(
        r#"{{"status":"success","isPartial":false,"data":{{"resultType":"vector","result":[{result}]}}}}"#
    )
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table")]
async fn every_fault_is_a_state_and_none_is_a_number() {
    let is_malformed = |t: &Trouble| matches!(t, Trouble::Malformed(_));
    let refused = |words: &'static str| move |t: &Trouble| matches!(t, Trouble::Refused(text) if text.as_str().contains(words));
    let big = format!("{}{}", " ".repeat(9 << 20), vector(""));
    let unfinished = vector(r#"{"metric":{"instance":"a"},"value":[1,"1"]}"#);
    let cases: Vec<Case> = vec![
        ("empty", Reply::json(&vector("")), Box::new(|t| *t == Trouble::NoData)),
        (
            "another instance",
            Reply::json(&vector(r#"{"metric":{"instance":"b"},"value":[1,"1"]}"#)),
            Box::new(|t| *t == Trouble::NoData),
        ),
        (
            "no labels",
            Reply::json(&vector(r#"{"metric":{},"value":[1,"1"]}"#)),
            Box::new(|t| *t == Trouble::NoData),
        ),
        (
            "not a number",
            Reply::json(&vector(r#"{"metric":{"instance":"a"},"value":[1,"NaN"]}"#)),
            Box::new(|t| *t == Trouble::NotANumber),
        ),
        (
            "infinite",
            Reply::json(&vector(r#"{"metric":{"instance":"a"},"value":[1,"+Inf"]}"#)),
            Box::new(|t| *t == Trouble::NotANumber),
        ),
        (
            "a word",
            Reply::json(&vector(r#"{"metric":{"instance":"a"},"value":[1,"many"]}"#)),
            Box::new(is_malformed),
        ),
        ("a matrix", Reply::json(&vector("").replace("vector", "matrix")), Box::new(is_malformed)),
        ("half an answer", Reply::json(unfinished.get(..40).unwrap()), Box::new(is_malformed)),
        ("nothing", Reply::json(""), Box::new(is_malformed)),
        ("a page", Reply::of(200, "text/html", "<html>log in</html>"), Box::new(is_malformed)),
        ("larger than 8 MiB", Reply::json(&big), Box::new(|t| *t == Trouble::Oversized)),
        (
            "slow",
            Reply { after: Duration::from_secs(4), ..Reply::json(&vector("")) },
            Box::new(|t| *t == Trouble::TimedOut),
        ),
        ("503", Reply::of(503, "text/plain", "storage away"), Box::new(refused("storage away"))),
        (
            "vmauth's text",
            Reply::of(400, "text/plain", "missing route for /api/v1/query"),
            Box::new(refused("(missing route for /api/v1/query): does it want a token")),
        ),
        (
            "a bad expression",
            Reply::of(422, "application/json", r#"{"status":"error","error":"cannot parse x{"}"#),
            Box::new(refused("cannot parse x{")),
        ),
        (
            "success that is none",
            Reply::json(r#"{"status":"error","errorType":"422","error":"too many points"}"#),
            Box::new(refused("too many points")),
        ),
        ("a redirect", Reply::of(302, "text/html", ""), Box::new(refused("302"))),
    ];
    for (name, reply, is_right) in cases {
        let got = figure(reply).await;
        let trouble = got.trouble.as_ref().unwrap_or_else(|| panic!("{name}: no trouble"));
        assert!(is_right(trouble), "{name}: {trouble:?}");
        assert_eq!(got.reading, None, "{name}");
    }
    let down = Victoria::new().instant(&settings("http://127.0.0.1:9"), "x").await;
    assert_eq!(down.unwrap_err(), Trouble::Down("connection refused".into()));
}

#[tokio::test]
async fn a_good_value_and_a_partial_one_say_what_they_are() {
    let one = vector(r#"{"metric":{"instance":"a","extra":"label"},"value":[1795377371,"0.25"]}"#);
    let good = figure(Reply::json(&one)).await.reading.unwrap();
    assert_eq!((good.value.to_string().as_str(), good.partial), ("0.25", false));
    assert_eq!(good.at.as_second(), 1_795_377_371);
    let part = one.replace("\"isPartial\":false", "\"isPartial\":true");
    assert!(figure(Reply::json(&part)).await.reading.unwrap().partial);
}

#[tokio::test]
async fn a_question_goes_by_form_to_single_nodes_and_clusters_with_the_token() {
    let server = StandIn::answering(Reply::json(&vector(""))).await;
    let dir = tempfile::TempDir::new().unwrap();
    let file = dir.path().join("token");
    std::fs::write(&file, "s3cret\n").unwrap();
    let mode = |m| std::fs::set_permissions(&file, std::fs::Permissions::from_mode(m)).unwrap();
    let mut to = server.settings("/select/0/prometheus/");
    to.token_file = Some(file.display().to_string());

    mode(0o640);
    let refused = Victoria::new().instant(&to, "up").await.unwrap_err();
    let Trouble::Refused(text) = &refused else { panic!("{refused:?}") };
    assert!(text.as_str().ends_with("can be read by others (mode 0640): chmod 600 it"), "{text}");
    assert!(server.asked.lock().unwrap().is_empty(), "the question went out all the same");

    mode(0o600);
    Victoria::new().instant(&to, r#"up{a="b c"}"#).await.unwrap();
    let asked = server.asked.lock().unwrap();
    let (headers, path, form) = &asked[0];
    assert_eq!(path, "/select/0/prometheus/api/v1/query");
    assert_eq!(form, "query=up%7Ba%3D%22b+c%22%7D&nocache=1&timeout=1s");
    assert_eq!(headers["authorization"], "Bearer s3cret");
    assert!(headers["accept-encoding"].to_str().unwrap().contains("gzip"));
}

#[tokio::test]
async fn no_more_than_two_questions_are_open_at_once() {
    let slow = Reply { after: Duration::from_millis(300), ..Reply::json(&vector("")) };
    let server = StandIn::answering(slow).await;
    let (client, to) = (Victoria::new(), server.settings(""));
    let begun = Instant::now();
    let all = (0..6).map(|_| client.instant(&to, "up"));
    let answers = futures_util::future::join_all(all).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    let took = begun.elapsed();
    assert!(took >= Duration::from_millis(850), "six at 0.3 s, two at a time, took {took:?}");
}
