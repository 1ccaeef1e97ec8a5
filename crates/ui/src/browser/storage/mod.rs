//! Runs in the browser's database, one record a tab.
//!
//! A record is three entries under the tab's word: a small label, the file of the run, and the visitor's own text
//! where it learns from one. They are written in one transaction: until it is complete, the record before stays.

mod request;
mod tab;

pub use tab::{claim_tab, living_tabs};

use super::reason;
use js_sys::Array;
use request::{finished, opened};
use serde::{Deserialize, Serialize};
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, IdbDatabase, IdbObjectStore, IdbTransaction, IdbTransactionMode};

const DATABASE: &str = "rnn-playground";
const FORM: u32 = 1;
const LABELS: &str = "labels";
const FILES: &str = "files";
const TEXTS: &str = "texts";

/// What is known of a record without reading it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Label {
    /// The tab's word.
    pub tab: String,
    /// The run in words.
    pub words: String,
    /// Steps it had taken.
    pub step: u32,
    /// When it was written, in milliseconds since 1970.
    pub saved_at: f64,
    /// Whether the visitor was offered it and chose to start fresh.
    #[serde(default)]
    pub is_declined: bool,
}

/// A record.
#[derive(Debug, Clone)]
pub struct Record {
    /// The file of a run.
    pub file: Blob,
    /// The text that it learns from, if that is the visitor's own.
    pub text: Option<Blob>,
}

/// What becomes of the text of a record.
#[derive(Debug, Clone)]
pub enum TextChange {
    /// It is the one that is there.
    Same,
    /// It is another one.
    Other(Blob),
    /// There is none.
    None,
}

/// The browser's database.
#[derive(Debug, Clone)]
pub struct Storage {
    database: IdbDatabase,
}

impl Storage {
    /// Opens the database.
    ///
    /// # Errors
    /// The browser's reason, where it offers none.
    pub async fn open() -> Result<Self, String> {
        let open = async || -> Result<IdbDatabase, JsValue> {
            let window = web_sys::window().ok_or("there is no window")?;
            let factory = window.indexed_db()?.ok_or("this browser offers no database")?;
            opened(&factory.open_with_u32(DATABASE, FORM)?, |database| {
                for name in [LABELS, FILES, TEXTS] {
                    let _ = database.create_object_store(name);
                }
            })
            .await
        };
        open().await.map(|database| Self { database }).map_err(|error| reason(&error))
    }

    /// Writes a record, whole or not at all.
    ///
    /// # Errors
    /// The browser's reason.
    pub async fn write(&self, label: &Label, file: &Blob, text: TextChange) -> Result<(), String> {
        let write = async || -> Result<(), JsValue> {
            let transaction = self.transaction(IdbTransactionMode::Readwrite)?;
            let key = JsValue::from_str(&label.tab);
            transaction.object_store(FILES)?.put_with_key(file, &key)?;
            put_label(&transaction.object_store(LABELS)?, label)?;
            let texts = transaction.object_store(TEXTS)?;
            match &text {
                TextChange::Same => {}
                TextChange::Other(text) => drop(texts.put_with_key(text, &key)?),
                TextChange::None => drop(texts.delete(&key)?),
            }
            finished(&transaction).await
        };
        write().await.map_err(|error| reason(&error))
    }

    /// Reads the record of a tab.
    ///
    /// # Errors
    /// The browser's reason.
    pub async fn read(&self, tab: &str) -> Result<Option<Record>, String> {
        let read = async || -> Result<Option<Record>, JsValue> {
            let transaction = self.transaction(IdbTransactionMode::Readonly)?;
            let key = JsValue::from_str(tab);
            let file = transaction.object_store(FILES)?.get(&key)?;
            let text = transaction.object_store(TEXTS)?.get(&key)?;
            finished(&transaction).await?;
            let file = file.result()?.dyn_into().ok();
            let text = text.result()?.dyn_into().ok();
            Ok(file.map(|file| Record { file, text }))
        };
        read().await.map_err(|error| reason(&error))
    }

    /// The labels of all records, the newest first.
    ///
    /// # Errors
    /// The browser's reason.
    pub async fn labels(&self) -> Result<Vec<Label>, String> {
        let read = async || -> Result<Vec<Label>, JsValue> {
            let transaction = self.transaction(IdbTransactionMode::Readonly)?;
            let all = transaction.object_store(LABELS)?.get_all()?;
            finished(&transaction).await?;
            let all: Array = all.result()?.dyn_into()?;
            let mut labels: Vec<Label> =
                all.iter().filter_map(|label| serde_wasm_bindgen::from_value(label).ok()).collect();
            labels.sort_by(|a, b| b.saved_at.total_cmp(&a.saved_at));
            Ok(labels)
        };
        read().await.map_err(|error| reason(&error))
    }

    /// Writes the label of a record anew.
    ///
    /// # Errors
    /// The browser's reason.
    pub async fn relabel(&self, label: &Label) -> Result<(), String> {
        let write = async || -> Result<(), JsValue> {
            let transaction = self.transaction(IdbTransactionMode::Readwrite)?;
            put_label(&transaction.object_store(LABELS)?, label)?;
            finished(&transaction).await
        };
        write().await.map_err(|error| reason(&error))
    }

    /// Removes the records of some tabs.
    ///
    /// # Errors
    /// The browser's reason.
    pub async fn remove(&self, tabs: &[String]) -> Result<(), String> {
        let remove = async || -> Result<(), JsValue> {
            let transaction = self.transaction(IdbTransactionMode::Readwrite)?;
            for tab in tabs {
                for store in [LABELS, FILES, TEXTS] {
                    transaction.object_store(store)?.delete(&JsValue::from_str(tab))?;
                }
            }
            finished(&transaction).await
        };
        remove().await.map_err(|error| reason(&error))
    }

    fn transaction(&self, mode: IdbTransactionMode) -> Result<IdbTransaction, JsValue> {
        let stores: Array = [LABELS, FILES, TEXTS].into_iter().map(JsValue::from_str).collect();
        self.database.transaction_with_str_sequence_and_mode(&stores, mode)
    }
}

fn put_label(labels: &IdbObjectStore, label: &Label) -> Result<(), JsValue> {
    let value = label.serialize(&Serializer::json_compatible())?;
    labels.put_with_key(&value, &JsValue::from_str(&label.tab)).map(drop)
}
