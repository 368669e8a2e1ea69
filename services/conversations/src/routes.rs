//! The HTTP routes of conversations.

use axum::extract::DefaultBodyLimit;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::send::{SEND_BYTES_MAX, to_contact, to_conversation};
use crate::{
    Conversations, change_conversation, follow_events, list_contact_conversations, list_contact_messages, list_contact_submissions,
    list_contacts, list_conversations, list_flow_submissions, list_messages, list_states, list_statuses, make_contact, mark_read,
    show_contact, show_conversation, show_message,
};

/// All routes; the frame around them (key, limits, health) is `chassis::Site`'s.
pub fn routes(conversations: Conversations) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(list_contacts::list_contacts, make_contact::make_contact))
        .routes(routes!(show_contact::show_contact))
        .routes(routes!(list_contact_conversations::list_contact_conversations))
        .routes(routes!(list_contact_messages::list_contact_messages, to_contact::send_to_contact))
        .routes(routes!(list_contact_submissions::list_contact_submissions))
        .routes(routes!(list_conversations::list_conversations))
        .routes(routes!(list_states::list_states))
        .routes(routes!(show_conversation::show_conversation, change_conversation::change_conversation))
        .routes(routes!(list_messages::list_messages, to_conversation::send_to_conversation))
        .routes(routes!(show_message::find_message))
        .routes(routes!(show_message::show_message))
        .routes(routes!(list_statuses::list_statuses))
        .routes(routes!(mark_read::mark_read))
        .routes(routes!(list_flow_submissions::list_flow_submissions))
        .routes(routes!(follow_events::follow_events))
        .layer(DefaultBodyLimit::max(SEND_BYTES_MAX))
        .with_state(conversations)
}
