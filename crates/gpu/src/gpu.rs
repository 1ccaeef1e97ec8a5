//! The backend itself: an open device, its commands, its memory.

use crate::buffer::{BufferId, Graveyard, VECTOR, Words};
use crate::device::{Adapter, Choice, Opened, open};
use crate::error::{GpuError, Health};
use crate::faults::{Fault, Faults};
use crate::kernel::{Groups, Kernel, Params};
use crate::pipelines::Pipelines;
use crate::read_ticket::{ReadTicket, Staging};
use crate::recorder::Recorder;
use crate::tables::Tables;
use crate::walks::Walks;
use crate::{Buffer, backend};
use rnn_compute::backend::At;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::{Arc, OnceLock};

/// A backend whose numbers lie on a GPU. Clones share the device.
#[derive(Clone)]
pub struct Gpu(Rc<Inner>);

struct Inner {
    adapter: Adapter,
    device: wgpu::Device,
    queue: wgpu::Queue,
    health: Health,
    faults: Faults,
    recorder: RefCell<Recorder>,
    pipelines: RefCell<Pipelines>,
    staging: Staging,
    scratch: RefCell<Option<Rc<Words>>>,
    tables: RefCell<Tables>,
    graveyard: Graveyard,
    last_id: Cell<BufferId>,
    /// Called when numbers have arrived.
    #[cfg(target_arch = "wasm32")]
    wake: RefCell<Option<Rc<dyn Fn()>>>,
    walks: Cell<Walks>,
}

impl Gpu {
    /// Opens a GPU.
    ///
    /// # Errors
    /// If there is none, or it gives no device.
    pub async fn open(choice: Choice) -> Result<Self, GpuError> {
        let Opened { adapter, device, queue, health } = open(choice).await?;
        let graveyard = Graveyard::default();
        let layout = Pipelines::parameters_layout(&device);
        let recorder = Recorder::new(&device, &layout);
        Ok(Self(Rc::new(Inner {
            adapter,
            device,
            queue,
            health,
            faults: Faults::default(),
            recorder: RefCell::new(recorder),
            pipelines: RefCell::new(Pipelines::new(layout, graveyard.clone())),
            staging: Staging::default(),
            scratch: RefCell::new(None),
            tables: RefCell::new(Tables::default()),
            graveyard,
            last_id: Cell::new(0),
            #[cfg(target_arch = "wasm32")]
            wake: RefCell::new(None),
            walks: Cell::new(Walks::default()),
        })))
    }

