//! The series of one instance (`app-contract`, Metrics), advanced in time.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::shape::{Moment, Profile};

/// Upper bounds of the request time's histogram, in seconds.
const BUCKETS: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
/// The spread of request times: a log-normal's sigma.
const SIGMA: f64 = 0.75;
const CPUS: f64 = 2.0;
const MEMORY: f64 = 4_294_967_296.0;
const DISK: f64 = 85_899_345_920.0;

/// What is true of an instance beside its figures.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Condition {
    /// Whether its API answers.
    pub up: bool,
    /// Unix time of its newest backup.
    pub backup_at: Option<f64>,
}

/// The series of an instance: counters remember where they were.
#[derive(Debug, Clone)]
pub struct Generator {
    /// How it lives.
    pub profile: Profile,
    counters: BTreeMap<String, f64>,
    at: f64,
}

impl Generator {
    /// Before the first sample.
    pub fn new(profile: Profile, from: f64) -> Self {
        Self { profile, counters: BTreeMap::new(), at: from }
    }

    /// Goes on to `t` and gives all series as they are then: name with labels, and value.
    pub fn advance(&mut self, t: f64, condition: Condition) -> Vec<(String, f64)> {
        let now = self.profile.at(t);
        let dt = (t - self.at).max(0.0);
        self.at = t;
        let mut out = Vec::with_capacity(48);
        self.application(&now, dt, condition, &mut out);
        self.machine(&now, dt, &mut out);
        if let Some(at) = condition.backup_at {
            out.push((self.name("cm_backup_last_success_timestamp", ""), at));
            out.push((self.name("cm_backup_size_bytes", ""), 48_300_000.0));
        }
        out
    }

    fn application(&mut self, now: &Moment, dt: f64, is: Condition, out: &mut Vec<(String, f64)>) {
        out.push((self.name("up", "job=\"changemaker-v2-api\""), f64::from(u8::from(is.up))));
        if !is.up {
            return;
        }
        let failed = now.rps * now.errors;
        let good = now.rps - failed;
        for (code, rate) in [
            ("200", good * 0.9),
            ("201", good * 0.04),
            ("304", good * 0.03),
            ("401", good * 0.01),
            ("404", good * 0.02),
            ("500", failed * 0.8),
            ("502", failed * 0.2),
        ] {
            self.count("http_requests_total", &format!("status_code=\"{code}\""), rate * dt, out);
        }
        let middle = now.p95.ln() - 1.645 * SIGMA;
        for le in BUCKETS {
            let part = normal((le.ln() - middle) / SIGMA);
            let labels = format!("le=\"{le}\"");
            self.count("http_request_duration_seconds_bucket", &labels, now.rps * part * dt, out);
        }
        self.count("http_request_duration_seconds_bucket", "le=\"+Inf\"", now.rps * dt, out);
        out.push((self.name("cm_email_queue_size", ""), now.queue));
        out.push((self.name("cm_active_canvass_sessions", ""), now.sessions));
        let visits = now.sessions / 240.0;
        for (name, labels, rate) in [
            ("cm_emails_sent_total", "", now.rps / 30.0),
            ("cm_emails_failed_total", "", failed / 20.0),
            ("cm_canvass_visits_total", "outcome=\"contacted\"", visits * 0.5),
            ("cm_canvass_visits_total", "outcome=\"not_home\"", visits * 0.4),
            ("cm_canvass_visits_total", "outcome=\"refused\"", visits * 0.1),
            ("cm_shift_signups_total", "", now.rps / 900.0),
            ("cm_response_submissions_total", "", now.rps / 200.0),
            ("cm_geocode_cache_hits_total", "", now.rps / 12.0),
            ("cm_geocode_cache_misses_total", "", now.rps / 60.0),
            ("cm_geocode_requests_total", "provider=\"nominatim\"", now.rps / 75.0),
            ("cm_geocode_requests_total", "provider=\"arcgis\"", now.rps / 300.0),
        ] {
            self.count(name, labels, rate * dt, out);
        }
    }

    fn machine(&mut self, now: &Moment, dt: f64, out: &mut Vec<(String, f64)>) {
        let busy = now.cpu.clamp(0.0, 1.0);
        for cpu in 0..CPUS as u32 {
            for (mode, part) in
                [("idle", 1.0 - busy), ("user", busy * 0.75), ("system", busy * 0.25)]
            {
                let labels = format!("cpu=\"{cpu}\",mode=\"{mode}\"");
                self.count("node_cpu_seconds_total", &labels, part * dt, out);
            }
        }
        out.push((self.name("node_memory_MemTotal_bytes", ""), MEMORY));
        out.push((self.name("node_memory_MemAvailable_bytes", ""), MEMORY * (1.0 - now.memory)));
        let root = "mountpoint=\"/\",fstype=\"ext4\",device=\"/dev/vda1\"";
        out.push((self.name("node_filesystem_size_bytes", root), DISK));
        out.push((self.name("node_filesystem_avail_bytes", root), DISK * (1.0 - now.disk)));
        for (name, labels, rate) in [
            ("node_disk_read_bytes_total", "device=\"vda\"", now.rps * 900.0),
            ("node_disk_written_bytes_total", "device=\"vda\"", now.rps * 4_000.0 + 9_000.0),
            ("node_network_receive_bytes_total", "device=\"eth0\"", now.rps * 2_500.0),
            ("node_network_transmit_bytes_total", "device=\"eth0\"", now.rps * 21_000.0),
        ] {
            self.count(name, labels, rate * dt, out);
        }
    }

    fn count(&mut self, name: &str, labels: &str, more: f64, out: &mut Vec<(String, f64)>) {
        let name = self.name(name, labels);
        let total = match self.counters.get_mut(&name) {
            Some(total) => total,
            None => self.counters.entry(name.clone()).or_default(),
        };
        *total += more.max(0.0);
        out.push((name, *total));
    }

    fn name(&self, name: &str, labels: &str) -> String {
        let comma = if labels.is_empty() { "" } else { "," };
        let mut text = String::with_capacity(name.len() + labels.len() + 48);
        _ = write!(text, "{name}{{instance=\"{}\"{comma}{labels}}}", self.profile.label);
        text
    }
}

/// The normal distribution function, to three digits.
fn normal(x: f64) -> f64 {
    1.0 / (1.0 + (-1.5976 * x - 0.070_56 * x.powi(3)).exp())
}
