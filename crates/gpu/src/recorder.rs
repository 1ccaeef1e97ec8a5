//! Commands, recorded one after the other and submitted in batches.
//!
//! The parameters of a dispatch lie in a slot of one uniform buffer. It is filled anew for each batch, from
//! its front: a queue runs writes and batches in order, so that no batch sees the parameters of the next.

use crate::kernel::{Groups, Params, SLOT_BYTES, SLOT_SIZE};

/// Dispatches of a batch at most. Small enough that the GPU begins early and no batch runs for long, large
/// enough that a batch costs little.
const SLOTS: usize = 256;

/// Commands that are not submitted yet.
pub(crate) struct Recorder {
    slots: wgpu::Buffer,
    group: wgpu::BindGroup,
    /// Words of the slots in use.
    words: Vec<u32>,
    used: usize,
    encoder: Option<wgpu::CommandEncoder>,
    pass: Option<wgpu::ComputePass<'static>>,
    /// Counts batches from 1, so that 0 is before all of them.
    batch: u64,
    /// Dispatches since the device was opened.
    dispatches: u64,
}

impl Recorder {
    pub(crate) fn new(device: &wgpu::Device, layout: &wgpu::BindGroupLayout) -> Self {
        let slots = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("parameters"),
            size: SLOTS as u64 * u64::from(SLOT_BYTES),
            usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        let resource = wgpu::BufferBinding { buffer: &slots, offset: 0, size: SLOT_SIZE };
        let group = device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("parameters"),
            layout,
            entries: &[wgpu::BindGroupEntry {
                binding: 0,
                resource: wgpu::BindingResource::Buffer(resource),
            }],
        });
        let words = Vec::with_capacity(SLOTS * SLOT_BYTES as usize / 4);
        Self { slots, group, words, used: 0, encoder: None, pass: None, batch: 1, dispatches: 0 }
    }

    /// The batch that is being recorded.
    pub(crate) fn batch(&self) -> u64 {
        self.batch
    }

    pub(crate) fn dispatches(&self) -> u64 {
        self.dispatches
    }

    /// Whether the next dispatch needs another batch.
    pub(crate) fn is_full(&self) -> bool {
        self.used == SLOTS
    }

    /// Records a dispatch.
    pub(crate) fn dispatch(
        &mut self,
        device: &wgpu::Device,
        pipeline: &wgpu::ComputePipeline,
        buffers: &wgpu::BindGroup,
        params: impl Params,
        Groups([x, y, z]): Groups,
    ) {
        let slot_words = SLOT_BYTES as usize / 4;
        let offset = self.used as u32 * SLOT_BYTES;
        params.put(&mut self.words);
        self.used += 1;
        self.words.resize(self.used * slot_words, 0);
        self.dispatches += 1;
        if self.pass.is_none() {
            let encoder = self.encoder.get_or_insert_with(|| new_encoder(device));
            let descriptor = wgpu::ComputePassDescriptor::default();
            self.pass = Some(encoder.begin_compute_pass(&descriptor).forget_lifetime());
        }
        if let Some(pass) = &mut self.pass {
            pass.set_pipeline(pipeline);
            pass.set_bind_group(0, &self.group, &[offset]);
            pass.set_bind_group(1, buffers, &[]);
            pass.dispatch_workgroups(x, y, z);
        }
    }

    /// Records a copy of bytes.
    pub(crate) fn copy(
        &mut self,
        device: &wgpu::Device,
        (source, from): (&wgpu::Buffer, u64),
        (target, to): (&wgpu::Buffer, u64),
        len: u64,
    ) {
        // A pass is over when it is dropped.
        self.pass = None;
        let encoder = self.encoder.get_or_insert_with(|| new_encoder(device));
        encoder.copy_buffer_to_buffer(source, from, target, to, len);
    }

    /// Submits what is recorded.
    pub(crate) fn submit(&mut self, queue: &wgpu::Queue) {
        self.pass = None;
        let Some(encoder) = self.encoder.take() else { return };
        queue.write_buffer(&self.slots, 0, bytemuck::cast_slice(&self.words));
        queue.submit([encoder.finish()]);
        self.words.clear();
        self.used = 0;
        self.batch += 1;
    }

    /// Forgets what is recorded: the device is lost.
    pub(crate) fn discard(&mut self) {
        self.pass = None;
        self.encoder = None;
        self.words.clear();
        self.used = 0;
        self.batch += 1;
    }
}

fn new_encoder(device: &wgpu::Device) -> wgpu::CommandEncoder {
    device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default())
}
