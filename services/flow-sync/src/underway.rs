//! A request is dropped wherever it is, if whoever sent it goes away, and nobody comes to ask again. Then the project's Flows are compared soon:
//! what was begun goes on, and what Meta did is heard of.

use contract::ProjectId;

use crate::FlowSync;

impl FlowSync {
    /// Does something at Meta. If that is dropped before it ends, it is the project's turn.
    pub(crate) async fn unabandoned<T>(&self, project: ProjectId, work: impl Future<Output = T>) -> T {
        let mut underway = Underway { flow_sync: self, project, ended: false };
        let done = work.await;
        underway.ended = true;
        done
    }
}

struct Underway<'a> {
    flow_sync: &'a FlowSync,
    project: ProjectId,
    ended: bool,
}

impl Drop for Underway<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.flow_sync.asked.ask(self.project);
        }
    }
}
