//! Light or dark: the visitor's choice, remembered in this browser, and the tokens that follow.

use super::surface::SUBPIXELS;
use crate::charts::Theme;
use wasm_bindgen::prelude::*;
use web_sys::{Document, MediaQueryList, Storage, Window};

const STORAGE_KEY: &str = "rnn-playground:appearance";
const DARK_QUERY: &str = "(prefers-color-scheme: dark)";

/// Which colours the visitor wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Appearance {
    /// What the system says.
    #[default]
    Auto,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Appearance {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 3] = [Self::Light, Self::Dark, Self::Auto];

    /// Its name in the document and in the storage.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// Its name on screen.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Auto => "Auto",
            Self::Light => "Light",
            Self::Dark => "Dark",
        }
    }

    /// The one of this key.
    #[must_use]
    pub fn from_key(key: &str) -> Self {
        Self::ALL.into_iter().find(|appearance| appearance.key() == key).unwrap_or_default()
    }

    /// What was chosen on an earlier visit. Storage may be forbidden; then it is `Auto`.
    #[must_use]
    pub fn remembered() -> Self {
        let key = storage().and_then(|storage| storage.get_item(STORAGE_KEY).ok().flatten());
        Self::from_key(&key.unwrap_or_default())
    }

    /// Remembers it, where that is allowed.
    pub fn remember(self) {
        if let Some(storage) = storage() {
            storage.set_item(STORAGE_KEY, self.key()).ok();
        }
    }

    /// Sets it on the document.
    pub fn show(self) {
        if let Some(root) = document().and_then(|document| document.document_element()) {
            match self {
                Self::Auto => root.remove_attribute("data-theme").ok(),
                chosen => root.set_attribute("data-theme", chosen.key()).ok(),
            };
        }
    }
}

/// The tokens as they are now.
#[must_use]
pub fn read_theme() -> Theme {
    let root = document().and_then(|document| document.document_element());
    let style = root.and_then(|root| web_sys::window()?.get_computed_style(&root).ok().flatten());
    Theme::from_tokens(SUBPIXELS, |name| {
        let value = style.as_ref().and_then(|style| style.get_property_value(name).ok());
        value.unwrap_or_default().trim().to_owned()
    })
}

/// Calls `notify` whenever the system changes between light and dark, as long as the page lives.
pub fn watch_system(notify: impl FnMut() + 'static) {
    let query: Option<MediaQueryList> =
        web_sys::window().and_then(|window| window.match_media(DARK_QUERY).ok()?);
    if let Some(query) = query {
        let listener = Closure::<dyn FnMut()>::new(notify);
        query.set_onchange(Some(listener.as_ref().unchecked_ref()));
        // The query must outlive this call, or the browser may forget its listener.
        std::mem::forget(query);
        listener.forget();
    }
}

/// Whether the visitor has asked the system for less motion.
#[must_use]
pub fn prefers_reduced_motion() -> bool {
    web_sys::window()
        .and_then(|window| window.match_media("(prefers-reduced-motion: reduce)").ok().flatten())
        .is_some_and(|query| query.matches())
}

/// Whether the window is at least this many CSS pixels wide.
#[must_use]
pub fn is_wide(pixels: u32) -> bool {
    let query = format!("(min-width: {pixels}px)");
    web_sys::window()
        .and_then(|window| window.match_media(&query).ok().flatten())
        .is_none_or(|query| query.matches())
}

fn document() -> Option<Document> {
    web_sys::window()?.document()
}

fn storage() -> Option<Storage> {
    web_sys::window().as_ref().map(Window::local_storage)?.ok().flatten()
}
