//! The lab: hosts made of paper for tests and for the demo.
//!
//! A paper host is an SSH server of our own on an address of its own (`127.0.x.y:2222`) in front of the
//! real `/bin/sh`, with a stateful stand-in for `docker` first in `PATH`, a health page and metrics on
//! port 4000 of the same address, and faults on demand. The OpenSSH client in front of it is the real one.
//! Nothing of it needs root, packages or the network.
//!
//! ```ignore
//! let lab = Lab::start(3, Options::bare())?;         // three hosts, each an empty home: for tests of ssh and jobs
//! let lab = Lab::start(3, Options::instances())?;    // the same with a checkout, .env, backups and running containers
//! let host = lab.host(0);
//! let connection = host.connection();                // domain::connection::Connection, ready for the adapter
//! host.dir();                                        // its folder: bin/ home/ docker/ ...; host.home() is $HOME there
//! host.fault(Fault::DropAfter(100));                 // cut the TCP connection after 100 more bytes of output
//! host.clear();                                      // no faults
//! host.starts("compose build");                      // how many docker calls began with these words
//! host.execs();                                      // how many commands were started over SSH
//! host.commands();                                   // those command lines
//! lab.inventory_dir();                               // hosts.yml, group_vars/, host_vars/ of these hosts
//! lab.ssh_config();                                  // for `ssh -F FILE HOSTNAME` by a test itself
//! // Dropping the lab ends its servers, every process that was started on its hosts, and its folder.
//! ```
//!
//! `Lab::start` blocks for some milliseconds and may be called inside or outside of a runtime: the servers run on
//! threads of their own.

pub mod ansible;
pub mod cargo;
pub mod clock;
pub mod metrics;
mod paper;
pub mod picture;
pub mod processes;
pub mod real;
pub mod repository;
pub mod terminal;

pub use paper::{Fault, HostSpec, Lab, Options, PaperHost};
