//! What a project's database and roles are called on the server. All follow from the project's id: nothing to remember, nothing to collide.

use std::fmt;

use contract::ProjectId;

/// A name on the server, which is safe inside double quotes: lower-case letters, digits and `_`, at most 63 of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name(String);

impl Name {
    /// Without quotes: for a binding, an event or an answer.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Quoted, for SQL.
impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0)
    }
}

/// The names of one project, `paige_prj_01jd3x8k2m4n5p6q7r8s9t0v1w` and what begins so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// The database, under this name only when it is whole.
    pub database: Name,
    /// The database while it is made.
    pub making: Name,
    /// The role that owns the database and the system tables. Nobody logs in with it.
    pub owner: Name,
    /// The role that the bot logs in with.
    pub bot: Name,
}

impl Names {
    /// The names of `project`.
    pub fn of(project: ProjectId) -> Self {
        let database = projections::database_name(project);
        let with = |suffix: &str| Name(format!("{database}{suffix}"));
        Self { making: with("_making"), owner: with("_owner"), bot: with("_bot"), database: with("") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_fits_into_what_postgres_keeps_of_one() {
        let project: ProjectId = "prj_7ZZZZZZZZZZZZZZZZZZZZZZZZZ".parse().unwrap();
        let names = Names::of(project);
        for name in [&names.database, &names.making, &names.owner, &names.bot] {
            assert!(name.as_str().len() <= 63, "{name}");
            assert!(name.as_str().bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'), "{name}");
        }
        assert_eq!(names.bot.to_string(), "\"paige_prj_7zzzzzzzzzzzzzzzzzzzzzzzzz_bot\"");
    }
}
