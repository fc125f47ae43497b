//! What is printed of outputs that grow while they are read.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;

use super::attach_log::{Logs, Until};
use super::print::Lines;
use crate::domain::ids::{HostId, RunId};
use crate::domain::marker::StepMark;
use crate::domain::plan::Plan;
use crate::domain::policy::Approval;
use crate::domain::release::Release;
use crate::domain::run::event::RunEvent;
use crate::domain::run::state::RunSummary;
use crate::engine::ports::{Output, RunReader, StoreError};

/// A store that answers each question about outputs with the next of these. A stand-in, since a real one says the same only
/// where a host prints between two looks.
struct Answers(Mutex<VecDeque<Output>>);

fn nothing<T>() -> Result<T, StoreError> {
    Err(StoreError::NoSuchRun("nothing else is asked here".into()))
}

#[async_trait]
impl RunReader for Answers {
    async fn runs(&self, _: usize) -> Result<Vec<RunSummary>, StoreError> {
        nothing()
    }
    async fn find(&self, _: &str) -> Result<RunId, StoreError> {
        nothing()
    }
    async fn plan(&self, _: &RunId) -> Result<Arc<Plan>, StoreError> {
        nothing()
    }
    async fn events(&self, _: &RunId, _: u64, _: usize) -> Result<Vec<RunEvent>, StoreError> {
        nothing()
    }
    async fn worker_alive(&self, _: &RunId) -> Result<bool, StoreError> {
        nothing()
    }
    async fn version(&self) -> Result<u64, StoreError> {
        nothing()
    }
    async fn log(
        &self,
        _: &RunId,
        _: &HostId,
        _: u64,
        _: usize,
    ) -> Result<(Vec<u8>, u64), StoreError> {
        nothing()
    }
    async fn outputs(
        &self,
        _: &RunId,
        _: &[(HostId, u64)],
        _: usize,
    ) -> Result<Vec<Output>, StoreError> {
        Ok(self.0.lock().unwrap().pop_front().into_iter().collect())
    }
    async fn log_marks(&self, _: &RunId, _: &HostId) -> Result<Vec<StepMark>, StoreError> {
        nothing()
    }
    async fn approval(&self, _: &RunId) -> Result<Option<Approval>, StoreError> {
        nothing()
    }
    async fn releases(&self, _: &HostId, _: usize) -> Result<Vec<Release>, StoreError> {
        nothing()
    }
}

#[tokio::test]
async fn output_behind_a_mark_that_comes_while_it_is_read_waits_for_its_step() {
    let step = "up".parse().unwrap();
    let mark = StepMark { at: 8, step, ended: false };
    let part = |bytes: &str, length, marks: &[StepMark]| Output {
        bytes: bytes.into(),
        length,
        marks: marks.to_vec(),
    };
    let store = Answers(Mutex::new(VecDeque::from([
        part("one\n", 8, &[]),
        part("two\nthree\n", 14, std::slice::from_ref(&mark)),
        part("", 14, std::slice::from_ref(&mark)),
    ])));
    let (run, host): (RunId, HostId) =
        ("261122-220000-0001".parse().unwrap(), "a".parse().unwrap());
    let (mut logs, mut out) = (Logs::default(), Lines::default());
    logs.read(&store, &run, std::iter::once(host.clone())).await.unwrap();
    let up = Until::Step(&mark.step, false);
    // Half of what there was is read in a second piece, which brings the mark and what follows it. Then nothing is printed
    // before the step's line may be.
    for (until, printed) in [
        (Until::NextStep, "a | one\na | two\n"),
        (Until::NextStep, ""),
        (up, ""),
        (Until::NextStep, "a | three\n"),
    ] {
        let went = logs.print(&store, &run, &host, (until, &mut out)).await.unwrap();
        assert!(went.is_continue());
        assert_eq!(out.take(), printed, "{until:?}");
    }
}
