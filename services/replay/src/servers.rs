//! Connections to the log and to project databases.

use journal::{ConnectOptions, Journal};
use projections::ProjectDatabases;
use sqlx::postgres::PgConnectOptions;

use crate::Error;
use crate::cli::ServerArgs;

pub(crate) struct Servers {
    pub(crate) journal: Journal,
    database_url: Option<String>,
}

impl Servers {
    /// Connects to the log; databases are connected to when they are needed.
    pub(crate) async fn connect(servers: &ServerArgs) -> Result<Self, Error> {
        let missing = || Error::Usage("where is the log? --nats-url or PAIGE_NATS_URL".to_owned());
        let url = servers.nats_url.clone().ok_or_else(missing)?;
        let journal = Journal::connect(ConnectOptions::new(url, "replay")).await?;
        Ok(Self { journal, database_url: servers.database_url.clone() })
    }

    pub(crate) fn databases(&self) -> Result<ProjectDatabases, Error> {
        let missing = || Error::Usage("where are the tables? --database-url or PAIGE_DATABASE_URL".to_owned());
        let url = self.database_url.as_ref().ok_or_else(missing)?;
        let options: PgConnectOptions = url.parse().map_err(|_| Error::Usage("the database URL is not one".to_owned()))?;
        Ok(ProjectDatabases::new(options))
    }
}
