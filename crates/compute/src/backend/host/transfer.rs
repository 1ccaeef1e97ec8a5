//! Numbers in the memory of the program are there at once.

use super::Host;
use crate::backend::{At, DeviceError, Transfers};

impl<H: Host> Transfers for H {
    type Transfer = Option<Vec<Self::Elem>>;

    fn request_numbers(&self, parts: &[(At<&Vec<Self::Elem>>, usize)]) -> Self::Transfer {
        let part =
            |(At(numbers, start), len): &(At<&Vec<Self::Elem>>, usize)| numbers[*start..][..*len].to_vec();
        Some(parts.iter().flat_map(part).collect())
    }

    fn fetch_numbers(&self, transfer: &mut Self::Transfer) -> Result<Option<Vec<Self::Elem>>, DeviceError> {
        Ok(transfer.take())
    }

    fn failure(&self) -> Option<DeviceError> {
        None
    }
}
