//! Which scopes can be given away: to a key, and to a plain member for one project.
//!
//! What only a person may do (`self`, owning the workspace) and what only the platform may do (`dev`) can be given to nobody.

use std::collections::BTreeSet;

use chassis::PROJECT_SCOPES;

/// Seeing the workspace.
pub(crate) const WORKSPACE_READ: &str = "workspace:read";
/// Inviting, removing, changing members and the workspace's name.
pub(crate) const MEMBERS_WRITE: &str = "members:write";
/// Issuing and revoking keys.
pub(crate) const KEYS_WRITE: &str = "keys:write";
/// Giving the workspace away or deleting it: the owner's alone.
pub(crate) const WORKSPACE_OWN: &str = "workspace:own";

/// Whether a key may have it.
pub(crate) fn is_for_keys(scope: &str) -> bool {
    is_for_members(scope) || [WORKSPACE_READ, MEMBERS_WRITE, KEYS_WRITE].contains(&scope)
}

/// Whether a member may have it for a project.
pub(crate) fn is_for_members(scope: &str) -> bool {
    PROJECT_SCOPES.contains(&scope)
}

/// Sorted, each once; or the first that `may` refuses, by its index.
pub(crate) fn parse(scopes: &[String], may: impl Fn(&str) -> bool) -> Result<Vec<String>, usize> {
    match scopes.iter().position(|scope| !may(scope)) {
        Some(index) => Err(index),
        None => Ok(scopes.iter().cloned().collect::<BTreeSet<_>>().into_iter().collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_members_are_given_what_readme_says() {
        let table = testbed::scopes_of_readme();
        assert!(table.len() > PROJECT_SCOPES.len(), "{table:?}");
        for row in table {
            let says = (row.member == "if granted", row.key == "if listed");
            assert_eq!((is_for_members(row.scope), is_for_keys(row.scope)), says, "{row:?}");
        }
    }
}
