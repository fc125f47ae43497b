//! The template of `.env` as a file beside the inventory folder.

use std::io::ErrorKind;
use std::path::Path;

use async_trait::async_trait;

use crate::domain::untrusted::Safe;
use crate::engine::ports::TemplateSource;
use crate::workflows::env::Template;

/// Where the template stands unless the inventory says otherwise.
const USUAL: &str = "templates/env.j2";
/// No template is longer, in bytes.
const MOST: usize = 512 * 1024;

/// Templates on this machine.
#[derive(Debug, Clone, Copy)]
pub struct TemplateFiles;

#[async_trait]
impl TemplateSource for TemplateFiles {
    async fn template(&self, inventory: &Path, named: Option<&str>) -> Result<Template, Safe> {
        let beside = inventory.parent().unwrap_or(inventory);
        let path = beside.join(named.unwrap_or(USUAL));
        let name = Safe::line(&path.display().to_string());
        let refuse =
            |what: &str| Safe::line(&format!("the template {name} cannot be used: {what}"));
        match tokio::fs::read_to_string(&path).await {
            Ok(text) if text.len() > MOST => Err(refuse("it is longer than 512 KiB")),
            Ok(text) => Ok(Template { name, text }),
            Err(e) if e.kind() == ErrorKind::NotFound && named.is_none() => {
                Ok(Template::embedded())
            }
            Err(e) => Err(refuse(&format!("{e}; cml_env_template names it"))),
        }
    }
}
