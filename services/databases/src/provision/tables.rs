//! Step `tables`: the system tables exist in their current version, owned by the owner's role.

use sqlx::Connection;

use super::{Failure, Provision, run};

impl Provision {
    pub(super) async fn tables(&mut self) -> Result<(), Failure> {
        let name = self.current_name().await?;
        let mut connection = self.server.connect_to(&name).await?;
        run(&mut connection, format!("SET ROLE {}", self.names.owner)).await?;
        projections::migrate(&mut connection).await?;
        connection.close().await?;
        Ok(())
    }
}
