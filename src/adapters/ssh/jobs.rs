//! Jobs.
/// Stub.
#[derive(Debug)]
pub struct SshJobs;
