//! The phones: who there is, and changing what Meta knows of a person.

use axum::extract::State;
use chassis::{Json, Path};
use serde::Serialize;
use utoipa::ToSchema;
use whatsapp::{PhoneNumberId, WaId};

use crate::person::{Change, Person};
use crate::{Refused, Simulator};

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Phones {
    data: Vec<Person>,
}

/// A person and the business numbers they have chats with.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Phone {
    #[serde(flatten)]
    person: Person,
    #[schema(value_type = Vec<String>)]
    chats: Vec<PhoneNumberId>,
}

/// All phones.
#[utoipa::path(get, path = "/sim/api/phones", tag = "simulator", responses((status = 200, body = Phones)))]
pub(crate) async fn list(State(simulator): State<Simulator>) -> Json<Phones> {
    Json(Phones { data: simulator.world().people.values().cloned().collect() })
}

/// One phone.
#[utoipa::path(get, path = "/sim/api/phones/{wa_id}", tag = "simulator", params(("wa_id" = String, Path)), responses((status = 200, body = Phone)))]
pub(crate) async fn show(State(simulator): State<Simulator>, Path(wa_id): Path<WaId>) -> Result<Json<Phone>, Refused> {
    let mut world = simulator.world();
    let person = world.known_person(&wa_id)?.clone();
    let chats = world.chats.keys().filter(|(chatter, _)| *chatter == wa_id).map(|(_, number)| number.clone()).collect();
    Ok(Json(Phone { person, chats }))
}

/// Makes a phone, or changes its person's name, username and privacy.
#[utoipa::path(put, path = "/sim/api/phones/{wa_id}", tag = "simulator", params(("wa_id" = String, Path)), request_body = Change, responses((status = 200, body = Person)))]
pub(crate) async fn change(
    State(simulator): State<Simulator>,
    Path(wa_id): Path<WaId>,
    Json(change): Json<Change>,
) -> Result<Json<Person>, Refused> {
    let person = simulator.change(|world, _| {
        let person = world.person(&wa_id)?;
        person.change(change)?;
        Ok::<_, Refused>(person.clone())
    })?;
    Ok(Json(person))
}
