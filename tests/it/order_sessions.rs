//! `fewest-sessions-first`: where its figure comes from, and what becomes of hosts that have none.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::Response;
use bunker_ops::domain::ids::HostId;
use bunker_ops::domain::plan::{Order, Plan};
use bunker_ops::engine::supervisor::Supervisor;
use tokio::net::TcpListener;

use crate::lab::HostSpec;
use crate::upgrade_fleet::Paper;

/// The query of the one catalogue, as a form has it.
const QUERY: &str = "query=sum+by+%28instance%29+%28cm_active_canvass_sessions%29";

/// A metrics server that knows these sessions, by the label `instance`.
struct Metrics {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    /// Its server ends with it.
    _supervisor: Supervisor,
}

async fn answer(
    State((text, asked)): State<(String, Arc<Mutex<Vec<String>>>)>,
    request: axum::extract::Request,
) -> Response<Body> {
    let (head, body) = request.into_parts();
    let form = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let form = String::from_utf8(form.to_vec()).unwrap();
    asked.lock().unwrap().push(format!("{} {form}", head.uri.path()));
    let kind = "application/json";
    Response::builder().header("content-type", kind).body(Body::from(text)).unwrap()
}

impl Metrics {
    async fn with(sessions: &[(&str, &str)]) -> Self {
        let each = sessions.iter().map(|(label, value)| {
            format!(r#"{{"metric":{{"instance":"{label}"}},"value":[1790000000,"{value}"]}}"#)
        });
        let text = format!(
            r#"{{"status":"success","isPartial":false,"data":{{"resultType":"vector","result":[{}]}}}}"#,
            each.collect::<Vec<_>>().join(",")
        );
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let app = Router::new().fallback(answer).with_state((text, Arc::clone(&asked)));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let supervisor = Supervisor::new();
        drop(supervisor.spawn("stand-in", async move { axum::serve(listener, app).await }));
        Self { address, asked, _supervisor: supervisor }
    }
}

const NAMES: [&str; 5] = ["alpha", "beta", "gamma", "delta", "epsilon"];

/// Five hosts one after the other, of which `beta` is called something else by the metrics server.
async fn planned(policy: &[&str]) -> Plan {
    let specs = NAMES.map(|name| {
        let mut spec = HostSpec::new(name);
        if name == "beta" {
            spec.vars.push("cml_instance_label: second".to_owned());
        }
        spec
    });
    let own = ["bunker_serial: 1", "bunker_order: fewest-sessions-first"];
    let paper = Paper::of(specs.to_vec(), &[&own[..], policy].concat());
    paper.plan(&NAMES, "v2.5.0").await.unwrap()
}

fn order(plan: &Plan) -> String {
    let all = plan.batches.iter().flatten().map(HostId::as_str);
    all.collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn the_figure_is_the_open_sessions_of_the_metrics_server_and_who_has_none_goes_last() {
    let metrics = Metrics::with(&[
        ("alpha.example.org", "7"),
        // By its label, not by its domain: the other is somebody else's figure.
        ("second", "2"),
        ("beta.example.org", "0"),
        ("gamma.example.org", "NaN"),
        ("epsilon.example.org", "0"),
        ("somebody-else", "1"),
    ])
    .await;
    let url = format!("bunker_metrics_url: http://{}", metrics.address);
    let plan = planned(&[&url]).await;
    // No number and none at all are the same: nobody knows, so these stay as the inventory has them.
    assert_eq!(order(&plan), "epsilon beta alpha gamma delta");
    let strategy = plan.strategy.as_ref().unwrap();
    assert_eq!((strategy.order, strategy.unranked), (Order::FewestSessionsFirst, 2));
    let words = plan.order_words().unwrap();
    assert_eq!(words, "order fewest-sessions-first, 2 without a figure go last");
    // One question for all hosts, however many.
    let asked = metrics.asked.lock().unwrap();
    let [one] = asked.as_slice() else { panic!("{asked:?}") };
    assert!(one.starts_with("/api/v1/query ") && one.contains(QUERY), "{one}");
}

#[tokio::test]
async fn without_a_metrics_server_and_with_one_that_is_down_the_order_is_the_inventorys_and_said() {
    // A port that was just free: nobody listens there.
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let down = format!("bunker_metrics_url: http://{free}");
    let inventory = NAMES.join(" ");
    for policy in [&[down.as_str()][..], &[]] {
        let plan = planned(policy).await;
        assert_eq!(order(&plan), inventory, "{policy:?}");
        assert_eq!(plan.strategy.as_ref().unwrap().unranked, NAMES.len());
        let words = plan.order_words().unwrap();
        assert!(words.ends_with("5 without a figure go last"), "{words}");
    }
}
