//! The signals about an instance: what can be shown as a figure.

use serde::{Deserialize, Serialize};

/// What a number means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Seconds of a duration.
    Seconds,
    /// 0 to 1, shown as per cent.
    Ratio,
    /// Events a second.
    PerSecond,
    /// Things.
    Count,
    /// Bytes.
    Bytes,
}

macro_rules! signals {
    ($($(#[$doc:meta])* $name:ident => $key:literal, $title:literal, $unit:ident;)*) => {
        /// A metric series about an instance. The key is its name in JSON and in filters.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Signal {
            $($(#[$doc])* #[serde(rename = $key)] $name,)*
        }
        impl Signal {
            /// All of them, in the order of the screens.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];
            /// Its name in JSON, filters and column choice.
            pub fn key(self) -> &'static str {
                match self { $(Self::$name => $key,)* }
            }
            /// Its short title.
            pub fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }
            /// What its number means.
            pub fn unit(self) -> Unit {
                match self { $(Self::$name => Unit::$unit,)* }
            }
        }
    };
}

signals! {
    /// 95th percentile of request time.
    P95Seconds => "p95_seconds", "p95", Seconds;
    /// Part of the answers that are 5xx.
    ErrorRatio => "error_ratio", "errors", Ratio;
    /// Requests a second.
    RequestRate => "request_rate", "requests", PerSecond;
    /// Mails waiting to be sent.
    MailQueue => "mail_queue", "queue", Count;
    /// Mails sent a second.
    MailRate => "mail_rate", "mails", PerSecond;
    /// Open canvass sessions.
    CanvassSessions => "canvass_sessions", "sessions", Count;
    /// Canvass visits a second.
    VisitRate => "visit_rate", "visits", PerSecond;
    /// Part of the processors in use.
    CpuRatio => "cpu_ratio", "cpu", Ratio;
    /// Part of the memory in use.
    MemoryRatio => "memory_ratio", "memory", Ratio;
    /// Part of the root disk in use.
    DiskRatio => "disk_ratio", "disk", Ratio;
    /// Seconds since the last good backup.
    BackupAge => "backup_age_seconds", "backup", Seconds;
    /// Size of the newest backup.
    BackupSize => "backup_size_bytes", "backup size", Bytes;
}
