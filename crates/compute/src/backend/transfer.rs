//! Reading from a device that works behind the program, and finding out that it has failed.

use super::{At, Memory};

/// Why a device is of no use any longer, as a sentence without a full stop.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct DeviceError {
    /// What failed, in words that follow from the driver's.
    pub message: String,
}

/// Many numbers at once, fetched without waiting for them.
pub trait Transfers: Memory {
    /// Numbers on their way from the device.
    type Transfer;

    /// Asks for so many numbers of each part, as they are after all that was begun before.
    fn request_numbers(&self, parts: &[(At<&Self::Buffer>, usize)]) -> Self::Transfer;

    /// The numbers, one part after the other, once they have arrived; then never again.
    ///
    /// # Errors
    /// If the device failed before.
    fn fetch_numbers(&self, transfer: &mut Self::Transfer) -> Result<Option<Vec<Self::Elem>>, DeviceError>;

    /// Why the device is of no use any longer, if so. From then on kernels do nothing; numbers in the memory of
    /// the program cannot be lost.
    fn failure(&self) -> Option<DeviceError>;
}
