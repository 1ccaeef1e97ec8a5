//! Finding a GPU and opening it.

use crate::error::{GpuError, Health};

/// What is known of a GPU.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adapter {
    /// Its name, as the driver gives it; empty in browsers that do not tell.
    pub name: String,
    /// The driver's name and version; empty in browsers.
    pub driver: String,
    /// How it is spoken to: `vulkan`, or `webgpu` in browsers.
    pub interface: String,
    /// Whether it is a program on the CPU: good for tests, never faster than the CPU backend.
    pub is_software: bool,
}

/// Which GPU is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Choice {
    /// The fastest that the system offers, software only if there is nothing else.
    #[default]
    Fastest,
    /// A software adapter.
    Software,
}

/// An open device with what was learned while opening it.
pub(crate) struct Opened {
    pub(crate) adapter: Adapter,
    pub(crate) device: wgpu::Device,
    pub(crate) queue: wgpu::Queue,
    pub(crate) health: Health,
}

/// Asks the system for a GPU and opens it.
pub(crate) async fn open(choice: Choice) -> Result<Opened, GpuError> {
    let adapter = request_adapter(choice).await?;
    let (device, queue) = request_device(&adapter).await?;
    let health = Health::default();
    watch(&device, &health);
    Ok(Opened { adapter: describe(&adapter.get_info()), device, queue, health })
}

/// The GPUs of this machine, without opening any.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) async fn adapters() -> Vec<Adapter> {
    let adapters = instance().enumerate_adapters(wgpu::Backends::all()).await;
    adapters.iter().map(|adapter| describe(&adapter.get_info())).collect()
}

fn instance() -> wgpu::Instance {
    wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle())
}

async fn request_adapter(choice: Choice) -> Result<wgpu::Adapter, GpuError> {
    let options = wgpu::RequestAdapterOptions {
        power_preference: wgpu::PowerPreference::HighPerformance,
        force_fallback_adapter: choice == Choice::Software,
        ..wgpu::RequestAdapterOptions::default()
    };
    let adapter = instance().request_adapter(&options).await;
    adapter.map_err(|error| GpuError::NoAdapter { message: error.to_string() })
}

/// A device with the limits that every WebGPU device has, except that its buffers may be as large as the
/// GPU allows.
async fn request_device(adapter: &wgpu::Adapter) -> Result<(wgpu::Device, wgpu::Queue), GpuError> {
    let offered = adapter.limits();
    let required_limits = wgpu::Limits {
        max_buffer_size: offered.max_buffer_size,
        max_storage_buffer_binding_size: offered.max_storage_buffer_binding_size,
        ..wgpu::Limits::default()
    };
    if !required_limits.check_limits(&offered) {
        return Err(GpuError::DeviceRefused { message: "it has less than WebGPU asks for".to_owned() });
    }
    let descriptor = wgpu::DeviceDescriptor {
        label: Some("rnn"),
        required_limits,
        memory_hints: wgpu::MemoryHints::Performance,
        ..wgpu::DeviceDescriptor::default()
    };
    let opened = adapter.request_device(&descriptor).await;
    opened.map_err(|error| GpuError::DeviceRefused { message: error.to_string() })
}

/// Has every error of the device noted: those of commands, and its loss.
fn watch(device: &wgpu::Device, health: &Health) {
    let commands = health.clone();
    device.on_uncaptured_error(std::sync::Arc::new(move |error: wgpu::Error| commands.report(error.into())));
    let loss = health.clone();
    device.set_device_lost_callback(move |reason, message| {
        loss.report(GpuError::Lost { message: format!("{reason:?}: {message}") });
    });
}

fn describe(info: &wgpu::AdapterInfo) -> Adapter {
    Adapter {
        name: info.name.clone(),
        driver: format!("{} {}", info.driver, info.driver_info).trim().to_owned(),
        interface: info.backend.to_string(),
        is_software: info.device_type == wgpu::DeviceType::Cpu,
    }
}
