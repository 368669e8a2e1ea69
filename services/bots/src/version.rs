//! Which version of a bot's code is meant, and what is in it.

use chassis::Problem;
use contract::ProjectId;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::code::{Change, Code};
use crate::manifest::{Digest, Manifest};
use crate::{Bots, keep};

/// Which version.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct Which {
    /// A version that the code had; absent: the current one.
    pub(crate) version: Option<String>,
}

impl Bots {
    /// A version that the code of `project` had, the current one if none is named.
    pub(crate) async fn version(&self, project: ProjectId, version: Option<&str>) -> Result<(Change, Manifest), Problem> {
        let code = self.existing_code(project).await?;
        let change = match version {
            None => code.current().cloned(),
            Some(version) => code.changes.iter().rfind(|change| change.version == version).cloned(),
        };
        let change = change.ok_or_else(|| Problem::not_found("the code never had this version"))?;
        let digest: Digest = change.version.parse().map_err(|_| crate::Error::Lost(change.version.clone()))?;
        let manifest = keep::manifest(&self.storage, project, &digest).await?;
        Ok((change, manifest))
    }

    /// The code of a project that has some.
    pub(crate) async fn existing_code(&self, project: ProjectId) -> Result<Code, Problem> {
        let code = self.code(project).await?;
        if code.current().is_some() {
            return Ok(code);
        }
        let standing = self.standing(project).await?;
        if !standing.exists || standing.ends || code.erased.is_some() {
            return Err(Problem::not_found("there is no such project"));
        }
        Err(Problem::conflict("code_not_ready", "the project has no code yet: follow its operation"))
    }
}
