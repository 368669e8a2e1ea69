//! What is written to people.

use chassis::Secret;

use crate::email::Email;
use crate::mail::Mail;

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
        "You are invited to the workspace \"{workspace}\" on Paige.\n\n{way}\n\nThis works for seven days. After that, sign in with this \
         address and accept the invitation from your list. If you do not know who invites you, do nothing.\n"
    );
    Mail { to, subject: "You are invited to a workspace on Paige".to_owned(), text }
}
