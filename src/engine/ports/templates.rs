//! The fleet's own template of `.env`.

use std::path::Path;

use async_trait::async_trait;

use crate::domain::untrusted::Safe;
use crate::workflows::env::Template;

/// Reading templates.
#[async_trait]
pub trait TemplateSource: Send + Sync + 'static {
    /// The template that `named` (`cml_env_template`) says, seen from the folder that holds the inventory folder; without a
    /// name `templates/env.j2` there, else the one that comes with the program. An error is a sentence with the path.
    async fn template(&self, inventory: &Path, named: Option<&str>) -> Result<Template, Safe>;
}
