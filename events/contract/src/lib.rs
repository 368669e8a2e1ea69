//! What is said in the log: ids, subjects, the envelope, and every event type with its versions.
//!
//! Pure by rule: no I/O crate may appear here, so that anything (a service, the replay tool, a test, a fuzzer) can
//! decode any event ever published. How events are stored is `journal`'s business, what is built from them
//! `projections`'. The published form of this crate is `schemas/`.

mod billing;
mod bot;
mod called;
mod contact;
mod conversation;
mod currency;
mod database;
mod derive;
mod envelope;
mod event;
mod flow;
mod flow_token;
mod id;
mod identity;
mod media;
mod message;
mod number;
mod operation;
mod parked;
mod project;
mod raw_json;
mod send_failure;
mod sending;
mod stream;
mod subject;
mod template;
mod upcast;
mod usage;
mod webhook;
mod workspace;

pub use billing::{
    BillingEvent, CancellationScheduled, CreditsAdded, CreditsUsed, CycleExtended, CycleStarted, Entitlement, EntitlementChanged, Owed,
    PauseScheduled, PaymentFailed, PaymentMismatched, PaymentPurpose, PaymentRequested, PaymentSucceeded, ReminderDue, ScheduleWithdrawn,
    SubscriptionCancelled, SubscriptionClosed, SubscriptionExpired, SubscriptionPastDue, SubscriptionPaused, TrialStarted,
};
pub use bot::{BotEvent, CodeCommitted, CodeErased, CodeInitialised, CodeReset};
pub use called::{CalledAtMeta, flow_name_at_meta};
pub use contact::{
    ContactAbsorbed, ContactFirstSeen, ContactIdentityLinked, ContactIdentityReplaced, ContactIdentityUnlinked, ContactMerged,
    ContactPreferenceChanged, ContactProfile, ContactProfileChanged, UnlinkReason,
};
pub use conversation::{
    CloseReason, ConversationClosed, ConversationEvent, ConversationOpened, ConversationReopened, ConversationStateChanged, FlowSubmitted,
    MessageStatusReported, UnassignedItemReceived,
};
pub use currency::{minor_digits, written_sum};
pub use database::{
    DatabaseDropped, DatabaseEvent, DatabaseFailed, DatabasePasswordRotated, DatabaseReady, DatabaseStep, DatabaseStepCompleted,
};
pub use envelope::{Context, EnvelopeError, EventType, NewEvent, Recorded, SYSTEM_ACTOR};
pub use event::{DecodeError, Event, UnreadableEvent};
pub use flow::{
    DriftChoice, FlowCreated, FlowDeleted, FlowDetails, FlowDriftFound, FlowDriftResolved, FlowEvent, FlowHealthReported, FlowLinked,
    FlowNameTaken, FlowPublished, FlowRevised, FlowSpaceCreated, FlowSpaceErased, FlowStatusReported, FlowSyncFailed, FlowUpdated,
    FlowUploaded, HeardFrom, UNKNOWN_REVISION,
};
pub use flow_token::{FlowToken, FlowTokenError};
pub use id::{
    ContactId, ConversationId, EventId, FlowId, IdError, InviteId, KeyId, MediaId, MessageId, OperationId, PaymentId, ProjectId, SessionId,
    TemplateId, TransferId, UserId, WorkspaceId,
};
pub use identity::{Identity, IdentityKind};
pub use media::{MediaDeleted, MediaErased, MediaEvent, MediaFailed, MediaStored, MediaUploaded};
pub use message::{Direction, Message, MessageEchoed, MessageImported, MessageReceived};
pub use number::{
    BusinessProfileChanged, DisplayNameDecided, DisplayNameRequested, NumberClaimed, NumberConnected, NumberDescribed, NumberDisconnected,
    NumberOffered, NumberReleased,
};
pub use operation::{
    LeftAtMeta, OperationCompleted, OperationFailed, OperationKind, OperationRetried, OperationStarted, OperationStepCompleted,
};
pub use parked::{EventSkipped, HoldKind, KeyHeld, KeyReleased, ParkedEvent, RetryRequested};
pub use project::{
    DataKeyCreated, ProjectCreated, ProjectErased, ProjectEvent, ProjectFailed, ProjectReady, ProjectRestored, ProjectSuspended,
    ProjectTransferred, ProjectUpdated, SendingPolicySet, TransferEnded, TransferOutcome, TransferRequested, UnknownOutcome, Whose,
};
pub use raw_json::RawJson;
pub use send_failure::SendFailure;
pub use sending::{
    Address, FileUse, FlowUse, MessageAbandoned, MessageAccepted, MessageFailed, MessageRequested, ReadRequested, ReadSettled,
    SendDeferred, SendOutcomeUnknown, SendStarted, TemplateUse,
};
pub use stream::Stream;
pub use subject::{Subject, SubjectError};
pub use template::{
    TemplateCategoryReported, TemplateComponentsReported, TemplateDeleteRequested, TemplateDeleted, TemplateEditRequested, TemplateEdited,
    TemplateEvent, TemplateFound, TemplateQualityReported, TemplateRefused, TemplateRequested, TemplateStatusReported, TemplateSubmitted,
    TemplatesErased,
};
pub use upcast::superseded;
pub use usage::{AiUsageReported, UsageEvent};
pub use webhook::{BODY_UNREADABLE, CHANGE_RECEIVED, ENTRY_TIME, PAYMENT_REPORTED, WABA_ID};
pub use workspace::{
    InviteAccepted, InviteCancelled, InviteRenewed, KeyExpirySet, KeyHolder, KeyIssued, KeyRevoked, KeyUsed, MemberInvited,
    MemberPermissionsChanged, MemberRemoved, MemberRoleChanged, OwnershipTransferred, Role, SessionEnded, SessionStarted, SignInCodeIssued,
    SignInFailed, UserRegistered, WorkspaceCreated, WorkspaceDeleted, WorkspaceEvent, WorkspaceKind, WorkspaceRenamed,
};
