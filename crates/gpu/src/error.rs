//! What can go wrong on a GPU.

use std::sync::{Arc, OnceLock};

/// Why a GPU cannot be used, or cannot be used any longer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GpuError {
    /// There is none, or none that may be used.
    #[error("no GPU was found: {message}")]
    NoAdapter {
        /// In the driver's words.
        message: String,
    },
    /// There is one, but it gives no device.
    #[error("the GPU refused to be used: {message}")]
    DeviceRefused {
        /// In the driver's words.
        message: String,
    },
    /// It was there, and is gone: unplugged, reset by the driver, or taken away by the browser.
    #[error("the GPU was lost: {message}")]
    Lost {
        /// In the driver's words.
        message: String,
    },
    /// Its memory is full.
    #[error("the GPU is out of memory: {message}")]
    OutOfMemory {
        /// In the driver's words.
        message: String,
    },
    /// A buffer is larger than the device allows any to be.
    #[error("a buffer of {found} bytes was asked for, but this GPU allows at most {expected}")]
    TooLarge {
        /// The device's limit in bytes.
        expected: u64,
        /// Bytes that were asked for.
        found: u64,
    },
    /// It refused a shader or a command, although all of them are valid.
    #[error("the GPU refused a command: {message}")]
    Rejected {
        /// In the driver's words.
        message: String,
    },
    /// Numbers could not be copied back.
    #[error("numbers could not be read back from the GPU: {message}")]
    ReadFailed {
        /// In the driver's words.
        message: String,
    },
}

impl From<wgpu::Error> for GpuError {
    fn from(error: wgpu::Error) -> Self {
        match error {
            wgpu::Error::OutOfMemory { source } => Self::OutOfMemory { message: source.to_string() },
            other => Self::Rejected { message: other.to_string() },
        }
    }
}

/// The first error of a device, shared with the callbacks that hear of it. Once there is one, nothing more
/// is sent to the device.
#[derive(Debug, Clone, Default)]
pub(crate) struct Health(Arc<OnceLock<GpuError>>);

impl Health {
    /// Notes an error, if it is the first: those behind it follow from it.
    pub(crate) fn report(&self, error: GpuError) {
        self.0.get_or_init(|| error);
    }

    pub(crate) fn error(&self) -> Option<&GpuError> {
        self.0.get()
    }

    pub(crate) fn is_sound(&self) -> bool {
        self.0.get().is_none()
    }
}
