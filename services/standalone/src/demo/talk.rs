//! `paige demo`: a project, a number, a short conversation on the simulated phone, the rows that it became, and the proof that they equal
//! the log.

use contract::ProjectId;
use projections::rebuild::{Options, Rebuild};
use serde_json::json;
use sqlx::Row;

use super::stage::Stage;
use crate::Failure;
use crate::banner::line;

const NUMBER: &str = "207358419203847";
const PHONE: &str = "16505550142";

/// Shows it.
pub(super) async fn show(stage: &Stage) -> Result<(), Failure> {
    let project = stage.talk().await?;
    stage.rows(&stage.databases.pool(project)).await?;
    verify(stage, project).await
}

impl Stage {
    async fn talk(&self) -> Result<ProjectId, Failure> {
        line("\n1. A project: its database is made in the background.");
        let created = self.caller.post("/v1/projects", json!({ "name": "Demo" })).await?;
        let project: ProjectId = created["project"]["id"].as_str().unwrap_or_default().parse()?;
        let path = format!("/v1/projects/{project}");
        self.caller.until("the project is ready", async || Ok(self.caller.get(&path).await?["status"] == "ready")).await?;
        line(&format!("   {project} is ready"));

        line("\n2. A number: from now on what reaches it belongs to this project.");
        self.caller.put(&format!("{path}/number"), json!({ "phone_number_id": NUMBER })).await?;
        line(&format!("   phone number id {NUMBER}"));

        line("\n3. Someone writes on a phone; the webhooks arrive as Meta sends them: signed, and one of them twice.");
        self.caller.put("/sim/api/faults", json!({ "duplicate": 1 })).await?;
        let messages = [
            json!({ "to": NUMBER, "type": "text", "text": "Hi! Do you have a table for two tonight?" }),
            json!({ "to": NUMBER, "type": "image", "caption": "This one by the window?" }),
            json!({ "to": NUMBER, "type": "button_reply", "id": "yes", "title": "Yes, please" }),
        ];
        for (number, message) in messages.into_iter().enumerate() {
            self.caller.post(&format!("/sim/api/phones/{PHONE}/messages"), message).await?;
            self.caller.until("the message is there", async || Ok(self.messages_of(&path).await? > number)).await?;
        }
        Ok(project)
    }

    /// How many messages of the demo's phone the API shows.
    async fn messages_of(&self, project: &str) -> Result<usize, Failure> {
        let found = self.caller.get(&format!("{project}/contacts?phone=%2B{PHONE}")).await?;
        let Some(contact) = found["data"][0]["id"].as_str() else { return Ok(0) };
        let messages = self.caller.get(&format!("{project}/contacts/{contact}/messages")).await?;
        Ok(messages["data"].as_array().map_or(0, Vec::len))
    }

    async fn rows(&self, tables: &sqlx::PgPool) -> Result<(), Failure> {
        line("\n4. The rows, from the project's own database:");
        for row in sqlx::query("SELECT id, name, phone FROM public.contacts").fetch_all(tables).await? {
            let (id, name, phone): (&str, Option<&str>, Option<&str>) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
            line(&format!("   contact       {id}  {}  {}", name.unwrap_or("-"), phone.unwrap_or("-")));
        }
        for row in sqlx::query("SELECT id, message_count FROM public.conversations").fetch_all(tables).await? {
            let (id, count): (&str, i64) = (row.try_get(0)?, row.try_get(1)?);
            line(&format!("   conversation  {id}  {count} messages"));
        }
        for row in sqlx::query("SELECT id, type, text FROM public.messages ORDER BY sent_at, sequence").fetch_all(tables).await? {
            let (id, kind, text): (&str, &str, Option<&str>) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
            line(&format!("   message       {id}  {kind}: {}", text.unwrap_or("-")));
        }
        Ok(())
    }
}

async fn verify(stage: &Stage, project: ProjectId) -> Result<(), Failure> {
    line("\n5. The proof: the log is folded again and compared with the tables, row by row.");
    let rebuild = Rebuild::new(stage.journal.clone(), stage.databases.clone(), Options::default());
    let report = rebuild.verify(project).await?;
    if !report.is_clean() {
        return Err("the tables do not equal the log".into());
    }
    line(&format!("   {project}  {} rows equal the log up to {}, {} events", report.rows(), report.checkpoint, report.events));
    line("\nThat was everything. `paige up` starts the same for you to play with; `paige demo billing` shows what is paid for.");
    Ok(())
}
