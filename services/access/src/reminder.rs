//! A reminder of what a project owes: what it says, whether it still matters, and who is to be told. Read from the log, like the ground of
//! every decision. Mailing it is `remind`'s business.

use chrono::{DateTime, Utc};
use contract::{BillingEvent, Event, Owed, ProjectEvent, ProjectId, Recorded, Role, Subject, UserId};

use crate::error::Error;
use crate::ownership::Ownership;
use crate::workspace::Workspace;
use crate::{Access, letters};

/// A reminder, as billing said it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reminder {
    pub project: ProjectId,
    /// In `billing`.
    pub sequence: u64,
    /// 1 is the first of its grace.
    pub number: u32,
    pub owed: Owed,
}

/// Who is told about a project's bills, and how the project is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Payers {
    pub project_name: String,
    pub users: Vec<UserId>,
}

impl Reminder {
    /// The reminder that an event is; none if it is something else, or was said before reminders told what is due.
    pub(crate) fn of(recorded: &Recorded) -> Result<Option<Self>, Error> {
        let BillingEvent::ReminderDue(due) = BillingEvent::read(recorded)? else { return Ok(None) };
        let said = recorded.subject.project_id().zip(due.owed);
        Ok(said.map(|(project, owed)| Self { project, sequence: recorded.sequence, number: due.number, owed }))
    }

    /// Whether the time in which it could be paid is over.
    pub(crate) fn is_late(&self, now: DateTime<Utc>) -> bool {
        self.owed.grace_ends_at <= now
    }
}

/// Whether what was reminded of is not due any more, or a later reminder has taken the place of the one before.
fn settles(event: &BillingEvent) -> bool {
    match event {
        BillingEvent::CycleStarted(_)
        | BillingEvent::ReminderDue(_)
        | BillingEvent::SubscriptionPaused(_)
        | BillingEvent::SubscriptionCancelled(_)
        | BillingEvent::SubscriptionExpired(_)
        | BillingEvent::SubscriptionPastDue(_)
        | BillingEvent::SubscriptionClosed(_) => true,
        BillingEvent::TrialStarted(_)
        | BillingEvent::PaymentRequested(_)
        | BillingEvent::PaymentSucceeded(_)
        | BillingEvent::PaymentFailed(_)
        | BillingEvent::PaymentMismatched(_)
        | BillingEvent::CycleExtended(_)
        | BillingEvent::PauseScheduled(_)
        | BillingEvent::CancellationScheduled(_)
        | BillingEvent::ScheduleWithdrawn(_)
        | BillingEvent::EntitlementChanged(_)
        | BillingEvent::CreditsAdded(_)
        | BillingEvent::CreditsUsed(_) => false,
    }
}

/// Owner and admins: those who may pay.
fn payers(workspace: &Workspace) -> Vec<UserId> {
    let pays = |role: Role| match role {
        Role::Owner | Role::Admin => true,
        Role::Member => false,
    };
    workspace.members.iter().filter(|(_, member)| pays(member.role)).map(|(user, _)| *user).collect()
}

impl Access {
    /// The reminder at `sequence`, if it still matters: what it is about is due, and nothing later was said instead.
    pub(crate) async fn reminder(&self, project: ProjectId, sequence: u64) -> Result<Option<Reminder>, Error> {
        let subject = Subject::billing(project);
        let mut found: Option<Reminder> = None;
        let mut from = sequence;
        loop {
            let (events, more) = self.journal.entity_from(&subject, from).await?;
            for recorded in &events {
                from = recorded.sequence + 1;
                if recorded.sequence == sequence {
                    found = Reminder::of(recorded)?;
                } else if settles(&BillingEvent::read(recorded)?) {
                    return Ok(None);
                }
            }
            // It may be gone, with all of its project.
            if !more || found.is_none() {
                let now = self.clock.now();
                return Ok(found.filter(|reminder| !reminder.is_late(now)));
            }
        }
    }