    /// Opens a GPU, waiting for it.
    ///
    /// # Errors
    /// If there is none, or it gives no device.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn open_blocking(choice: Choice) -> Result<Self, GpuError> {
        crate::blocking::wait_for(Self::open(choice))
    }

    /// Has `wake` called whenever numbers have arrived, or will not come.
    #[cfg(target_arch = "wasm32")]
    pub fn on_arrival(&self, wake: Rc<dyn Fn()>) {
        *self.0.wake.borrow_mut() = Some(wake);
    }

    /// What is known of the GPU.
    #[must_use]
    pub fn adapter(&self) -> &Adapter {
        &self.0.adapter
    }

    /// Why the GPU is of no use any longer, if so. From then on kernels do nothing and reads give NaN.
    #[must_use]
    pub fn error(&self) -> Option<GpuError> {
        self.0.health.error().cloned()
    }

    /// Dispatches so far, of this device.
    #[must_use]
    pub fn dispatches(&self) -> u64 {
        self.0.recorder.borrow().dispatches()
    }

    /// The kernels that have not been needed so far, by the names of their files.
    #[must_use]
    pub fn unused_kernels(&self) -> Vec<&'static str> {
        let pipelines = self.0.pipelines.borrow();
        backend::declarations()
            .map(|kernel| kernel.name)
            .filter(|name| !pipelines.is_compiled(name))
            .collect()
    }

    /// Has the tapes that are allocated from now on take their steps through time in this way.
    pub fn choose_walks(&self, walks: Walks) {
        self.0.walks.set(walks);
    }

    pub(crate) fn walks(&self) -> Walks {
        self.0.walks.get()
    }

    /// Compiles every kernel that is not compiled yet, so that a driver that does not take one says so now.
    ///
    /// # Errors
    /// If it does not.
    pub async fn compile(&self) -> Result<(), GpuError> {
        let internal = self.0.device.push_error_scope(wgpu::ErrorFilter::Internal);
        let validation = self.0.device.push_error_scope(wgpu::ErrorFilter::Validation);
        for kernel in backend::declarations() {
            self.0.pipelines.borrow_mut().pipeline(&self.0.device, kernel);
        }
        let errors = [validation.pop().await, internal.pop().await];
        for error in errors.into_iter().flatten() {
            self.0.health.report(error.into());
        }
        self.error().map_or(Ok(()), Err)
    }

    /// Sends what is recorded to the GPU. Reads do so by themselves.
    pub fn flush(&self) {
        let mut recorder = self.0.recorder.borrow_mut();
        if self.is_sound() {
            recorder.submit(&self.0.queue);
        } else {
            recorder.discard();
        }
    }

    /// Asks for numbers of buffers, `len` each, which arrive one after the other.
    pub fn request(&self, parts: &[(At<&Buffer>, usize)]) -> ReadTicket {
        let parts: Vec<_> = parts.iter().map(|(At(buffer, start), len)| (&buffer.0, *start, *len)).collect();
        self.request_words(&parts)
    }

    /// Has a failure happen after so many of its occasions.
    pub fn inject(&self, fault: Fault, occasions_before: u64) {
        self.0.faults.plan(fault, occasions_before);
    }

    pub(crate) fn is_sound(&self) -> bool {
        self.0.health.is_sound()
    }

    /// Memory for `len` words, all 0.
    pub(crate) fn allocate(&self, len: usize) -> Words {
        self.0.pipelines.borrow_mut().forget_dead();
        let bytes = (len.max(1).next_multiple_of(VECTOR) as u64).saturating_mul(4);
        let limits = self.0.device.limits();
        let limit = limits.max_storage_buffer_binding_size.min(limits.max_buffer_size);
        let mut size = bytes;
        if bytes > limit {
            self.0.health.report(GpuError::TooLarge { expected: limit, found: bytes });
            size = 4 * VECTOR as u64;
        }
        if self.0.faults.strikes(Fault::OutOfMemory) {
            self.0.health.report(GpuError::OutOfMemory { message: "asked for by a test".to_owned() });
        }
        let raw = self.0.device.create_buffer(&wgpu::BufferDescriptor {
            label: None,
            size,
            usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        self.0.last_id.set(self.0.last_id.get() + 1);
        Words::new(self.0.last_id.get(), len, raw, self.0.graveyard.clone())
    }

    /// Room for `len` words that a kernel leaves for the one right behind it. What is in it is anyone's.
    pub(crate) fn scratch(&self, len: usize) -> Rc<Words> {
        let mut scratch = self.0.scratch.borrow_mut();
        match &*scratch {
            Some(words) if words.len >= len => Rc::clone(words),
            _ => {
                let words = Rc::new(self.allocate(len.next_power_of_two()));
                *scratch = Some(Rc::clone(&words));
                words
            }
        }
    }

    /// A table of indices that the caller holds, on the device.
    pub(crate) fn table(&self, content: impl Iterator<Item = u32>) -> Rc<Words> {
        self.0.tables.borrow_mut().get(content, |content, spare| {
            let words = spare.unwrap_or_else(|| Rc::new(self.allocate(content.len())));
            self.write_words(&words, 0, bytemuck::cast_slice(content));
            words
        })
    }

    /// Copies words to the device.
    pub(crate) fn write_words(&self, target: &Words, start: usize, words: &[u8]) {
        target.start(start, words.len() / 4);
        if words.is_empty() || !self.is_sound() {
            return;
        }
        // Writes overtake what is recorded and not submitted.
        if target.last_batch.get() == self.0.recorder.borrow().batch() {
            self.flush();
        }
        self.0.queue.write_buffer(&target.raw, start as u64 * 4, words);
    }

    /// Runs a kernel over buffers.
    pub(crate) fn run<P: Params, const N: usize>(
        &self,
        kernel: &'static Kernel<P, N>,
        params: P,
        buffers: [&Words; N],
        groups: Groups,
    ) {
        if groups.is_empty() || !self.is_sound() {
            return;
        }
        let Inner { device, faults, health, .. } = &*self.0;
        if faults.strikes(Fault::LostDevice) {
            device.destroy();
            // Callbacks may come late.
            health.report(GpuError::Lost { message: "destroyed by a test".to_owned() });
            return;
        }
        let mut pipelines = self.0.pipelines.borrow_mut();
        if !pipelines.is_compiled(kernel.name) && faults.strikes(Fault::RejectedShader) {
            health.report(GpuError::Rejected { message: format!("{}: asked for by a test", kernel.name) });
            return;
        }
        if self.0.recorder.borrow().is_full() {
            self.flush();
        }
        let pipeline = pipelines.pipeline(device, kernel.declaration()).clone();
        let group = pipelines.group(device, &kernel.access, &buffers);
        let mut recorder = self.0.recorder.borrow_mut();
        recorder.dispatch(device, &pipeline, group, params, groups);
        for buffer in buffers {
            buffer.last_batch.set(recorder.batch());
        }
    }

    /// The numbers of a read, waiting for them; none if the device failed, or in a browser, where nobody may
    /// wait.
    pub(crate) fn read_now(&self, ticket: ReadTicket) -> Option<Vec<f32>> {
        #[cfg(not(target_arch = "wasm32"))]
        let numbers = ticket.wait().ok();
        #[cfg(target_arch = "wasm32")]
        let numbers = {
            drop(ticket);
            None
        };
        numbers
    }

    /// Asks for words of buffers.
    pub(crate) fn request_words(&self, parts: &[(&Words, usize, usize)]) -> ReadTicket {
        let Inner { device, faults, health, staging, .. } = &*self.0;
        let len: usize = parts.iter().map(|(_, _, len)| len).sum();
        let mapped = Arc::new(OnceLock::new());
        let mut ticket = ReadTicket {
            device: device.clone(),
            health: health.clone(),
            staging: staging.clone(),
            buffer: None,
            mapped: Arc::clone(&mapped),
        };
        if faults.strikes(Fault::FailedRead) {
            health.report(GpuError::ReadFailed { message: "asked for by a test".to_owned() });
        }
        let buffer = staging.take(device, (len.max(1) * 4) as u64);
        if self.is_sound() {
            let mut to = 0;
            for &(words, start, len) in parts.iter().filter(|(_, _, len)| *len > 0) {
                let from = u64::from(words.start(start, len)) * 4;
                let bytes = len as u64 * 4;
                self.0.recorder.borrow_mut().copy(device, (&words.raw, from), (&buffer, to), bytes);
                to += bytes;
            }
            self.flush();
            #[cfg(target_arch = "wasm32")]
            let wake = self.0.wake.borrow().clone();
            buffer.map_async(wgpu::MapMode::Read, .., move |outcome| {
                let outcome = outcome.map_err(|error| GpuError::ReadFailed { message: error.to_string() });
                mapped.get_or_init(|| outcome);
                #[cfg(target_arch = "wasm32")]
                if let Some(wake) = wake {
                    wake();
                }
            });
        }
        ticket.buffer = Some((buffer, len));
        ticket
    }
}
