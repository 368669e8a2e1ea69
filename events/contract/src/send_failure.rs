//! Why a message was not sent, as `message_failed` names it in its `code`.

/// Each cause with its name and its meaning, once.
macro_rules! causes {
    ($($cause:ident $name:literal $meaning:literal)+) => {
        /// A cause. What is in the log names it by [`SendFailure::name`] and is a text there: the list can grow.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum SendFailure {
            $(#[doc = $meaning] $cause,)+
        }

        impl SendFailure {
            /// Every one.
            pub const ALL: &[Self] = &[$(Self::$cause),+];

            /// The stable name, for programs.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$cause => $name,)+
                }
            }

            /// What it means, for people.
            pub fn meaning(self) -> &'static str {
                match self {
                    $(Self::$cause => $meaning,)+
                }
            }
        }
    };
}

causes! {
    Expired "expired" "its time was up, or the window had closed, before it could be sent"
    NumberChanged "number_changed" "it was asked for while another number was connected"
    NumberNotConnected "number_not_connected" "no number is connected any more that can send"
    TemplateNotFound "template_not_found" "its template is not there any more"
    TemplateNotApproved "template_not_approved" "its template is not approved any more"
    OptedOut "opted_out" "it advertises, and the contact has stopped such messages"
    FlowNotFound "flow_not_found" "its Flow is not there any more"
    FlowNotSendable "flow_not_sendable" "its Flow is in a status in which none is sent"
    FileMissing "file_missing" "a file of it is not there any more"
    CannotBeSent "cannot_be_sent" "it is nothing that can be given to Meta"
    AccessLost "access_lost" "Meta said that the token of the number works no more"
    RefusedByMeta "refused_by_meta" "Meta said no"
}
