//! What the cockpit knows of a replay.

use jiff::Timestamp;

use crate::domain::ids::RunId;

/// Where a replay stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Replay {
    /// The run.
    pub run: RunId,
    /// Its first time.
    pub from: Timestamp,
    /// Its last time.
    pub to: Timestamp,
    /// Where it stands.
    pub now: Timestamp,
    /// How many times as fast as it was.
    pub speed: f64,
    /// Whether it stands still.
    pub paused: bool,
}

/// What can be asked of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// Stand still, or go on.
    Pause,
    /// Twice as fast.
    Faster,
    /// Half as fast.
    Slower,
    /// Ten seconds on.
    Forward,
    /// Ten seconds back.
    Back,
    /// To the beginning.
    Begin,
    /// To the end.
    End,
}

impl Ask {
    /// Whether the time goes back by it, so that the run has to be read anew.
    pub fn goes_back(self) -> bool {
        match self {
            Self::Back | Self::Begin => true,
            Self::Pause | Self::Faster | Self::Slower | Self::Forward | Self::End => false,
        }
    }
}
