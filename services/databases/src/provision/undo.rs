//! What was begun and cannot be finished is taken away again: the unfinished database, and the roles if nothing of theirs is left.
//!
//! A database under its own name is never dropped here: it was whole once and may hold somebody's work.

use super::{Failure, Provision};
use crate::names::Names;

impl Provision {
    /// Takes away what the steps have made so far.
    ///
    /// # Errors
    /// See [`Failure`]; it can be repeated.
    pub(crate) async fn undo(&mut self) -> Result<(), Failure> {
        let Names { database, making, owner, bot } = self.names.clone();
        // Whoever's database bears our name, it is not ours to drop.
        if self.exists(&making).await.is_ok_and(|exists| exists) {
            self.run(format!("DROP DATABASE {making} WITH (FORCE)")).await?;
        }
        let kept: i64 = sqlx::query_scalar("SELECT count(*) FROM pg_database WHERE datname = $1 AND pg_get_userbyid(datdba) = $2")
            .bind(database.as_str())
            .bind(owner.as_str())
            .fetch_one(&mut self.platform)
            .await?;
        if kept > 0 {
            return Ok(());
        }
        for role in [bot, owner] {
            if matches!(self.is_ours(&role).await, Ok(true)) {
                self.run(format!("DROP ROLE {role}")).await?;
            }
        }
        Ok(())
    }
}
