//! Opening the database: settings, version, migrations.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::engine::ports::StoreError;

/// How long a writer waits for another program's transaction.
const BUSY: Duration = Duration::from_secs(10);

/// What to do about a database that is none any more.
const DAMAGED: &str = ": it is damaged, and was left as it is; move it away, do not delete it, and put a copy in its \
place (without one a new store begins; what ran also stands on the hosts)";

/// How many statements a connection keeps prepared: more than this program has.
const STATEMENTS: usize = 128;

/// The database's versions: entry `n` leads from version `n` to `n + 1`.
const MIGRATIONS: &[&str] = &[
    "
    CREATE TABLE runs (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        plan TEXT NOT NULL,
        summary TEXT NOT NULL,
        generation INTEGER NOT NULL DEFAULT 0,
        worker_pid INTEGER,
        worker_start TEXT,
        worker_machine TEXT,
        heartbeat_s INTEGER
    ) STRICT;
    CREATE TABLE events (
        run TEXT NOT NULL REFERENCES runs (id),
        seq INTEGER NOT NULL,
        at TEXT NOT NULL,
        event TEXT NOT NULL,
        PRIMARY KEY (run, seq)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE controls (
        run TEXT NOT NULL REFERENCES runs (id),
        seq INTEGER NOT NULL,
        request TEXT NOT NULL,
        PRIMARY KEY (run, seq)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE releases (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        instance TEXT NOT NULL,
        run TEXT,
        record TEXT NOT NULL,
        UNIQUE (instance, run)
    ) STRICT;
",
    // Nothing in the audit log is ever changed or taken out: SQLite itself refuses. The record is kept as its exact text.
    "
    CREATE TABLE audit (
        seq INTEGER PRIMARY KEY,
        record TEXT NOT NULL,
        hash TEXT NOT NULL
    ) STRICT;
    CREATE INDEX audit_run ON audit (record ->> '$.run', record ->> '$.action');
    CREATE TRIGGER audit_keeps BEFORE UPDATE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END;
    CREATE TRIGGER audit_stays BEFORE DELETE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END;
    CREATE TRIGGER audit_follows BEFORE INSERT ON audit
    WHEN new.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM audit)
    BEGIN SELECT RAISE(ABORT, 'the audit log has no gaps'); END;
    CREATE TABLE audit_log (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        id TEXT NOT NULL,
        key BLOB NOT NULL
    ) STRICT;
    INSERT INTO audit_log VALUES (1, lower(hex(randomblob(8))), randomblob(32));
",
    "
    CREATE TABLE approvals (
        run TEXT PRIMARY KEY REFERENCES runs (id),
        approval TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
",
    "
    CREATE TABLE campaigns (
        fleet TEXT PRIMARY KEY,
        run TEXT NOT NULL REFERENCES runs (id),
        since_s INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE lease_breaks (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        at_s INTEGER NOT NULL,
        lease TEXT NOT NULL,
        record TEXT NOT NULL
    ) STRICT;
    CREATE TABLE outbox (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        key TEXT NOT NULL,
        channel TEXT NOT NULL,
        message TEXT NOT NULL,
        made_s INTEGER NOT NULL,
        next_s INTEGER NOT NULL,
        tries INTEGER NOT NULL DEFAULT 0,
        state TEXT NOT NULL DEFAULT 'waiting',
        error TEXT,
        claimed_until_s INTEGER,
        UNIQUE (key, channel)
    ) STRICT;
",
    // A plan is large and never changes, the line of its run changes with each event, and SQLite writes a row as a whole.
    "
    CREATE TABLE plans (
        run TEXT NOT NULL UNIQUE REFERENCES runs (id),
        plan TEXT NOT NULL
    ) STRICT;
    INSERT INTO plans (run, plan) SELECT id, plan FROM runs;
    ALTER TABLE runs DROP COLUMN plan;
",
    // How instances were, as cockpits saw it: each row is a time in which one was alike.
    "
    CREATE TABLE timeline (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        fleet TEXT NOT NULL,
        instance TEXT NOT NULL,
        from_s INTEGER NOT NULL,
        until_s INTEGER NOT NULL,
        condition TEXT NOT NULL
    ) STRICT;
    CREATE INDEX timeline_of ON timeline (fleet, instance);
",
    // Logs of jobs begin in the folder of their run, where a program of before would not find them. Nothing changes here.
    "",
    // Steps of a plan call words of the lease that the runner brings, which that of a program of before does not. Nothing
    // changes here.
    "",
];

/// The version from which on plans stand in a table of their own.
const PLANS_APART: u32 = 5;

/// The version from which on there is a timeline.
const TIMELINE: u32 = 6;

/// The newest version that this program knows.
pub(super) const KNOWN: u32 = MIGRATIONS.len() as u32;

/// Opens the database to change it, making or migrating it where needed.
pub(super) fn open_writer(path: &Path) -> Result<Connection, StoreError> {
    not_hollow(path)?;
    let broken = |e: &rusqlite::Error| broken(path, e);
    // SQLite gives its side files the mode of the database, so this settles all three.
    if !path.exists() {
        make_private_file(path).map_err(|e| broken_file(path, &e))?;
    }
    let db = Connection::open(path).map_err(|e| broken(&e))?;
    db.busy_timeout(BUSY).map_err(|e| broken(&e))?;
    let settings =
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;";
    db.execute_batch(settings).map_err(|e| broken(&e))?;
    prepare_once(&db).map_err(|e| broken(&e))?;
    migrate(&db, path)?;
    Ok(db)
}

/// Lets each statement be prepared once. Without the planner's stability guarantee SQLite prepares one anew with each value
/// that might let it use a partial index (<https://www.sqlite.org/queryplanner-ng.html>).
fn prepare_once(db: &Connection) -> rusqlite::Result<()> {
    db.set_prepared_statement_cache_capacity(STATEMENTS);
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map(drop)
}

/// A database that is looked at.
pub(super) struct Reader {
    pub(super) db: Connection,
    /// Whether it is read as one that nobody changes: good for one question, since somebody may when there is room again.
    pub(super) still: bool,
}

/// Opens the database to look at it; `None` where there is none yet.
pub(super) fn open_reader(path: &Path) -> Result<Option<Reader>, StoreError> {
    if !path.exists() {
        return Ok(None);
    }
    not_hollow(path)?;
    let still = || is_still(path).then(|| opened(path, true));
    let (found, still) = match opened(path, false) {
        Ok(found) => (found, false),
        Err(error) => (still().unwrap_or(Err(error))?, true),
    };
    Ok(found.map(|db| Reader { db, still }))
}

fn opened(path: &Path, still: bool) -> Result<Option<Connection>, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = if still {
        let flags = flags | OpenFlags::SQLITE_OPEN_URI;
        Connection::open_with_flags(unchanging(path), flags)
    } else {
        Connection::open_with_flags(path, flags)
    };
    let db = db.map_err(|e| broken(path, &e))?;
    db.busy_timeout(BUSY).map_err(|e| broken(path, &e))?;
    prepare_once(&db).map_err(|e| broken(path, &e))?;
    match version(&db, path)? {
        // Being made by another program at this moment.
        0 => Ok(None),
        _ => Ok(Some(db)),
    }
}

/// Whether all that was written stands in the file itself and nobody can write more: its disk is full, and its -wal file is
/// empty or is not there. Then a -shm file is not needed to read it, which SQLite cannot make where there is no room.
fn is_still(path: &Path) -> bool {
    let mut wal = path.as_os_str().to_owned();
    wal.push("-wal");
    has_no_room(path) && std::fs::metadata(wal).map_or(0, |file| file.len()) == 0
}

/// Its name for SQLite as of a file that does not change (<https://www.sqlite.org/uri.html>).
fn unchanging(path: &Path) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"/._-".contains(&b);
    let bytes = path.as_os_str().as_bytes().iter();
    let name: String = bytes
        .map(|b| if plain(*b) { char::from(*b).to_string() } else { format!("%{b:02X}") })
        .collect();
    format!("file:{name}?immutable=1")
}

/// How the plan of a run (`?1`) is read. A store that was only looked at since an older program wrote it is as that left it.
pub(super) fn plan_of(db: &Connection, path: &Path) -> Result<&'static str, StoreError> {
    Ok(if version(db, path)? < PLANS_APART {
        "SELECT plan FROM runs WHERE id = ?1"
    } else {
        "SELECT plan FROM plans WHERE run = ?1"
    })
}

