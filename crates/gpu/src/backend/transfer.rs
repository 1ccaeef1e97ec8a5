//! Reading many numbers without waiting.

use crate::gpu::Gpu;
use crate::read_ticket::ReadTicket;
use crate::{Buffer, GpuError};
use rnn_compute::backend::{At, DeviceError, Transfers};

impl From<GpuError> for DeviceError {
    fn from(error: GpuError) -> Self {
        Self { message: error.to_string().trim_end_matches('.').to_owned() }
    }
}

impl Transfers for Gpu {
    type Transfer = ReadTicket;

    fn request_numbers(&self, parts: &[(At<&Buffer>, usize)]) -> ReadTicket {
        self.request(parts)
    }

    fn fetch_numbers(&self, transfer: &mut ReadTicket) -> Result<Option<Vec<f32>>, DeviceError> {
        transfer.poll().transpose().map_err(DeviceError::from)
    }

    fn failure(&self) -> Option<DeviceError> {
        self.error().map(DeviceError::from)
    }
}
