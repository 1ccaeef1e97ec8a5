//! Compiled kernels, and the groups of buffers that they are given. Each is made when it is first needed and
//! kept: in a training step all of them are there already.

use crate::buffer::{BufferId, Graveyard, Words};
use crate::kernel::{Access, Declaration, MAX_BUFFERS, SLOT_SIZE};
use rustc_hash::{FxHashMap, FxHashSet};

/// What kernels with the same kinds of buffers share.
struct Layout {
    buffers: wgpu::BindGroupLayout,
    pipeline: wgpu::PipelineLayout,
}

/// A kind of layout: how many buffers, and a bit for each that is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct LayoutKey {
    count: u8,
    written: u8,
}

impl LayoutKey {
    fn new(access: &[Access]) -> Self {
        let bit = |(n, &access): (usize, &Access)| u8::from(access == Access::Write) << n;
        Self { count: access.len() as u8, written: access.iter().enumerate().map(bit).sum() }
    }
}

/// The buffers of a bind group, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct GroupKey {
    layout: LayoutKey,
    buffers: [BufferId; MAX_BUFFERS],
}

/// All that is compiled and bound.
pub(crate) struct Pipelines {
    parameters: wgpu::BindGroupLayout,
    layouts: FxHashMap<LayoutKey, Layout>,
    pipelines: FxHashMap<&'static str, wgpu::ComputePipeline>,
    groups: FxHashMap<GroupKey, wgpu::BindGroup>,
    graveyard: Graveyard,
}

impl Pipelines {
    pub(crate) fn new(parameters: wgpu::BindGroupLayout, graveyard: Graveyard) -> Self {
        Self {
            parameters,
            layouts: FxHashMap::default(),
            pipelines: FxHashMap::default(),
            groups: FxHashMap::default(),
            graveyard,
        }
    }

    /// The layout of the bind group that holds the parameters of a dispatch.
    pub(crate) fn parameters_layout(device: &wgpu::Device) -> wgpu::BindGroupLayout {
        let parameters = wgpu::BufferBindingType::Uniform;
        let entry = entry(0, parameters, true);
        device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label: None, entries: &[entry] })
    }

    /// A compiled kernel, and whether it was compiled before.
    pub(crate) fn is_compiled(&self, name: &str) -> bool {
        self.pipelines.contains_key(name)
    }

    /// Compiles a kernel, unless that is done.
    pub(crate) fn pipeline(&mut self, device: &wgpu::Device, kernel: Declaration) -> &wgpu::ComputePipeline {
        let layout = layout(&mut self.layouts, device, &self.parameters, kernel.access);
        self.pipelines.entry(kernel.name).or_insert_with(|| {
            let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
                label: Some(kernel.name),
                source: wgpu::ShaderSource::Wgsl(kernel.source.into()),
            });
            device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
                label: Some(kernel.name),
                layout: Some(&layout.pipeline),
                module: &module,
                entry_point: Some("main"),
                // Every kernel writes its workgroup memory before it reads it.
                compilation_options: wgpu::PipelineCompilationOptions {
                    zero_initialize_workgroup_memory: false,
                    ..wgpu::PipelineCompilationOptions::default()
                },
                cache: None,
            })
        })
    }

    /// Buffers bound for a kernel.
    pub(crate) fn group(
        &mut self,
        device: &wgpu::Device,
        access: &[Access],
        buffers: &[&Words],
    ) -> &wgpu::BindGroup {
        self.forget_dead();
        let mut key = GroupKey { layout: LayoutKey::new(access), buffers: [0; MAX_BUFFERS] };
        for (id, buffer) in key.buffers.iter_mut().zip(buffers) {
            *id = buffer.id;
        }
        let layout = layout(&mut self.layouts, device, &self.parameters, access);
        self.groups.entry(key).or_insert_with(|| {
            let numbered = (0..).zip(buffers);
            let entries: Vec<_> = numbered
                .map(|(binding, buffer)| {
                    let resource = buffer.raw.as_entire_binding();
                    wgpu::BindGroupEntry { binding, resource }
                })
                .collect();
            let layout = &layout.buffers;
            device.create_bind_group(&wgpu::BindGroupDescriptor { label: None, layout, entries: &entries })
        })
    }

    /// Forgets what holds on to buffers that are gone, so that their memory is free.
    pub(crate) fn forget_dead(&mut self) {
        let dead = self.graveyard.take();
        if dead.is_empty() {
            return;
        }
        let dead: FxHashSet<BufferId> = dead.into_iter().collect();
        self.groups.retain(|key, _| !key.buffers.iter().any(|id| dead.contains(id)));
    }
}

/// The layout for these kinds of buffers, made if it is not there.
fn layout<'a>(
    layouts: &'a mut FxHashMap<LayoutKey, Layout>,
    device: &wgpu::Device,
    parameters: &wgpu::BindGroupLayout,
    access: &[Access],
) -> &'a Layout {
    layouts.entry(LayoutKey::new(access)).or_insert_with(|| {
        let storage = |access: Access| wgpu::BufferBindingType::Storage { read_only: access == Access::Read };
        let entries: Vec<_> =
            access.iter().enumerate().map(|(n, &access)| entry(n as u32, storage(access), false)).collect();
        let buffers = device
            .create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label: None, entries: &entries });
        let pipeline = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: None,
            bind_group_layouts: &[Some(parameters), Some(&buffers)],
            immediate_size: 0,
        });
        Layout { buffers, pipeline }
    })
}

fn entry(binding: u32, ty: wgpu::BufferBindingType, is_slot: bool) -> wgpu::BindGroupLayoutEntry {
    wgpu::BindGroupLayoutEntry {
        binding,
        visibility: wgpu::ShaderStages::COMPUTE,
        ty: wgpu::BindingType::Buffer {
            ty,
            has_dynamic_offset: is_slot,
            min_binding_size: if is_slot { SLOT_SIZE } else { None },
        },
        count: None,
    }
}
