//! A business number, as webhooks name it.

use serde::Serialize;
use utoipa::ToSchema;
use whatsapp::{PhoneNumberId, WabaId};

use crate::made_up::display_number;

/// The account of numbers that nobody described.
const WABA_DEFAULT: &str = "104857392016384";

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Number {
    #[schema(value_type = String, example = "207358419203847")]
    pub phone_number_id: PhoneNumberId,
    /// The WhatsApp Business Account it belongs to.
    #[schema(value_type = String, example = "104857392016384")]
    pub waba_id: WabaId,
    /// What people dial, digits only.
    #[schema(example = "15550100234")]
    pub display_phone_number: String,
}

impl Number {
    pub(crate) fn new(phone_number_id: PhoneNumberId) -> Self {
        let display_phone_number = display_number(&phone_number_id);
        let waba_id = WabaId::parse(WABA_DEFAULT).expect("digits");
        Self { phone_number_id, waba_id, display_phone_number }
    }
}
