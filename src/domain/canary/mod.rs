//! The canary: how long the first hosts of an upgrade are watched, and by what they are judged.
//!
//! **Invariants:** only time in which all canary hosts were seen healthy counts; no data, a partial answer, a stale or
//! missing sample is never a pass; any metric that fails, fails the canary.
//!
//! Statistics: see `rank.rs` and `shift.rs`. Two things they cannot do. Instances differ (each has users of its
//! own), so a canary that always was slower than the rest is found slower: choose canaries that resemble the rest, or
//! allow more. And neighbouring samples of one instance resemble each other, so the test is surer than it
//! should be; that is why a difference must also be large enough to matter.

pub mod judge;
pub mod policy;
pub mod rank;
pub mod report;
pub mod rule;
pub mod samples;
pub mod shift;
pub mod soak;

pub use judge::{Scope, judge};
pub use policy::{CanaryPlan, CanaryPolicy, OnFail, OnPass};
pub use report::{MetricResult, Report, Verdict};
pub use rule::MetricRule;
pub use samples::{Evidence, Member};
