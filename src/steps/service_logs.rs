//! What a service of an instance writes: its last lines, or all from now on. Reads only.

use super::script::Script;
use crate::domain::connection::Become;
use crate::domain::service::ServiceName;
use crate::domain::settings::InstanceSettings;

/// A byte that the host sends now and then while nothing is written, to find out whether somebody still reads.
pub const BEAT: u8 = 0x16;

/// Renders the reading: the last `tail` lines, each with its time, and what follows until nobody reads any more.
pub fn read(
    service: &ServiceName,
    become_root: Become,
    settings: &InstanceSettings,
    tail: u32,
    follow: bool,
) -> String {
    let root = if become_root == Become::Root { "1" } else { "0" };
    Script::knowing_compose(settings)
        .set("become", root)
        .set("service", service.as_str())
        .set("tail", &tail.to_string())
        .set("follow", if follow { "1" } else { "0" })
        .fixed(include_str!("service_logs.sh"))
        .text()
}
