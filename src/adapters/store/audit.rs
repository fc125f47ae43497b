//! The audit log: a table to which rows are only ever added, each bound to the one before it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use hmac::{Hmac, KeyInit, Mac};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use sha2::Sha256;

use super::db::Db;
use super::look::{number, rows};
use super::schema;
use crate::adapters::paths::StateDir;
use crate::domain::audit::{
    Anchor, Caller, ChainHash, Deed, Ending, Entry, Place, Record, Row, Wanted,
};
use crate::domain::capability::Operate;
use crate::domain::secret::Secret;
use crate::domain::untrusted::Safe;
use crate::engine::ports::{Audit, Clock, Intent, StoreError};

/// How many records are looked through for those that are wanted.
const LOOK_THROUGH: usize = 1_000;

/// The log, for what no run changes. It has a connection of its own, so that it can be used from anywhere.
pub struct AuditLog {
    connection: Mutex<Connection>,
    path: PathBuf,
    clock: Arc<dyn Clock>,
    caller: Caller,
}

impl std::fmt::Debug for AuditLog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AuditLog").field("path", &self.path).finish_non_exhaustive()
    }
}

impl AuditLog {
    /// Opens the log below `dir`, making the store where it is missing.
    pub fn open(
        dir: &StateDir,
        clock: Arc<dyn Clock>,
        caller: Caller,
        _right: &Operate,
    ) -> Result<Self, StoreError> {
        dir.prepare().map_err(|e| schema::broken_file(dir.path(), &e))?;
        let path = dir.database();
        let connection = Mutex::new(schema::open_writer(&path)?);
        Ok(Self { connection, path, clock, caller })
    }

    /// One record in a transaction of its own, durable when this returns.
    fn add(
        &self,
        deed: &Deed,
        ended: Option<(Option<u64>, &Ending)>,
    ) -> Result<Anchor, StoreError> {
        let broken = |e: rusqlite::Error| schema::broken(&self.path, &e);
        let gone = |_| self.broken("its connection was lost in a panic");
        let mut db = self.connection.lock().map_err(gone)?;
        let whole = db.transaction_with_behavior(TransactionBehavior::Immediate).map_err(broken)?;
        let anchor = append(&whole, &self.path, self.clock.now(), &self.caller, deed, ended)?;
        whole.commit().map_err(broken)?;
        Ok(anchor)
    }

    fn broken(&self, what: &str) -> StoreError {
        StoreError::Broken { path: self.path.display().to_string(), what: what.to_owned() }
    }
}

impl Audit for AuditLog {
    fn intend(&self, deed: Deed) -> Result<Intent, StoreError> {
        let anchor = self.add(&deed, None)?;
        Ok(Intent { seq: anchor.seq, deed, anchor })
    }

    fn outcome(&self, intent: &Intent, ending: &Ending) -> Result<(), StoreError> {
        self.add(&intent.deed, Some((Some(intent.seq), ending))).map(drop)
    }

    fn mark(&self, secret: &Secret) -> Result<Safe, StoreError> {
        let broken = |e: rusqlite::Error| schema::broken(&self.path, &e);
        let gone = |_| self.broken("its connection was lost in a panic");
        let db = self.connection.lock().map_err(gone)?;
        let key: Vec<u8> =
            db.query_row("SELECT key FROM audit_log", [], |row| row.get(0)).map_err(broken)?;
        let mut mac = Hmac::<Sha256>::new_from_slice(&key)
            .map_err(|_| self.broken("the key of its audit log cannot be used"))?;
        mac.update(secret.expose().as_bytes());
        let digits = mac.finalize().into_bytes().iter().take(8).fold(
            String::from("hmac:"),
            |mut text, byte| {
                use std::fmt::Write as _;
                let _ = write!(text, "{byte:02x}");
                text
            },
        );
        Ok(Safe::line(&digits))
    }
}

