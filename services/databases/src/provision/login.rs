//! Changes the password of a bot's role: when the project changes hands, when somebody asks for it, or when the master key has changed.
//! Then every session that logged in with the old password is ended.
//!
//! While this is done nobody can connect. An open session could lock the role's row, so that the password cannot be changed, or set another
//! password after ours. So the order is: take away the right to connect, end all sessions, set the new password, give the right back.
//!
//! Which password a role has is noted in the role's comment, after everything else is done. Only a superuser may read what the server keeps
//! of a password, and a bot cannot change the comment. So a crash in between is made good at the next start, and nobody is disconnected
//! twice.

use std::collections::HashMap;

use sqlx::Connection;

use super::{Failure, Provision, Server, run};
use crate::names::Names;
use crate::password::{Generation, bot_mark, bot_verifier};

const MARKS: &str = "SELECT rolname::text, shobj_description(oid, 'pg_authid') FROM pg_roles WHERE rolname LIKE 'paige\\_prj\\_%\\_bot'";
const MARK: &str = "SELECT shobj_description(oid, 'pg_authid') FROM pg_roles WHERE rolname = $1";
/// Waits for the end of each, at most so many milliseconds.
const SESSIONS: &str = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = $1";

/// What is noted of each bot's password, by role.
///
/// # Errors
/// See [`Failure`].
pub(crate) async fn bot_marks(server: &Server) -> Result<HashMap<String, Option<String>>, Failure> {
    let mut platform = server.connect().await?;
    let marks: Vec<(String, Option<String>)> = sqlx::query_as(MARKS).fetch_all(&mut platform).await?;
    platform.close().await?;
    Ok(marks.into_iter().collect())
}

impl Provision {
    /// Gives the bot's role the password of `generation`, and ends the sessions of the one before. Nothing, if that is done, or if there is no
    /// such role.
    ///
    /// # Errors
    /// See [`Failure`]; it can be repeated.
    pub(crate) async fn renew_login(&mut self, generation: Generation) -> Result<(), Failure> {
        let bot = self.names.bot.clone();
        if self.is_ours(&bot).await? { self.give_password(generation, false).await } else { Ok(()) }
    }

    /// The same for a role that is there. `anyway`: the password also where it is noted already. The server is told the verifier alone.
    pub(super) async fn give_password(&mut self, generation: Generation, anyway: bool) -> Result<(), Failure> {
        let bot = self.names.bot.clone();
        let wanted = bot_mark(&self.server.key, self.project, generation);
        let noted: Option<String> = sqlx::query_scalar(MARK).bind(bot.as_str()).fetch_one(&mut self.platform).await?;
        let is_noted = noted.as_ref() == Some(&wanted);
        // A role of which nothing is noted has had one password ever, that of who created the project.
        let is_another = !is_noted && (noted.is_some() || generation != Generation::default());
        if is_another {
            self.shut_out().await?;
        }
        if anyway || !is_noted {
            let verifier = bot_verifier(&self.server.key, self.project, generation);
            self.run(format!("ALTER ROLE {bot} PASSWORD '{verifier}'")).await?;
        }
        if is_another {
            self.let_in().await?;
            tracing::info!(project.id = %self.project, "the bot of a project logs in with another password from now on");
        }
        if is_noted { Ok(()) } else { self.run(format!("COMMENT ON ROLE {bot} IS '{wanted}'")).await }
    }

    /// Lets nobody log in as the bot any more, and ends the sessions of who did.
    async fn shut_out(&mut self) -> Result<(), Failure> {
        let Names { database, bot, .. } = self.names.clone();
        if self.exists(&database).await? {
            self.run(format!("REVOKE CONNECT ON DATABASE {database} FROM {bot}")).await?;
        }
        self.end_sessions().await
    }

    /// Lets in again, after whoever was on their way when the door was shut is out too.
    async fn let_in(&mut self) -> Result<(), Failure> {
        self.end_sessions().await?;
        let Names { database, bot, .. } = self.names.clone();
        if self.exists(&database).await? {
            self.run(format!("GRANT CONNECT ON DATABASE {database} TO {bot}")).await?;
        }
        Ok(())
    }

    /// Who is no superuser may end the sessions of their own roles alone: the bot's is one for as long as that takes.
    async fn end_sessions(&mut self) -> Result<(), Failure> {
        let bot = self.names.bot.clone();
        let superuser = self.is_superuser().await?;
        let mut transaction = self.platform.begin().await?;
        if !superuser {
            run(&mut transaction, format!("GRANT {bot} TO CURRENT_USER")).await?;
        }
        sqlx::query(SESSIONS).bind(bot.as_str()).execute(&mut *transaction).await?;
        transaction.rollback().await?;
        Ok(())
    }
}
