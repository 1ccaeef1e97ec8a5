//! Numbers on their way back from the device.

use crate::error::{GpuError, Health};
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::{Arc, OnceLock};

/// Buffers that the program can read, kept for the next read of their size.
#[derive(Debug, Clone, Default)]
pub(crate) struct Staging(Rc<RefCell<Vec<wgpu::Buffer>>>);

impl Staging {
    /// A buffer of at least `bytes`.
    pub(crate) fn take(&self, device: &wgpu::Device, bytes: u64) -> wgpu::Buffer {
        let mut free = self.0.borrow_mut();
        // One that is much too large is for larger reads.
        let fits = |buffer: &wgpu::Buffer| (bytes..=bytes.saturating_mul(2)).contains(&buffer.size());
        if let Some(place) = free.iter().position(fits) {
            return free.swap_remove(place);
        }
        device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("staging"),
            size: bytes.next_power_of_two(),
            usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        })
    }

    fn give_back(&self, buffer: wgpu::Buffer) {
        /// Reads that are in flight at a time, about.
        const KEPT: usize = 8;
        let mut free = self.0.borrow_mut();
        if free.len() == KEPT {
            free.remove(0);
        }
        free.push(buffer);
    }
}

/// Numbers that were asked for and are not there yet.
///
/// In a browser they arrive only after the caller has gone back to the event loop: ask, return, and
/// [`ReadTicket::poll`] in a later turn.
#[must_use = "a read is of no use unless it is polled"]
#[derive(Debug)]
pub struct ReadTicket {
    pub(crate) device: wgpu::Device,
    pub(crate) health: Health,
    pub(crate) staging: Staging,
    /// What is mapped, with the number of words that were asked for; none once it has been handed out.
    pub(crate) buffer: Option<(wgpu::Buffer, usize)>,
    pub(crate) mapped: Arc<OnceLock<Result<(), GpuError>>>,
}

impl ReadTicket {
    /// The numbers, once they are there; then never again.
    ///
    /// # Errors
    /// If the device failed before they were there.
    pub fn poll(&mut self) -> Option<Result<Vec<f32>, GpuError>> {
        // Natively callbacks are called from here; browsers call them by themselves.
        if let Err(error) = self.device.poll(wgpu::PollType::Poll) {
            self.health.report(GpuError::ReadFailed { message: error.to_string() });
        }
        self.take_if_there()
    }

    /// Waits for the numbers.
    ///
    /// # Errors
    /// If the device failed before they were there.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn wait(mut self) -> Result<Vec<f32>, GpuError> {
        loop {
            if let Some(numbers) = self.take_if_there() {
                return numbers;
            }
            if let Err(error) = self.device.poll(wgpu::PollType::wait_indefinitely()) {
                let failure = GpuError::ReadFailed { message: error.to_string() };
                self.health.report(failure.clone());
                return Err(failure);
            }
        }
    }

    fn take_if_there(&mut self) -> Option<Result<Vec<f32>, GpuError>> {
        // A device that is gone may never call back.
        let failure = self.health.error().cloned().map(Err);
        let outcome = failure.or_else(|| self.mapped.get().cloned())?;
        let (buffer, len) = self.buffer.take()?;
        let numbers = outcome.and_then(|()| self.copy(&buffer, len));
        match &numbers {
            Ok(_) => self.staging.give_back(buffer),
            Err(error) => self.health.report(error.clone()),
        }
        Some(numbers)
    }

    fn copy(&self, buffer: &wgpu::Buffer, len: usize) -> Result<Vec<f32>, GpuError> {
        let view = buffer
            .slice(..len as u64 * 4)
            .get_mapped_range()
            .map_err(|error| GpuError::ReadFailed { message: error.to_string() })?;
        let numbers = bytemuck::pod_collect_to_vec(&view);
        drop(view);
        buffer.unmap();
        Ok(numbers)
    }
}