    /// Who is told about the bills of a project: owner and admins of the workspace that owns it now. None: the project is gone.
    pub(crate) async fn payers(&self, project: ProjectId) -> Result<Option<Payers>, Error> {
        let (mut ownership, mut project_name) = (Ownership::default(), String::new());
        for recorded in self.journal.entity(&Subject::project(project)).await? {
            let event = ProjectEvent::read(&recorded)?;
            ownership = ownership.fold(&event);
            if let ProjectEvent::ProjectCreated(created) = &event {
                project_name.clone_from(&created.name);
            } else if let ProjectEvent::ProjectUpdated(updated) = &event {
                project_name.clone_from(&updated.name);
            }
        }
        let Some(owner) = ownership.now() else { return Ok(None) };
        let (workspace, _) = self.workspace(owner).await?;
        let users = workspace.as_ref().map(payers).unwrap_or_default();
        Ok(Some(Payers { project_name, users }))
    }

    /// The mail to one of them; none if it is not to be sent any more.
    pub(crate) async fn reminder_mail(&self, project: ProjectId, sequence: u64, user: UserId) -> Result<Option<crate::mail::Mail>, Error> {
        let Some(reminder) = self.reminder(project, sequence).await? else { return Ok(None) };
        let Some(payers) = self.payers(project).await?.filter(|payers| payers.users.contains(&user)) else { return Ok(None) };
        let (person, _) = self.person(user).await?;
        let Some(to) = person.and_then(|person| person.email?.parse().ok()) else { return Ok(None) };
        Ok(Some(letters::payment_due(to, &reminder, &payers.project_name, self.console_url.as_deref())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;
    use contract::{
        CreditsUsed, CycleStarted, PaymentFailed, PaymentId, ReminderDue, SubscriptionClosed, SubscriptionExpired, WorkspaceCreated,
        WorkspaceKind,
    };
    use contract::{InviteAccepted, InviteId, MemberInvited, OperationId, WorkspaceEvent, WorkspaceId};
    use ulid::Ulid;

    use crate::said::Said;

    fn at(hours: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::hours(hours)
    }

    #[test]
    fn what_is_paid_over_closed_or_said_again_is_not_due_any_more() {
        let payment = PaymentId::from_ulid(Ulid::from_parts(1, 1));
        let (starts_at, ends_at) = (at(1), at(2));
        let settled: [BillingEvent; 4] = [
            CycleStarted { payment, starts_at, ends_at }.into(),
            ReminderDue { number: 2, at: at(1), owed: None }.into(),
            SubscriptionExpired { at: at(1) }.into(),
            SubscriptionClosed { operation: OperationId::from_ulid(Ulid::from_parts(1, 2)) }.into(),
        ];
        assert!(settled.iter().all(settles));
        let others: [BillingEvent; 2] = [
            PaymentFailed { payment, reason: "Declined".into() }.into(),
            CreditsUsed { usage: "u".into(), credits: 1, what: String::new() }.into(),
        ];
        assert!(!others.iter().any(settles));
    }

    #[test]
    fn a_reminder_is_late_from_the_very_end_of_the_grace_on() {
        let owed = Owed { amount_minor: 1, currency: "ZAR".into(), grace_ends_at: at(7) };
        let reminder = Reminder { project: ProjectId::from_ulid(Ulid::from_parts(1, 1)), sequence: 1, number: 1, owed };
        assert!(!reminder.is_late(at(7) - TimeDelta::microseconds(1)));
        assert!(reminder.is_late(at(7)));
    }

    #[test]
    fn owner_and_admins_pay_and_plain_members_do_not() {
        let id = WorkspaceId::from_ulid(Ulid::from_parts(1, 1));
        let [owner, admin, member] = ["ada", "bob", "cy"].map(|name| UserId::of_email(&format!("{name}@example.com")));
        let mut events: Vec<WorkspaceEvent> = vec![WorkspaceCreated { name: "W".into(), kind: WorkspaceKind::Team, owner }.into()];
        for (n, (user, name, role)) in [(admin, "bob", Role::Admin), (member, "cy", Role::Member)].into_iter().enumerate() {
            let invite = InviteId::from_ulid(Ulid::from_parts(2, n as u128));
            events.push(MemberInvited { invite, email: format!("{name}@example.com"), role, expires_at: at(9) }.into());
            events.push(InviteAccepted { invite, user, role }.into());
        }
        let workspace = events
            .iter()
            .zip(1..)
            .fold(None, |workspace, (event, sequence)| Workspace::fold(workspace, id, Said { sequence, at: at(0), actor: None, event }));
        let mut told = payers(&workspace.unwrap());
        let mut expected = vec![owner, admin];
        told.sort();
        expected.sort();
        assert_eq!(told, expected);
    }
}
