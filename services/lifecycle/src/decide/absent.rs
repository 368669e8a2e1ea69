//! What is asked of a project that is not there.

use super::{Command, Fact, Refusal, State};

/// Nothing happens to a project that is not there. What others report late about one that was erased is no reason to look.
pub(super) fn absent(state: &State, command: &Command) -> Result<Vec<Fact>, Refusal> {
    match command {
        Command::StepDone { .. }
        | Command::StepFailed { .. }
        | Command::GivenBack { .. }
        | Command::Entitle { .. }
        | Command::NumberRead { .. }
        | Command::DescribeNumber(_)
        | Command::DecideDisplayName(_)
        | Command::GiveUpDisplayName
        | Command::ReturnTransfer { .. }
        | Command::Due { .. }
            if state.erased =>
        {
            Ok(Vec::new())
        }
        Command::Create { .. }
        | Command::Update(_)
        | Command::ConnectNumber(_)
        | Command::DisconnectNumber { .. }
        | Command::OfferNumber { .. }
        | Command::NumberRead { .. }
        | Command::DescribeNumber(_)
        | Command::ChangeProfile { .. }
        | Command::RequestDisplayName { .. }
        | Command::DecideDisplayName(_)
        | Command::GiveUpDisplayName
        | Command::Reset { .. }
        | Command::Delete { .. }
        | Command::Retry
        | Command::StepDone { .. }
        | Command::StepFailed { .. }
        | Command::GivenBack { .. }
        | Command::Entitle { .. }
        | Command::RequestTransfer { .. }
        | Command::AcceptTransfer { .. }
        | Command::ReturnTransfer { .. }
        | Command::DeclineTransfer { .. }
        | Command::WithdrawTransfer
        | Command::Due { .. } => Err(Refusal::NoProject),
    }
}
