//! The reader of the output that a page shows: it reads the file on, looks through it, and tells the part that is wanted.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::Sender;
use tokio::sync::watch;

use crate::app::Msg;
use crate::app::log_page::{LogAsk, LogFind, LogOf, LogView};
use crate::app::log_tail::Direction;
use crate::app::msg::Problem;
use crate::app::pages::Follow;
use crate::domain::log::{Row, Sieve};
use crate::domain::marker::StepMark;
use crate::domain::untrusted::Safe;
use crate::engine::log_book::{LogBook, LogSource, Way};
use crate::engine::ports::RunReader;

/// Between two looks at a file that does not grow.
const LOOK: Duration = Duration::from_millis(80);
/// Bytes that are read before what was found so far is told.
const BUDGET: usize = 8 * 1024 * 1024;

/// Tells what is asked for, again and again as the output grows, until nobody asks any more.
pub(super) async fn read(
    source: Arc<dyn LogSource>,
    steps: Option<Arc<dyn RunReader>>,
    mut asks: watch::Receiver<LogAsk>,
    tell: Sender<Msg>,
) {
    let mut ask = asks.borrow_and_update().clone();
    let mut book = LogBook::new(source);
    let mut told: Option<LogView> = None;
    let mut answered = None;
    let mut stood = None;
    loop {
        // What is asked for again from the beginning is told only when there is something to see.
        book.sift(&ask.sieve);
        let more = match book.grow(BUDGET).await {
            Ok(more) => more,
            Err(problem) => {
                if !complain(&tell, &problem).await {
                    return;
                }
                false
            }
        };
        // A search waits until the whole file is known.
        let find = ask.find.clone().filter(|_| !more && answered != Some(ask.id));
        // Where nothing came and nothing else is asked, there is nothing to look up.
        let stands = (ask.id, book.length(), book.looked_through());
        let looked = if find.is_none() && stood == Some(stands) {
            None
        } else {
            Some(view(steps.as_ref(), &book, &ask, find.as_ref(), told.as_ref()).await)
        };
        match looked {
            Some(Ok(view)) => {
                stood = Some(stands);
                if find.is_some() {
                    answered = Some(ask.id);
                    // The page knows then where it is; what follows is a picture like any other.
                    if view.found.flatten().is_some() {
                        ask.at = Follow::From(view.top);
                    }
                }
                if !told.as_ref().is_some_and(|before| is_the_same(before, &view)) {
                    told = Some(view.clone());
                    if tell.send(Msg::LogView(Ok(Box::new(view)))).await.is_err() {
                        return;
                    }
                }
            }
            Some(Err(problem)) if !complain(&tell, &problem).await => return,
            Some(Err(_)) | None => {}
        }
        if !heard(&mut asks, &mut ask, more).await {
            return;
        }
    }
}

/// Waits for what is asked next, not for long, and not at all where there is more to read; says whether anybody still asks.
async fn heard(asks: &mut watch::Receiver<LogAsk>, ask: &mut LogAsk, more: bool) -> bool {
    let wait = async {
        if !more {
            tokio::time::sleep(LOOK).await;
        }
    };
    tokio::select! {
        biased;
        changed = asks.changed() => {
            if changed.is_err() {
                return false;
            }
            *ask = asks.borrow_and_update().clone();
        }
        () = wait => {}
    }
    true
}

/// Whether a picture shows nothing else than the one before.
fn is_the_same(before: &LogView, view: &LogView) -> bool {
    let bare = |view: &LogView| LogView { skipped: 0, found: None, ..view.clone() };
    view.found.is_none() && bare(view) == bare(before)
}

async fn complain(tell: &Sender<Msg>, problem: &str) -> bool {
    let message = Safe::line(&format!("the output cannot be read: {problem}"));
    tell.send(Msg::LogView(Err(Problem { message, hint: None }))).await.is_ok()
}

/// The part that is wanted.
async fn view(
    store: Option<&Arc<dyn RunReader>>,
    book: &LogBook,
    ask: &LogAsk,
    find: Option<&LogFind>,
    before: Option<&LogView>,
) -> Result<LogView, String> {
    let found = match find {
        Some(find) => Some(search(book, find).await?),
        None => None,
    };
    let (n, height) = (book.n_places(), ask.rows as u64);
    let last_top = n.saturating_sub(height);
    let at = match found.flatten() {
        Some(place) => Follow::From(place.saturating_sub(height / 2)),
        None => ask.at,
    };
    let top = match at {
        Follow::End => last_top,
        Follow::From(place) => place.min(last_top),
    };
    let rows = book.window(top, ask.rows).await?;
    // Of the picture before, where both followed the end of the same lines.
    let end =
        before.filter(|b| b.ask == ask.id && b.n_places > 0).map(|b| b.top + b.rows.len() as u64);
    let skipped = match (at, end) {
        (Follow::End, Some(end)) => top.saturating_sub(end),
        _ => 0,
    };
    Ok(LogView {
        ask: ask.id,
        n_lines: book.n_lines(),
        n_places: n,
        length: book.length(),
        looked: book.looked_through(),
        top,
        rows,
        skipped,
        found,
        steps: steps(store, &ask.of).await,
    })
}

/// Looks from the place on, and where nothing is there, once more from the other end.
async fn search(book: &LogBook, find: &LogFind) -> Result<Option<u64>, String> {
    let (way, end) = match find.way {
        Direction::Forward => (Way::On, 0),
        Direction::Backward => (Way::Back, u64::MAX),
    };
    match book.find(&find.needle, find.from, way).await? {
        Some(place) => Ok(Some(place)),
        None => book.find(&find.needle, end, way).await,
    }
}

async fn steps(store: Option<&Arc<dyn RunReader>>, of: &LogOf) -> Vec<StepMark> {
    match (store, of) {
        (Some(store), LogOf::Run { run, host }) => {
            store.log_marks(run, host).await.unwrap_or_default()
        }
        _ => Vec::new(),
    }
}

/// All lines that are wanted, made harmless, a piece at a time.
pub(super) async fn all(
    source: Arc<dyn LogSource>,
    sieve: &Sieve,
    mut write: impl FnMut(&[Row]) -> std::io::Result<()>,
) -> Result<u64, String> {
    let mut book = LogBook::new(source);
    book.sift(sieve);
    while book.grow(BUDGET).await? {}
    let (n, mut at) = (book.n_places(), 0);
    while at < n {
        let rows = book.window(at, 2_000).await?;
        if rows.is_empty() {
            break;
        }
        at += rows.len() as u64;
        write(&rows).map_err(|error| format!("writing the lines: {error}"))?;
    }
    Ok(at)
}
