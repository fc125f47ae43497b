//! The outbox: messages that wait to be sent.

use jiff::Timestamp;
use rusqlite::params;

use super::db::Db;
use super::look::{number, rows};
use super::schema::broken_file;
use crate::adapters::paths::private_dir;
use crate::domain::ids::RunId;
use crate::domain::notify::{Channel, Message};
use crate::domain::untrusted::Safe;
use crate::engine::ports::{Posted, Sent, StoreError};

/// How long a claimed message is left to whoever claimed it, in seconds.
const CLAIM_S: i64 = 60;
/// Sent messages are forgotten after this, in seconds.
const KEEP_S: i64 = 30 * 86_400;
const COLUMNS: &str = "number, id, channel, message, tries, made_s, state, next_s, error";

type Row = (i64, String, String, String, u32, i64, String, i64, Option<String>);

fn row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    Ok((
        row.get(0)?,
        row.get(1)?,
        row.get(2)?,
        row.get(3)?,
        row.get(4)?,
        row.get(5)?,
        row.get(6)?,
        row.get(7)?,
        row.get(8)?,
    ))
}

impl Db {
    /// Puts a message into the outbox, once for each channel and key.
    pub(super) fn post(
        &mut self,
        message: &Message,
        channels: &[Channel],
    ) -> Result<usize, StoreError> {
        let (text, now_s) = (self.json(message)?, self.clock.now().as_second());
        let mut posted = 0;
        for channel in channels {
            let (id, to) = (format!("msg_{}", self.clock.nonce()), self.json(channel)?);
            let sql = "INSERT INTO outbox (id, key, channel, message, made_s, next_s)
                       VALUES (?1, ?2, ?3, ?4, ?5, ?5) ON CONFLICT (key, channel) DO NOTHING";
            posted += self.changed(sql, params![id, message.key, to, text, now_s])?;
        }
        Ok(posted)
    }

    /// Whether a message is due.
    pub(super) fn is_any_due(&mut self) -> Result<bool, StoreError> {
        let now_s = self.clock.now().as_second();
        let sql = "SELECT 1 FROM outbox WHERE state = 'waiting' AND next_s <= ?1
                   AND coalesce(claimed_until_s, 0) <= ?1 LIMIT 1";
        let found: Vec<i64> = self.query(sql, params![now_s], |row| row.get(0))?;
        Ok(!found.is_empty())
    }

    /// Takes messages that are due. Two processes never take the same within a minute, and a process that dies
    /// with one leaves it to the next.
    pub(super) fn due(&mut self, limit: usize) -> Result<Vec<Posted>, StoreError> {
        let now_s = self.clock.now().as_second();
        let sql = format!(
            "UPDATE outbox SET claimed_until_s = ?1 + {CLAIM_S} WHERE number IN (
               SELECT number FROM outbox WHERE state = 'waiting' AND next_s <= ?1
               AND coalesce(claimed_until_s, 0) <= ?1 ORDER BY number LIMIT ?2)
             RETURNING {COLUMNS}"
        );
        let found = self.query(&sql, params![now_s, rows(limit)], row)?;
        found.into_iter().map(|row| self.posted_row(row)).collect()
    }

    pub(super) fn settle_post(&mut self, post: u64, sent: &Sent) -> Result<(), StoreError> {
        let now_s = self.clock.now().as_second();
        let (state, next_s, error) = match sent {
            Sent::Done => ("sent", now_s, None),
            Sent::Later { why, next } => ("waiting", next.as_second(), Some(why.as_str())),
            Sent::GivenUp { why } => ("given-up", now_s, Some(why.as_str())),
        };
        let sql = "UPDATE outbox SET state = ?2, next_s = ?3, error = ?4, tries = tries + 1,
                   claimed_until_s = NULL WHERE number = ?1";
        self.changed(sql, params![number(post), state, next_s, error])?;
        let old = "DELETE FROM outbox WHERE state = 'sent' AND next_s < ?1";
        self.changed(old, params![now_s - KEEP_S]).map(drop)
    }

    pub(super) fn posted(&mut self, limit: usize) -> Result<Vec<Posted>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM outbox ORDER BY number DESC LIMIT ?1");
        let found = self.query(&sql, params![rows(limit)], row)?;
        found.into_iter().map(|row| self.posted_row(row)).collect()
    }

    /// A message that is tried again counts as new: it is not given up at once for its age.
    pub(super) fn retry_posts(&mut self, post: Option<u64>) -> Result<usize, StoreError> {
        let now_s = self.clock.now().as_second();
        let sql = "UPDATE outbox SET state = 'waiting', next_s = ?1, made_s = ?1, tries = 0,
                   claimed_until_s = NULL WHERE state <> 'sent' AND (?2 IS NULL OR number = ?2)";
        self.changed(sql, params![now_s, post.map(number)])
    }

    fn posted_row(&self, row: Row) -> Result<Posted, StoreError> {
        let (number, id, channel, message, tries, made_s, state, next_s, error) = row;
        let at = |s: i64| Timestamp::from_second(s).unwrap_or_default();
        Ok(Posted {
            number: number.cast_unsigned(),
            id,
            channel: self.parsed(&channel)?,
            message: self.parsed(&message)?,
            tries,
            made: at(made_s),
            state: Safe::line(&state),
            next: at(next_s),
            error: error.map(|text| Safe::line(&text)),
        })
    }

    /// Adds what a hook printed to `hooks.log` of its run.
    pub(super) fn keep_hook_log(
        &self,
        run: &RunId,
        hook: &str,
        output: &[u8],
    ) -> Result<(), StoreError> {
        use std::io::Write as _;
        use std::os::unix::fs::OpenOptionsExt as _;
        let folder = self.dir.runs().join(run.as_str());
        let path = folder.join("hooks.log");
        let text = Safe::text_from_bytes(output);
        let head = format!("== {hook} at {:.0}\n", self.clock.now());
        private_dir(&folder)
            .and_then(|()| {
                let mut options = std::fs::File::options();
                options.append(true).create(true).mode(0o600).open(&path)
            })
            .and_then(|mut file| {
                file.write_all(format!("{head}{}\n", text.as_str().trim_end()).as_bytes())
            })
            .map_err(|e| broken_file(&path, &e))
    }

    pub(super) fn changed(
        &self,
        sql: &str,
        values: &[&dyn rusqlite::ToSql],
    ) -> Result<usize, StoreError> {
        let done = self.connection()?.prepare_cached(sql).and_then(|mut s| s.execute(values));
        self.sql(done)
    }
}
