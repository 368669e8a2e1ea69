//! Step `database`: it exists, and only its owner may connect.

use super::{Failure, Provision};
use crate::names::Names;

impl Provision {
    pub(super) async fn database(&mut self) -> Result<(), Failure> {
        let Names { making, owner, .. } = self.names.clone();
        let current = self.current_name().await?;
        if current == making && !self.exists(&making).await? {
            // It opens only after PUBLIC has lost the right to connect, which a new database gives.
            self.run(format!("CREATE DATABASE {making} OWNER {owner} TEMPLATE template0 ENCODING 'UTF8' ALLOW_CONNECTIONS false")).await?;
        }
        self.run(format!("REVOKE ALL ON DATABASE {current} FROM PUBLIC")).await?;
        self.run(format!("ALTER DATABASE {current} ALLOW_CONNECTIONS true")).await?;
        // Belt and braces: a session of the platform that forgets to say so still finds nothing that the bot put into `public`.
        self.run(format!("ALTER ROLE CURRENT_USER IN DATABASE {current} SET search_path = pg_catalog, pg_temp")).await
    }
}
