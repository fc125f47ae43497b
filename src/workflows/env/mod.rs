//! `.env` of an instance: the template, what it becomes for a host, and what lies between that and the host's own file.
//!
//! **Invariant:** no value gets into the file but through the encoder of [`crate::domain::dotenv`], and a secret is a hole in
//! what is rendered: neither the plan nor an error holds one.

mod left_out;
mod markers;
mod render;
mod schemas;
mod variables;

pub use render::{Desired, Template, TemplateError, render};
pub use schemas::schemas;

/// The template that is used where the fleet has none of its own.
pub const EMBEDDED: &str = include_str!("env.j2");

/// What an instance cannot run without: the secrets that the embedded template wants and has no default for.
pub const REQUIRED_SECRETS: [&str; 4] =
    ["vault_admin_password", "vault_jwt_secret", "vault_postgres_password", "vault_redis_password"];
