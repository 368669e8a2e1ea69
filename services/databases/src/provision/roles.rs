//! Step `roles`: who owns the database, and who the bot logs in as.

use super::{Failure, Provision, server};
use crate::names::Name;
use crate::password::Generation;

/// Connections of one bot at the same time.
const BOT_CONNECTIONS_MAX: u32 = 20;
/// Defaults of the bot's sessions. A bot can change them for itself: they keep accidents small, they are no wall.
const BOT_SETTINGS: [(&str, &str); 3] =
    [("statement_timeout", "30s"), ("idle_in_transaction_session_timeout", "60s"), ("lock_timeout", "10s")];

const WITHOUT_RIGHTS: &str = "NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS";

impl Provision {
    pub(super) async fn roles(&mut self, generation: Generation) -> Result<(), Failure> {
        // Before there is a role that could use an open door.
        server::close(&mut self.platform).await?;
        let (owner, bot) = (self.names.owner.clone(), self.names.bot.clone());
        if !self.is_ours(&owner).await? {
            self.run(format!("CREATE ROLE {owner} NOLOGIN {WITHOUT_RIGHTS}")).await?;
        }
        if !self.is_superuser().await? {
            self.run(format!("GRANT {owner} TO CURRENT_USER")).await?;
        }
        if !self.is_ours(&bot).await? {
            self.run(format!("CREATE ROLE {bot} NOLOGIN {WITHOUT_RIGHTS}")).await?;
        }
        // Also where it is noted already: a bot can give itself another password.
        self.give_password(generation, true).await?;
        self.run(format!("ALTER ROLE {bot} LOGIN CONNECTION LIMIT {BOT_CONNECTIONS_MAX}")).await?;
        for (setting, value) in BOT_SETTINGS {
            self.run(format!("ALTER ROLE {bot} SET {setting} = '{value}'")).await?;
        }
        Ok(())
    }

    /// Whether the role exists. One with rights that we never give is not ours, whatever its name.
    pub(super) async fn is_ours(&mut self, role: &Name) -> Result<bool, Failure> {
        let mighty: Option<bool> = sqlx::query_scalar(
            "SELECT rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls
                    OR EXISTS (SELECT FROM pg_auth_members WHERE member = pg_roles.oid)
             FROM pg_roles WHERE rolname = $1",
        )
        .bind(role.as_str())
        .fetch_optional(&mut self.platform)
        .await?;
        match mighty {
            Some(true) => Err(Failure::Final(format!("a role of the name {role} exists and has rights that the platform never gives"))),
            mighty => Ok(mighty.is_some()),
        }
    }

    pub(super) async fn is_superuser(&mut self) -> Result<bool, Failure> {
        let is = sqlx::query_scalar("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetch_one(&mut self.platform);
        Ok(is.await?)
    }
}
