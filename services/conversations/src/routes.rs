//! The HTTP routes of conversations.

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::{
    Conversations, follow_events, list_contact_conversations, list_contact_messages, list_contacts, list_conversations, list_messages,
    list_states, list_statuses, show_contact, show_conversation, show_message,
};

/// All routes; the frame around them (key, limits, health) is `chassis::Site`'s.
pub fn routes(conversations: Conversations) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(list_contacts::list_contacts))
        .routes(routes!(show_contact::show_contact))
        .routes(routes!(list_contact_conversations::list_contact_conversations))
        .routes(routes!(list_contact_messages::list_contact_messages))
        .routes(routes!(list_conversations::list_conversations))
        .routes(routes!(list_states::list_states))
        .routes(routes!(show_conversation::show_conversation))
        .routes(routes!(list_messages::list_messages))
        .routes(routes!(show_message::find_message))
        .routes(routes!(show_message::show_message))
        .routes(routes!(list_statuses::list_statuses))
        .routes(routes!(follow_events::follow_events))
        .with_state(conversations)
}
