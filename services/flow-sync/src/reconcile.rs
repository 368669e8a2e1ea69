//! All Flows of a project against what Meta has. Needs no input, can be done at any time and any number of times: it goes on with what was
//! begun, hears what changed, and takes nothing from anybody.
//!
//! What the log says of a Flow after Meta was asked for the list is newer than the list: Meta is asked for that one anew.

use contract::{FlowId, ProjectId};
use whatsapp::graph::Class;

use crate::command::Origin;
use crate::error::Error;
use crate::flow::{Flow, Id};
use crate::push::Listed;
use crate::{FlowSync, store};

/// What came of one Flow.
pub(crate) struct Reconciled {
    pub(crate) flow: FlowId,
    pub(crate) state: Flow,
    pub(crate) held: bool,
}

/// What came of a project.
pub(crate) struct Report {
    pub(crate) flows: Vec<Reconciled>,
    /// Why it ended early: Meta does not answer, or wants fewer calls.
    pub(crate) stopped: Option<Error>,
}

impl FlowSync {
    /// # Errors
    /// [`Error::NoLine`] where Meta cannot be asked; whatever keeps log, storage and database from answering.
    pub(crate) async fn reconcile(&self, project: ProjectId, origin: Origin<'_>) -> Result<Report, Error> {
        let mut report = Report { flows: Vec::new(), stopped: None };
        let Some(known) = self.projects.fresh(project).await? else { return Ok(report) };
        let line = self.line(&known).await?;
        let living = store::living(&self.pool, project).await?;
        if living.is_empty() {
            return Ok(report);
        }
        // One call for all: which there are, and how each stands.
        let listed = match line.graph.flows(&line.token, &line.waba).await {
            Ok(listed) => listed,
            Err(source) => {
                report.stopped = Some(Error::Meta { step: "read", source });
                return Ok(report);
            }
        };
        for (flow, sequence) in living {
            let id = Id { project, flow };
            let _lock = self.locks.of(id).await;
            match self.push(id, &line, Some(Listed { facts: &listed, sequence }), origin).await {
                Ok(pushed) => report.flows.push(Reconciled { flow, state: pushed.flow, held: pushed.held }),
                // The log says what is wrong with this one; the others go on.
                Err(Error::Meta { ref source, .. }) if source.class() == Class::Final => {
                    report.flows.push(Reconciled { flow, state: self.flow(id).await?, held: false });
                }
                // Nobody but an operator can mend that one, and the others do not wait for it.
                Err(error @ Error::Lost(_)) => {
                    tracing::error!(flow.id = %flow, error = %chassis::error_chain(&error), "a Flow cannot be compared with Meta");
                    report.flows.push(Reconciled { flow, state: self.flow(id).await?, held: false });
                }
                Err(error @ Error::Meta { .. }) => {
                    report.stopped = Some(error);
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        metrics::counter!("flow_sync_reconciled_flows_total").increment(report.flows.len() as u64);
        Ok(report)
    }
}