/// Adds a record behind the last one, within the transaction that the caller began with `BEGIN IMMEDIATE`, so that two processes
/// make one chain. `ended` is the intent's number, where there is one, and how it ended.
pub(super) fn append(
    db: &Connection,
    path: &Path,
    at: jiff::Timestamp,
    caller: &Caller,
    deed: &Deed,
    ended: Option<(Option<u64>, &Ending)>,
) -> Result<Anchor, StoreError> {
    let broken = |e: rusqlite::Error| schema::broken(path, &e);
    let wrong = |what: String| StoreError::Broken { path: path.display().to_string(), what };
    let last: Option<(i64, String)> = db
        .prepare_cached("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1")
        .and_then(|mut sql| sql.query_row([], |r| Ok((r.get(0)?, r.get(1)?))).optional())
        .map_err(broken)?;
    let log: String =
        db.query_row("SELECT id FROM audit_log", [], |row| row.get(0)).map_err(broken)?;
    let (seq, prev) = match last {
        None => (1, ChainHash::genesis()),
        Some((seq, hash)) => {
            let hash = hash.parse().map_err(|_| {
                wrong("the last record of its audit log is damaged: `bunker audit verify`".into())
            })?;
            (seq.cast_unsigned() + 1, hash)
        }
    };
    let place = Place { log: Safe::line(&log), seq, at, prev };
    let record = match ended {
        None => Record::intent(place, caller, deed),
        Some((intent, ending)) => Record::outcome(place, caller, deed, intent, ending),
    };
    let row = record.row().map_err(|e| wrong(format!("a record cannot be written: {e}")))?;
    let hash = row.hash.parse().map_err(|e| wrong(format!("{e}")))?;
    db.prepare_cached("INSERT INTO audit (seq, record, hash) VALUES (?1, ?2, ?3)")
        .and_then(|mut sql| sql.execute(params![number(row.seq), row.record, row.hash]))
        .map_err(broken)?;
    Ok(Anchor::new(&record.log, &record.who.machine, seq, hash))
}

impl Db {
    pub(super) fn audit_rows(&mut self, after: u64, limit: usize) -> Result<Vec<Row>, StoreError> {
        let sql = "SELECT seq, record, hash FROM audit WHERE seq > ?1 ORDER BY seq LIMIT ?2";
        self.audit_query(sql, params![number(after), rows(limit)])
    }

    fn audit_query(
        &mut self,
        sql: &str,
        wanted: &[&dyn rusqlite::ToSql],
    ) -> Result<Vec<Row>, StoreError> {
        if !self.has_audit()? {
            return Ok(Vec::new());
        }
        self.query(sql, wanted, |row| {
            let seq: i64 = row.get(0)?;
            Ok(Row { seq: seq.cast_unsigned(), record: row.get(1)?, hash: row.get(2)? })
        })
    }

    /// A store that no newer program has changed yet has no such table.
    fn has_audit(&mut self) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'audit'";
        Ok(!self.query(sql, &[], |row| row.get::<_, i64>(0))?.is_empty())
    }

    pub(super) fn audit_latest(
        &mut self,
        wanted: &Wanted,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        let sql = "SELECT seq, record, hash FROM audit WHERE seq < ?1 ORDER BY seq DESC LIMIT ?2";
        let (mut found, mut before) = (Vec::new(), u64::MAX);
        while found.len() < limit {
            let some = self.audit_query(sql, params![number(before), rows(LOOK_THROUGH)])?;
            let Some(last) = some.last() else { break };
            before = last.seq;
            for row in &some {
                // What cannot be read is for `verify` to name.
                let Ok(record) = serde_json::from_str::<Record>(&row.record) else { continue };
                let Ok(hash) = row.hash.parse() else { continue };
                if found.len() < limit && wanted.takes(&record) {
                    found.push(Entry { record, hash });
                }
            }
        }
        Ok(found)
    }

    pub(super) fn audit_head(&mut self) -> Result<Option<Anchor>, StoreError> {
        let sql = "SELECT seq, record, hash FROM audit ORDER BY seq DESC LIMIT 1";
        let Some(row) = self.audit_query(sql, &[])?.into_iter().next() else { return Ok(None) };
        let record: Record = self.parsed(&row.record)?;
        let hash = row.hash.parse().map_err(|_| self.broken("its audit log is damaged"))?;
        Ok(Some(Anchor::new(&record.log, &record.who.machine, row.seq, hash)))
    }
}
