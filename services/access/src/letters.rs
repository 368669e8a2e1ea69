//! What is written to people.

use chassis::Secret;
use contract::written_sum;

use crate::email::Email;
use crate::mail::Mail;
use crate::reminder::Reminder;

/// The code to sign in with.
pub(crate) fn sign_in_code(to: Email, code: &str) -> Mail {
    let text = format!(
        "Your code to sign in to Paige is {code}.\n\nIt works once, for ten minutes. If you did not ask for it, somebody typed your address by \
         mistake: nothing happens unless they have the code, so tell it to nobody.\n"
    );
    Mail { to, subject: "Your code to sign in".to_owned(), text }
}

/// An invitation. `console`: where people use Paige in a browser, if there is such a place.
pub(crate) fn invitation(to: Email, workspace: &str, link: &Secret, console: Option<&str>) -> Mail {
    let token = link.expose();
    let way = match console {
        Some(console) => format!("Join here: {}/invites#{token}", console.trim_end_matches('/')),
        None => format!("Join with this token: {token}"),
    };
    let text = format!(
        "You are invited to the workspace \"{workspace}\" on Paige.\n\n{way}\n\nThis works for seven days, if you are new to Paige. \
         Otherwise, sign in with this address and accept the invitation from your list. If you do not know who invites you, do nothing.\n"
    );
    Mail { to, subject: "You are invited to a workspace on Paige".to_owned(), text }
}

/// What is due for a project. `console`: where people use Paige in a browser, if there is such a place.
pub(crate) fn payment_due(to: Email, reminder: &Reminder, project_name: &str, console: Option<&str>) -> Mail {
    let Reminder { project, number, owed, .. } = reminder;
    let due = written_sum(owed.amount_minor, &owed.currency);
    let until = owed.grace_ends_at.format("%-d %B %Y, %H:%M UTC");
    let way = match console {
        Some(console) => format!("Pay here: {}/projects/{project}/billing", console.trim_end_matches('/')),
        None => format!("Pay through the API: POST /v1/projects/{project}/subscription/pay"),
    };
    let text = format!(
        "The next cycle of your project \"{project_name}\" ({project}) is not paid: {due} is due.\n\nThe project goes on until {until}. Then \
         it is suspended until it is paid: its bot answers nothing, and nothing is sent.\n\n{way}\n\nThis is reminder {number}. It goes to \
         owner and admins of the workspace that the project belongs to.\n"
    );
    Mail { to, subject: "A payment for your project on Paige is due".to_owned(), text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;
    use contract::{Owed, ProjectId};

    #[test]
    fn a_reminder_says_which_project_how_much_until_when_and_where_to_pay() {
        let project = ProjectId::from_ulid(ulid::Ulid::from_parts(1, 1));
        let grace_ends_at = DateTime::from_timestamp(1_790_604_800, 0).unwrap();
        let owed = Owed { amount_minor: 57_000, currency: "ZAR".into(), grace_ends_at };
        let reminder = Reminder { project, sequence: 7, number: 2, owed };
        let text = |console| payment_due("ada@example.com".parse().unwrap(), &reminder, "Pizza", console).text;
        for part in ["\"Pizza\"", &project.to_string(), "ZAR 570.00", "28 September 2026, 14:13 UTC", "reminder 2"] {
            assert!(text(None).contains(part), "{part}: {}", text(None));
        }
        assert!(text(Some("https://paige.example/")).contains(&format!("Pay here: https://paige.example/projects/{project}/billing\n")));
        assert!(text(None).contains(&format!("POST /v1/projects/{project}/subscription/pay\n")));
    }
}
