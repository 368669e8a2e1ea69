//! What one change says. Reading never fails: what is not understood is kept raw and stays reachable.
//!
//! Every item of every list that Meta documents comes out exactly once, as what it is or among the [`Leftover`]s; every other key of
//! the value is among the others. It says nothing about what an item means to us.

mod call;
mod card;
mod context;
mod history;
mod interactive;
mod kind;
mod media;
mod message;
mod meta_error;
mod order;
mod place;
mod profile;
mod status;
mod system;
mod user_action;
mod user_id_update;
mod user_preference;
mod value;

pub use call::Call;
pub use card::{Card, CardPhone};
pub use context::{Context, Referral};
pub use history::{HistoryChunk, HistoryThread};
pub use interactive::{Interactive, NfmReply};
pub use kind::{Edit, Kind};
pub use media::Media;
pub use message::Message;
pub use meta_error::MetaError;
pub use order::{Order, OrderItem};
pub use place::Place;
pub use profile::Profile;
pub use status::{Delivery, Status};
pub use system::{System, SystemEvent};
pub use user_action::UserAction;
pub use user_id_update::UserIdUpdate;
pub use user_preference::UserPreference;
pub use value::{Leftover, Value};
