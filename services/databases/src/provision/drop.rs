//! The end of a project's database: it is dropped, and with it both roles. Whoever is connected is thrown out.

use super::{Failure, Provision};
use crate::names::Names;

impl Provision {
    /// Takes away the database, its roles and whatever an unfinished provisioning left.
    ///
    /// # Errors
    /// See [`Failure`]; it can be repeated, and does nothing once it is done.
    pub async fn drop_database(&mut self) -> Result<(), Failure> {
        let Names { database, .. } = self.names.clone();
        if self.exists(&database).await? {
            self.run(format!("DROP DATABASE {database} WITH (FORCE)")).await?;
        }
        self.undo().await
    }
}
