//! Step `tables`: the system tables exist in their current version, owned by the owner's role.

use sqlx::Connection;
use tokio::runtime::Handle;

use super::{Failure, Provision, run};

impl Provision {
    pub(super) async fn tables(&mut self) -> Result<(), Failure> {
        let name = self.current_name().await?;
        let mut connection = self.server.connect_to(&name).await?;
        run(&mut connection, format!("SET ROLE {}", self.names.owner)).await?;
        // On a thread of its own: sqlx's migrator over a borrowed connection gives a future that cannot move between threads.
        let migrated = tokio::task::spawn_blocking(move || {
            Handle::current().block_on(async move {
                projections::migrate(&mut connection).await?;
                Ok::<_, Failure>(connection.close().await?)
            })
        });
        migrated.await.map_err(|_| Failure::Passing(sqlx::Error::WorkerCrashed))?
    }
}
