//! A VictoriaMetrics of our own on a loopback address.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use color_eyre::eyre::{Result, WrapErr, bail};
use tokio::process::{Child, Command};

use crate::lab::processes::pause;

/// A running server; ended when dropped.
#[derive(Debug)]
pub struct Victoria {
    url: String,
    http: reqwest::Client,
    child: Child,
}

impl Victoria {
    /// Starts `program` on `address:8428` with its data in `dir` and waits until it answers.
    pub async fn start(program: &Path, dir: &Path, address: Ipv4Addr) -> Result<Self> {
        let child = Command::new(program)
            .arg(format!("-storageDataPath={}", dir.display()))
            .arg(format!("-httpListenAddr={address}:8428"))
            .args(["-retentionPeriod=1", "-loggerLevel=ERROR", "-memory.allowedPercent=20"])
            .args(["-dedup.minScrapeInterval=1ms", "-search.latencyOffset=1s"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .process_group(0)
            .spawn()
            .wrap_err_with(|| format!("cannot start {}", program.display()))?;
        let http = reqwest::Client::builder().no_proxy().build()?;
        let mut server = Self { url: format!("http://{address}:8428"), http, child };
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(10) {
            if let Some(status) = server.child.try_wait()? {
                bail!("victoria-metrics ended at once: {status}");
            }
            let health = server.http.get(format!("{}/health", server.url)).send().await;
            if health.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(server);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        bail!("victoria-metrics did not answer within 10 s")
    }

    /// The address to which `/api/v1/query` is appended.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Loads samples: for each series its values at moments (Unix seconds). They can be asked for at once:
    /// by itself the server shows them only some seconds later.
    pub async fn load(&self, history: &History) -> Result<()> {
        self.post("/api/v1/import", history.lines()).await?;
        let flushed = self.http.get(format!("{}/internal/force_flush", self.url)).send().await?;
        flushed.error_for_status().wrap_err("victoria-metrics did not take in the history")?;
        Ok(())
    }

    /// Adds one sample a series, now.
    pub async fn push(&self, samples: &[(String, f64)], t: f64) -> Result<()> {
        let mut text = String::with_capacity(samples.len() * 100);
        for (name, value) in samples {
            _ = writeln!(text, "{name} {value} {}", (t * 1000.0) as i64);
        }
        self.post("/api/v1/import/prometheus", text).await
    }

    async fn post(&self, path: &str, body: String) -> Result<()> {
        let answer = self.http.post(format!("{}{path}", self.url)).body(body).send().await?;
        answer.error_for_status().wrap_err("victoria-metrics refused samples")?;
        Ok(())
    }

    /// Ends it, and waits for that.
    pub async fn stop(mut self) {
        _ = self.child.kill().await;
    }
}

impl Drop for Victoria {
    /// Waits for its end, so that whoever made its folder can remove it.
    fn drop(&mut self) {
        _ = self.child.start_kill();
        let begun = Instant::now();
        while matches!(self.child.try_wait(), Ok(None)) && begun.elapsed() < Duration::from_secs(3)
        {
            pause(Duration::from_millis(5));
        }
    }
}

/// Samples of many series, gathered to be loaded at once.
#[derive(Debug, Default)]
pub struct History {
    series: BTreeMap<String, (Vec<f64>, Vec<i64>)>,
}

impl History {
    /// Adds the samples of one moment.
    pub fn add(&mut self, samples: Vec<(String, f64)>, t: f64) {
        for (name, value) in samples {
            let (values, times) = self.series.entry(name).or_default();
            values.push(value);
            times.push((t * 1000.0) as i64);
        }
    }

    /// How many samples there are.
    pub fn len(&self) -> usize {
        self.series.values().map(|(values, _)| values.len()).sum()
    }

    /// The JSON lines of `/api/v1/import`.
    fn lines(&self) -> String {
        let mut text = String::new();
        for (series, (values, times)) in &self.series {
            let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
            _ = write!(text, "{{\"metric\":{{\"__name__\":\"{name}\"");
            for label in labels.trim_end_matches('}').split(',') {
                if let Some((label, value)) = label.split_once('=') {
                    _ = write!(text, ",\"{label}\":{value}");
                }
            }
            text += "},\"values\":[";
            for (i, value) in values.iter().enumerate() {
                let comma = if i > 0 { "," } else { "" };
                _ = write!(text, "{comma}{value:.3}");
            }
            text += "],\"timestamps\":[";
            for (i, time) in times.iter().enumerate() {
                let comma = if i > 0 { "," } else { "" };
                _ = write!(text, "{comma}{time}");
            }
            text += "]}\n";
        }
        text
    }
}
