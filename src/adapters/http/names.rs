//! Addresses of names, as the system knows them, a few at a time.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::{Semaphore, oneshot};

/// Names that are looked for at the same time. Where no name server answers, the system's own call waits many seconds
/// in a thread that nothing can end: of a thousand instances that would be a thousand threads.
const AT_ONCE: usize = 32;

/// How the system is asked; it waits for the answer.
type Ask = fn(&str) -> io::Result<Vec<SocketAddr>>;

/// Asks the system, so that `/etc/hosts`, `/etc/nsswitch.conf` and the like mean here what they mean for `ssh`.
#[derive(Debug)]
pub(super) struct SystemNames {
    few: Arc<Semaphore>,
    ask: Ask,
}

impl Default for SystemNames {
    fn default() -> Self {
        Self::asking(|name| Ok((name, 0).to_socket_addrs()?.collect()))
    }
}

impl SystemNames {
    fn asking(ask: Ask) -> Self {
        Self { few: Arc::new(Semaphore::new(AT_ONCE)), ask }
    }
}

impl Resolve for SystemNames {
    fn resolve(&self, name: Name) -> Resolving {
        let (few, ask) = (Arc::clone(&self.few), self.ask);
        Box::pin(async move {
            let place = few.acquire_owned().await?;
            let (answer, asked) = oneshot::channel();
            // A thread of its own: those of the runtime are waited for when the program ends.
            std::thread::Builder::new().name("names".to_owned()).spawn(move || {
                let found = ask(name.as_str());
                // Not when nobody waits any more, but when the thread is free.
                drop(place);
                let _gone = answer.send(found);
            })?;
            let found = asked.await??;
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Condvar, Mutex};
    use std::time::Duration;

    use super::*;

    /// How many were asked, and whether they may be answered.
    static ASKED: (Mutex<(usize, bool)>, Condvar) = (Mutex::new((0, false)), Condvar::new());

    /// A name server that says nothing until it may.
    fn silent(name: &str) -> io::Result<Vec<SocketAddr>> {
        let mut state = ASKED.0.lock().unwrap();
        state.0 += 1;
        ASKED.1.notify_all();
        drop(ASKED.1.wait_while(state, |(_, may)| !*may).unwrap());
        let port = name.len().to_string();
        Ok(vec![format!("127.0.0.1:{port}").parse().map_err(io::Error::other)?])
    }

    /// How many were asked, once it were `n` at least.
    fn asked(n: usize) -> usize {
        let state = ASKED.0.lock().unwrap();
        let soon = Duration::from_mins(1);
        ASKED.1.wait_timeout_while(state, soon, |(asked, _)| *asked < n).unwrap().0.0
    }

    fn answer() {
        ASKED.0.lock().unwrap().1 = true;
        ASKED.1.notify_all();
    }

    #[tokio::test]
    async fn name_servers_that_say_nothing_take_few_threads() {
        let names = SystemNames::asking(silent);
        let one = |n: usize| names.resolve(format!("host-{n}.example.org").parse().unwrap());
        for n in 0..1_000 {
            // Who asked gives up, as a request does at its deadline; the thread is still taken.
            let gave_up = tokio::time::timeout(Duration::from_millis(1), one(n)).await.is_err();
            assert!(gave_up, "{n}");
        }
        assert_eq!(asked(AT_ONCE), AT_ONCE);
        answer();
        let found: Vec<SocketAddr> = one(1).await.unwrap().collect();
        assert_eq!(found, ["127.0.0.1:18".parse().unwrap()]);
    }

    #[tokio::test]
    async fn the_system_knows_this_machine() {
        let found = SystemNames::default().resolve("localhost".parse().unwrap()).await.unwrap();
        assert!(found.into_iter().all(|at| at.ip().is_loopback()));
    }
}
