//! Whether the database is sound.

use rusqlite::{Connection, OpenFlags};

use crate::adapters::paths::StateDir;

/// What SQLite's quick check says of the database, read-only: `Ok(true)` sound, `Ok(false)` not there
/// yet, else what is wrong.
pub fn check(dir: &StateDir) -> Result<bool, String> {
    let path = dir.database();
    if !path.exists() {
        return Ok(false);
    }
    super::schema::not_hollow(&path).map_err(|error| error.to_string())?;
    let said = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .and_then(|db| db.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0)))
        .map_err(|e| e.to_string())?;
    if said == "ok" { Ok(true) } else { Err(said) }
}