/// Whether there is a timeline; in a store that was only looked at since an older program wrote it, there is none.
pub(super) fn has_timeline(db: &Connection, path: &Path) -> Result<bool, StoreError> {
    Ok(version(db, path)? >= TIMELINE)
}

fn version(db: &Connection, path: &Path) -> Result<u32, StoreError> {
    let found: u32 = db
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(|e| broken(path, &e))?;
    if found > KNOWN {
        let path = path.display().to_string();
        return Err(StoreError::Newer { path, found, known: KNOWN });
    }
    Ok(found)
}

fn migrate(db: &Connection, path: &Path) -> Result<(), StoreError> {
    if version(db, path)? == KNOWN {
        return Ok(());
    }
    let broken = |e: &rusqlite::Error| broken(path, e);
    db.execute_batch("BEGIN IMMEDIATE").map_err(|e| broken(&e))?;
    // Read again under the lock: another program may have migrated meanwhile.
    let done = version(db, path).and_then(|from| {
        for script in MIGRATIONS.iter().skip(from as usize) {
            db.execute_batch(script).map_err(|e| broken(&e))?;
        }
        db.pragma_update(None, "user_version", KNOWN).map_err(|e| broken(&e))
    });
    let end = if done.is_ok() { "COMMIT" } else { "ROLLBACK" };
    done.and(db.execute_batch(end).map_err(|e| broken(&e)))
}

