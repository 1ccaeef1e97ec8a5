//! Messages as JavaScript objects: words under one name, beside them a file, or numbers that are transferred.

use js_sys::{Array, ArrayBuffer, Float32Array, Object, Reflect};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::{JsCast, JsValue};

/// A message that is being put together.
pub(crate) struct Envelope {
    pub(crate) message: Object,
    /// What moves with it instead of being copied.
    pub(crate) transfer: Array,
}

impl Envelope {
    /// Words under a name.
    pub(crate) fn new(name: &str, words: &impl Serialize) -> Result<Self, JsValue> {
        let message = Object::new();
        // Plain objects instead of `Map`, so that JavaScript can read the fields by name.
        set(&message, name, &words.serialize(&Serializer::json_compatible())?)?;
        Ok(Self { message, transfer: Array::new() })
    }

    /// Something beside them.
    pub(crate) fn add(self, name: &str, value: &JsValue) -> Result<Self, JsValue> {
        set(&self.message, name, value)?;
        Ok(self)
    }

    /// Numbers beside them, with the buffer that they lie in.
    pub(crate) fn enclose(self, name: &str, view: &JsValue, buffer: &ArrayBuffer) -> Result<Self, JsValue> {
        self.transfer.push(buffer);
        self.add(name, view)
    }
}

/// What lies under a name; `undefined` where nothing does.
pub(crate) fn part(message: &JsValue, name: &str) -> JsValue {
    Reflect::get(message, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED)
}

/// The words under a name.
pub(crate) fn words<T: DeserializeOwned>(
    message: &JsValue,
    name: &str,
) -> Result<T, serde_wasm_bindgen::Error> {
    serde_wasm_bindgen::from_value(part(message, name))
}

/// Should sending fail, nobody is there to be told: it goes to the console.
pub(crate) fn report(result: Result<(), JsValue>) {
    if let Err(error) = result {
        web_sys::console::error_2(&"the worker could not send a message:".into(), &error);
    }
}

/// The buffer in which numbers go back and forth between two workers: what came last is sent again.
#[derive(Default)]
pub(crate) struct NumberBuffer {
    spare: Option<ArrayBuffer>,
}

impl NumberBuffer {
    /// Numbers that have come, if any did; their buffer is kept.
    pub(crate) fn take_out(&mut self, numbers: JsValue) -> Option<Vec<f32>> {
        let numbers = numbers.dyn_into::<Float32Array>().ok()?;
        self.spare = Some(numbers.buffer());
        Some(numbers.to_vec())
    }

    /// Puts numbers into the buffer, or into a new one where there is none that holds them.
    pub(crate) fn put_in(&mut self, numbers: &[f32]) -> Float32Array {
        let bytes = size_of_val(numbers) as u32;
        let spare = self.spare.take().filter(|buffer| buffer.byte_length() >= bytes);
        let buffer = spare.unwrap_or_else(|| ArrayBuffer::new(bytes));
        let array = Float32Array::new_with_byte_offset_and_length(&buffer, 0, numbers.len() as u32);
        array.copy_from(numbers);
        array
    }
}

fn set(object: &Object, name: &str, value: &JsValue) -> Result<(), JsValue> {
    Reflect::set(object, &JsValue::from_str(name), value).map(|_| ())
}
