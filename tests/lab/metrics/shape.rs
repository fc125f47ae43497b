//! How an instance lives: its load over the day, and what goes wrong with it.

use std::f64::consts::TAU;

/// Something that goes wrong for a time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Incident {
    /// Unix time of its begin, in seconds.
    pub from: f64,
    /// Unix time of its end; infinite where it goes on.
    pub to: f64,
    /// 95th percentile of request time at its height, in seconds.
    pub p95: f64,
    /// Part of the answers that are 5xx at its height.
    pub errors: f64,
    /// Mails waiting at its height.
    pub queue: f64,
}

/// The figures of an instance on a good day.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// The label `instance`: its domain.
    pub label: String,
    /// Requests a second at midday.
    pub rps: f64,
    /// 95th percentile of request time, in seconds.
    pub p95: f64,
    /// Canvass sessions at midday.
    pub sessions: f64,
    /// Part of the processors in use at midday.
    pub cpu: f64,
    /// Part of the memory in use.
    pub memory: f64,
    /// Part of the disk in use.
    pub disk: f64,
    /// Unix time of a moment at which its people are busiest; the same hour of every day.
    pub noon: f64,
    /// What goes wrong.
    pub incidents: Vec<Incident>,
}

/// The figures at one moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Moment {
    pub(super) rps: f64,
    pub(super) p95: f64,
    pub(super) errors: f64,
    pub(super) queue: f64,
    pub(super) sessions: f64,
    pub(super) cpu: f64,
    pub(super) memory: f64,
    pub(super) disk: f64,
}

impl Profile {
    /// A healthy instance. Its label decides the details, so that instances differ and runs do not.
    pub fn new(label: &str) -> Self {
        let mut seed = 0_u64;
        for byte in label.bytes() {
            seed = scramble(seed ^ u64::from(byte));
        }
        let part = |n: u64| unit(scramble(seed ^ n));
        Self {
            label: label.to_owned(),
            rps: 2.0 + 38.0 * part(1) * part(1),
            p95: 0.09 + 0.16 * part(2),
            sessions: 1.0 + 14.0 * part(3),
            cpu: 0.06 + 0.2 * part(4),
            memory: 0.3 + 0.3 * part(5),
            disk: 0.5,
            noon: 14.0 * 3_600.0,
            incidents: Vec::new(),
        }
    }

    pub(super) fn at(&self, t: f64) -> Moment {
        let day = 0.55 + 0.45 * ((t - self.noon) / 86_400.0 * TAU).cos();
        let first = self.label.bytes().next().unwrap_or_default();
        let seed = self.label.len() as u64 * 7_919 + u64::from(first);
        let wobble = |kind: u64, period: f64| 1.0 + 0.22 * (smooth(seed ^ kind, t / period) - 0.5);
        let mut now = Moment {
            rps: self.rps * day * wobble(1, 240.0) * wobble(2, 45.0),
            p95: self.p95 * (0.8 + 0.3 * day) * wobble(3, 300.0) * wobble(4, 60.0),
            errors: 0.001 * smooth(seed ^ 5, t / 900.0).powi(3),
            queue: (8.0 * smooth(seed ^ 6, t / 420.0).powi(2)).floor(),
            sessions: (self.sessions * day * wobble(7, 700.0)).round(),
            cpu: self.cpu * day * wobble(8, 200.0) + 0.02,
            memory: self.memory * wobble(9, 2_400.0),
            disk: self.disk + 0.0004 * (smooth(seed ^ 0xa, t / 3_600.0) - 0.5),
        };
        for incident in &self.incidents {
            let height = incident.height(t) * wobble(0xb, 90.0).min(1.08);
            now.p95 = mix(now.p95, incident.p95, height);
            now.errors = mix(now.errors, incident.errors, height);
            now.queue = mix(now.queue, incident.queue, height).floor();
            now.rps *= 1.0 - 0.25 * height.clamp(0.0, 1.0);
            now.cpu = mix(now.cpu, 0.83, height.clamp(0.0, 1.0));
        }
        now
    }
}

impl Incident {
    /// 0 outside, rising to 1 over ten minutes, falling in three.
    fn height(&self, t: f64) -> f64 {
        let rise = ((t - self.from) / 600.0).clamp(0.0, 1.0);
        let fall = ((self.to - t) / 180.0).clamp(0.0, 1.0);
        rise.min(fall).powf(1.5)
    }
}

fn mix(from: f64, to: f64, height: f64) -> f64 {
    from + (to - from) * height
}

fn scramble(n: u64) -> u64 {
    let n = (n ^ (n >> 30)).wrapping_add(0x9e37_79b9_7f4a_7c15).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    n ^ (n >> 31)
}

fn unit(n: u64) -> f64 {
    (n >> 11) as f64 / (1_u64 << 53) as f64
}

/// Noise between 0 and 1 without jumps: the same for the same seed and time.
fn smooth(seed: u64, x: f64) -> f64 {
    let whole = x.floor();
    let at = |n: f64| unit(scramble(seed.wrapping_mul(0x2545_f491_4f6c_dd1d) ^ n as u64));
    let part = x - whole;
    let eased = part * part * (3.0 - 2.0 * part);
    mix(at(whole), at(whole + 1.0), eased)
}