/// Refuses a file of no bytes that has the output of runs beside it: it was cut off, and would be taken for a new one.
pub(super) fn not_hollow(path: &Path) -> Result<(), StoreError> {
    let is_empty = std::fs::metadata(path).is_ok_and(|meta| meta.len() == 0);
    let runs = path.parent().map(|dir| dir.join("runs"));
    let has_runs = || runs.and_then(|dir| std::fs::read_dir(dir).ok()?.next()).is_some();
    if is_empty && has_runs() {
        let what = format!("it is empty, and there are runs beside it{DAMAGED}");
        return Err(StoreError::Broken { path: path.display().to_string(), what });
    }
    Ok(())
}

fn make_private_file(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(false).mode(0o600);
    options.open(path).map(drop)
}

/// A database error as the ports know it, with what to do where that is known.
pub(super) fn broken(path: &Path, error: &rusqlite::Error) -> StoreError {
    use rusqlite::ErrorCode as E;
    let code = error.sqlite_error_code();
    let is = |codes: &[E]| code.is_some_and(|code| codes.contains(&code));
    // What this program never wrote in that place.
    let odd = matches!(
        error,
        rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::Utf8Error(..)
    );
    // What SQLite cannot make room for beside the database, its -shm file, comes as an I/O error.
    let hint = if is(&[E::SystemIoFailure]) && has_no_room(path) {
        ": the disk is full; free space on it"
    } else if is(&[E::DiskFull]) {
        ": free space on that disk"
    } else if is(&[E::DatabaseBusy, E::DatabaseLocked]) {
        ": another program has it for longer than 10 s; look which (`fuser -v` with that path), then try again"
    } else if odd || is(&[E::DatabaseCorrupt, E::NotADatabase]) {
        DAMAGED
    } else if is(&[E::ReadOnly, E::CannotOpen, E::PermissionDenied]) {
        ": check owner and permissions"
    } else {
        ""
    };
    StoreError::Broken { path: path.display().to_string(), what: format!("{error}{hint}") }
}

/// Whether the file system of this file has no block left.
fn has_no_room(path: &Path) -> bool {
    let folder = path.parent().unwrap_or(path);
    rustix::fs::statvfs(folder).is_ok_and(|disk| disk.f_bavail == 0)
}

/// A file error as the ports know it.
pub(super) fn broken_file(path: &Path, error: &std::io::Error) -> StoreError {
    let hint = if error.kind() == std::io::ErrorKind::StorageFull {
        ": free space on that disk"
    } else if error.kind() == std::io::ErrorKind::PermissionDenied {
        ": check owner and permissions, or set BUNKER_STATE to a folder of yours"
    } else if error.kind() == std::io::ErrorKind::ReadOnlyFilesystem {
        ": nothing can be written there; set BUNKER_STATE to another folder"
    } else {
        ""
    };
    StoreError::Broken { path: path.display().to_string(), what: format!("{error}{hint}") }
}
