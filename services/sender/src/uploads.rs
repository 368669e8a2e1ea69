//! Uploads the files of messages before the messages have their turn. A message that waits for a file takes no place among the calls to
//! Meta and nothing of its number's rate.
//!
//! A project uploads few files at once, and each upload serves all messages of the project that need the file. So a slow upload holds up
//! only messages with files, and only those of its own project.

use std::sync::Arc;
use std::time::Duration;

use contract::{FileUse, MediaId, MessageId, MessageRequested, ProjectId};
use projects::Project;

use crate::backlog::Key;
use crate::permitted::{self, Ground};
use crate::scheduler::{Done, Scheduler};
use crate::send::{self, Unsent};

impl Scheduler {
    /// The first file of a message that has not been uploaded to Meta yet. A message that was asked for under another number, or that may
    /// no longer be sent as far as is known, needs none.
    pub(crate) fn missing_file(&self, content: &MessageRequested, project: &Project, has_stopped: bool) -> Option<FileUse> {
        if content.files.is_empty() || send::is_of_another_number(content, project) {
            return None;
        }
        permitted::judge(content, &Ground::of(content, project, &self.sender.catalogue, has_stopped)).ok()?;
        let number = send::number_of(project)?;
        self.sender.files.missing(&content.files, &number).cloned()
    }

    /// A contact's first message needs a file that Meta has not got: it comes back into its line when that was uploaded.
    pub(crate) fn await_file(&mut self, key: Key, message: MessageId, file: FileUse, project: Arc<Project>) {
        let Some(contact) = self.backlog.contacts.get_mut(&key) else { return };
        contact.lined_up = true;
        let lane = self.lanes.entry(key.0).or_default();
        if let Some(waiting) = lane.uploads.get_mut(&file.media) {
            waiting.push((key, message));
        } else if lane.may_upload() {
            lane.uploads.insert(file.media, vec![(key, message)]);
            self.upload(file, project);
        } else {
            lane.files.push_back(key);
        }
    }

    fn upload(&mut self, file: FileUse, project: Arc<Project>) {
        let (sender, stop) = (self.sender.clone(), self.stop.clone());
        self.tasks.spawn(async move {
            let uploaded = tokio::select! {
                // Whoever starts next uploads it again.
                () = stop.cancelled() => Err(Unsent::NotReady(Duration::ZERO)),
                uploaded = send::upload(&sender, &project, &file) => uploaded,
            };
            Done::Uploaded { project: project.id, media: file.media, uploaded }
        });
    }

    /// What keeps one file from Meta keeps it from every message that waits for it.
    pub(crate) fn on_uploaded(&mut self, project: ProjectId, media: MediaId, uploaded: Result<(), Unsent>) {
        let Some(waiting) = self.lanes.get_mut(&project).and_then(|lane| lane.uploads.remove(&media)) else { return };
        if self.leaves(project) {
            return self.forget(project);
        }
        match uploaded {
            Err(unsent) if self.may_speak(project) => {
                for (key, message) in waiting {
                    self.not_uploaded(key, message, &unsent);
                }
            }
            Ok(()) | Err(_) => {
                let keys = waiting.into_iter().map(|(key, _)| key);
                self.lanes.entry(project).or_default().sends.extend(keys);
            }
        }
        self.enter_round(project);
    }

    fn not_uploaded(&mut self, key: Key, message: MessageId, unsent: &Unsent) {
        match self.first(key) {
            Some(first) if first == message => self.unsent(key, message, unsent.clone()),
            // The one that waited has expired.
            Some(_) => self.look(key),
            None => {}
        }
    }
}
