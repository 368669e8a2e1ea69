//! Step `privileges`: the bot reads the system tables, owns whatever else it creates, and can do nothing more. Then the database gets
//! its name.
//!
//! The bot gets nothing in schema `paige`: what is there (ledgers, identities, checkpoint) it reads through the API, and its form stays
//! ours to change. It gets no REFERENCES: a foreign key of the bot's would refuse our deletions. It gets CREATE on its database, because
//! migration tools want a schema of their own; what comes with that is trusted extensions.

use sqlx::{Connection, Executor};

use super::{Failure, Provision, run};
use crate::names::Names;

const SYSTEM_TABLES: &str = "SELECT quote_ident(relname) FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v') AND relowner = $1::regrole";

impl Provision {
    pub(super) async fn privileges(&mut self) -> Result<(), Failure> {
        let current = self.current_name().await?;
        let Names { database, owner, bot, .. } = self.names.clone();
        let mut connection = self.server.connect_to(&current).await?;
        let mut transaction = connection.begin().await?;
        transaction.execute(sqlx::AssertSqlSafe(format!("SET LOCAL ROLE {owner}"))).await?;
        run(&mut transaction, schema_privileges(&owner.to_string(), &bot.to_string())).await?;
        let tables: Vec<String> = sqlx::query_scalar(SYSTEM_TABLES).bind(owner.to_string()).fetch_all(&mut *transaction).await?;
        for table in tables {
            run(&mut transaction, format!("REVOKE ALL ON public.{table} FROM PUBLIC, {bot}; GRANT SELECT ON public.{table} TO {bot}"))
                .await?;
        }
        transaction.commit().await?;
        connection.close().await?;
        if current != database {
            self.run(format!("ALTER DATABASE {current} RENAME TO {database}")).await?;
        }
        self.run(format!("GRANT CONNECT, TEMPORARY, CREATE ON DATABASE {database} TO {bot}")).await
    }
}

fn schema_privileges(owner: &str, bot: &str) -> String {
    format!(
        "REVOKE ALL ON SCHEMA public, paige FROM PUBLIC, {bot};
         GRANT USAGE, CREATE ON SCHEMA public TO {bot};
         REVOKE ALL ON ALL TABLES IN SCHEMA paige FROM PUBLIC, {bot};
         ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public GRANT SELECT ON TABLES TO {bot};"
    )
}
