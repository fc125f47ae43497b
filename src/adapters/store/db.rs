//! What the thread owns: the connection, open log files and what it remembers between calls.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

use rusqlite::Connection;
use serde::de::DeserializeOwned;

use super::jobs::RunJobs;
use super::logs::LogFiles;
use super::presented::Presented;
use super::schema;
use crate::adapters::paths::StateDir;
use crate::domain::audit::Caller;
use crate::domain::ids::{HostId, RunId};
use crate::domain::plan::Plan;
use crate::domain::run::state::RunState;
use crate::engine::ports::{Clock, StoreError};

/// The fold of a run that this process changes, kept so that an append need not read the journal.
pub(super) struct Folded {
    pub(super) plan: Arc<Plan>,
    pub(super) state: RunState,
    /// The run's line in the list of runs as this process wrote it last; `None` where another may have written it since.
    pub(super) line: Option<String>,
    /// Whether nobody else changed the database since this was read from it.
    pub(super) is_current: bool,
}

/// Everything that belongs to the thread.
pub(super) struct Db {
    pub(super) dir: StateDir,
    pub(super) clock: Arc<dyn Clock>,
    /// Who changes something through this handle, for the audit log; nobody does through a reader.
    pub(super) caller: Option<Caller>,
    /// `None` in a reader before there is a database.
    connection: Option<Connection>,
    /// Whether that is good for one question only.
    still: bool,
    /// How often such a one was opened.
    pub(super) n_still: u64,
    pub(super) folded: HashMap<RunId, Folded>,
    /// Runs that events of this transaction are of: their lines are written once, at its end.
    pub(super) added_to: HashSet<RunId>,
    /// Runs that this process is the worker of, with its generation.
    pub(super) mine: HashMap<RunId, u32>,
    /// Those among them that nobody can have taken over since that was looked at.
    pub(super) surely_mine: HashSet<RunId>,
    /// SQLite's `data_version` in the last transaction: it is another one when somebody else changed the database since.
    data_version: Option<i64>,
    pub(super) logs: LogFiles,
    pub(super) presented: HashMap<(RunId, HostId), Presented>,
    /// The jobs of the runs whose output was asked for.
    pub(super) jobs: HashMap<RunId, RunJobs>,
}

impl Db {
    /// To change things; makes the folder and the database where they are missing.
    pub(super) fn writer(
        dir: StateDir,
        clock: Arc<dyn Clock>,
        caller: Caller,
    ) -> Result<Self, StoreError> {
        Ok(Self { caller: Some(caller), ..Self::keeper(dir, clock)? })
    }

    /// To keep what was seen, and nothing else.
    pub(super) fn keeper(dir: StateDir, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        dir.prepare().map_err(|e| schema::broken_file(dir.path(), &e))?;
        let connection = schema::open_writer(&dir.database())?;
        Ok(Self::with(dir, clock, None, Some(connection)))
    }

    /// To look at things; makes nothing.
    pub(super) fn reader(dir: StateDir, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        let mut db = Self::with(dir, clock, None, None);
        db.existing()?;
        Ok(db)
    }

    fn with(
        dir: StateDir,
        clock: Arc<dyn Clock>,
        caller: Option<Caller>,
        connection: Option<Connection>,
    ) -> Self {
        let logs = LogFiles::new(dir.runs());
        Self {
            dir,
            clock,
            caller,
            connection,
            still: false,
            n_still: 0,
            folded: HashMap::new(),
            added_to: HashSet::new(),
            mine: HashMap::new(),
            surely_mine: HashSet::new(),
            data_version: None,
            logs,
            presented: HashMap::new(),
            jobs: HashMap::new(),
        }
    }

    /// The connection; `None` while there is no database.
    pub(super) fn existing(&mut self) -> Result<Option<&Connection>, StoreError> {
        if self.connection.is_none() || self.still {
            let found = schema::open_reader(&self.path())?;
            self.still = found.as_ref().is_some_and(|reader| reader.still);
            self.n_still += u64::from(self.still);
            self.connection = found.map(|reader| reader.db);
        }
        Ok(self.connection.as_ref())
    }

    /// The connection of a writer.
    pub(super) fn connection(&self) -> Result<&Connection, StoreError> {
        self.connection.as_ref().ok_or_else(|| self.broken("there is no database yet"))
    }

    pub(super) fn path(&self) -> PathBuf {
        self.dir.database()
    }

    pub(super) fn sql<T>(&self, result: rusqlite::Result<T>) -> Result<T, StoreError> {
        result.map_err(|e| schema::broken(&self.path(), &e))
    }

    pub(super) fn broken(&self, what: &str) -> StoreError {
        StoreError::Broken { path: self.path().display().to_string(), what: what.to_owned() }
    }

    /// A value that was stored as JSON.
    pub(super) fn parsed<T: DeserializeOwned>(&self, text: &str) -> Result<T, StoreError> {
        serde_json::from_str(text).map_err(|e| {
            self.broken(&format!("it holds what this program cannot read ({e}): use a newer one"))
        })
    }

    /// A value as JSON, to be stored.
    pub(super) fn json<T: serde::Serialize>(&self, value: &T) -> Result<String, StoreError> {
        serde_json::to_string(value).map_err(|e| self.broken(&format!("cannot be written: {e}")))
    }

    /// One statement without values, prepared once.
    fn execute(&self, sql: &str) -> Result<(), StoreError> {
        self.execute_with(sql, &[])
    }

    /// Begins what is committed together. Within it nobody else changes anything.
    pub(super) fn begin(&mut self) -> Result<(), StoreError> {
        self.execute("BEGIN IMMEDIATE")?;
        let found = self.one("PRAGMA data_version", &[]);
        if found.is_err() {
            drop(self.execute("ROLLBACK"));
        }
        let now: Option<i64> = found?;
        if self.data_version != now {
            self.data_version = now;
            self.surely_mine.clear();
            self.folded.values_mut().for_each(|folded| folded.is_current = false);
        }
        Ok(())
    }

    /// Makes everything since `begin` durable: the output of what has ended first, then the events that say so.
    pub(super) fn commit(&mut self) -> Result<(), StoreError> {
        let committed = self
            .write_lines()
            .and_then(|()| self.logs.sync_due())
            .and_then(|()| self.execute("COMMIT"));
        if committed.is_err() {
            // The transaction may have ended by itself (disk full); what matters is that none is open.
            drop(self.execute("ROLLBACK"));
            self.forget();
            self.added_to.clear();
        }
        committed
    }

    /// One change: all of it or nothing.
    pub(super) fn whole<T>(
        &mut self,
        change: impl FnOnce(&mut Self) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.execute("SAVEPOINT change")?;
        let added_to = self.added_to.clone();
        let made = change(self);
        if made.is_err() {
            self.forget();
            self.added_to = added_to;
            self.execute("ROLLBACK TO change")?;
        }
        self.execute("RELEASE change")?;
        made
    }

    /// Takes nothing for known that was, or was to be, changed in this transaction.
    fn forget(&mut self) {
        self.folded.clear();
        self.surely_mine.clear();
    }
}
