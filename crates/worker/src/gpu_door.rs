//! Opens the GPU when the session wants one.

use crate::turn::Turns;
use rnn_labs::Session;
use std::cell::RefCell;
use std::rc::Rc;

/// The way to the GPU. Of this module's two kinds one is built with what it takes, the other without.
pub(crate) struct GpuDoor {
    session: Rc<RefCell<Session>>,
    turns: Rc<Turns>,
    #[cfg(feature = "gpu")]
    is_opening: std::cell::Cell<bool>,
}

impl GpuDoor {
    pub(crate) fn new(session: Rc<RefCell<Session>>, turns: Rc<Turns>) -> Rc<Self> {
        Rc::new(Self {
            session,
            turns,
            #[cfg(feature = "gpu")]
            is_opening: std::cell::Cell::new(false),
        })
    }

    /// Opens a GPU if the session wants one and none is being opened; tells the session what came of it.
    pub(crate) fn open_if_wanted(self: &Rc<Self>) {
        if self.session.borrow().wants_device() {
            self.open();
        }
    }

    #[cfg(not(feature = "gpu"))]
    fn open(&self) {
        let navigator = crate::wire::part(&js_sys::global(), "navigator");
        // Where there is WebGPU this module runs only because the one that knows it did not start.
        let message = if crate::wire::part(&navigator, "gpu").is_undefined() {
            "this browser offers no WebGPU"
        } else {
            "the playground’s own code for the GPU could not be loaded; reloading the page tries again"
        };
        self.session.borrow_mut().miss_device(message.to_owned());
        self.turns.request();
    }

    #[cfg(feature = "gpu")]
    fn open(self: &Rc<Self>) {
        if self.is_opening.replace(true) {
            return;
        }
        let door = Rc::clone(self);
        wasm_bindgen_futures::spawn_local(async move {
            let opened = door.try_to_open().await;
            door.is_opening.set(false);
            match opened {
                Ok(device) => door.session.borrow_mut().set_device(device),
                // What else there is to be told is about drivers, which no browser lets anybody choose.
                Err(rnn_gpu::GpuError::NoAdapter { .. }) => {
                    door.session.borrow_mut().miss_device("no GPU was found".to_owned());
                }
                Err(error) => door.session.borrow_mut().miss_device(error.to_string()),
            }
            door.turns.request();
        });
    }

    #[cfg(feature = "gpu")]
    async fn try_to_open(&self) -> Result<Box<dyn rnn_labs::Accelerator>, rnn_gpu::GpuError> {
        let gpu = rnn_gpu::Gpu::open(rnn_gpu::Choice::Fastest).await?;
        // A driver that does not take a kernel says so before anything depends on it. A program that acts as a
        // GPU is used only by those who insist, and takes seconds to compile them.
        if !gpu.adapter().is_software {
            gpu.compile().await?;
        }
        let turns = Rc::clone(&self.turns);
        gpu.on_arrival(Rc::new(move || turns.request()));
        let facts = rnn_protocol::GpuFacts { name: name().await, is_software: gpu.adapter().is_software };
        Ok(Box::new(rnn_labs::DeviceBackend::new(gpu, facts)))
    }
}

/// What the browser calls the GPU, such as `nvidia ampere`; empty if it does not tell. The backend is not told
/// more than a description, which most browsers leave out.
#[cfg(feature = "gpu")]
async fn name() -> String {
    use crate::wire::part;
    use js_sys::{Function, Object, Promise, Reflect};
    use wasm_bindgen::{JsCast, JsValue};
    let request = || -> Result<Promise, JsValue> {
        let gpu = part(&part(&js_sys::global(), "navigator"), "gpu");
        let options = Object::new();
        Reflect::set(&options, &"powerPreference".into(), &"high-performance".into())?;
        part(&gpu, "requestAdapter").dyn_into::<Function>()?.call1(&gpu, &options)?.dyn_into()
    };
    let Ok(promise) = request() else { return String::new() };
    let Ok(adapter) = wasm_bindgen_futures::JsFuture::from(promise).await else { return String::new() };
    let info = part(&adapter, "info");
    let word = |name: &str| part(&info, name).as_string().filter(|word| !word.is_empty());
    let words = word("description").map(|word| vec![word]);
    words.unwrap_or_else(|| ["vendor", "architecture"].into_iter().filter_map(word).collect()).join(" ")
}
