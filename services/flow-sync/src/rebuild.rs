//! At start: the tables are brought to where the log is, by reading it whole. It makes up for a platform database that was lost, restored
//! or emptied, which the follower's position, kept in the log, knows nothing of.

use std::collections::HashMap;

use contract::{Event, FlowEvent, FlowId, ProjectId, Stream};
use futures::StreamExt;
use journal::{Filter, Range};

use crate::error::Error;
use crate::flow::{Flow, Id};
use crate::{FlowSync, store};

impl FlowSync {
    /// Refuses another log, then brings every row forward. Rows that the log knows nothing of are of projects that are gone.
    pub(crate) async fn rebuild(&self) -> Result<(), Error> {
        for stream in [Stream::Project, Stream::Flow] {
            let created = self.journal.state(stream).await?.created;
            tables::refuse_other_log::<Error>(&self.pool, "flow_sync", stream.name(), created).await?;
        }
        let mut flows: HashMap<FlowId, (ProjectId, Flow)> = HashMap::new();
        let mut events = std::pin::pin!(self.journal.replay(Stream::Flow, Range::ALL, Filter::all()));
        while let Some(recorded) = events.next().await {
            let recorded = recorded?;
            let (Some(project), Some(flow)) = (recorded.subject.project_id(), recorded.subject.flow_id()) else { continue };
            flows.entry(flow).or_insert_with(|| (project, Flow::default())).1.apply(&recorded, FlowEvent::read(&recorded)?);
        }
        for (flow, (project, state)) in &flows {
            tables::unless_refused(
                store::save(&self.pool, Id { project: *project, flow: *flow }, state).await,
                Error::is_outage,
                |error| chassis::error_chain(error),
                flow,
            )?;
        }
        for id in store::all(&self.pool).await?.into_iter().filter(|id| !flows.contains_key(&id.flow)) {
            // Asked once more: another process may have written both event and row since the log was read.
            if self.journal.last(&id.subject()).await?.is_none() {
                store::remove(&self.pool, id.flow).await?;
            }
        }
        tracing::info!(flows = flows.len(), "the tables agree with the log");
        Ok(())
    }
}
