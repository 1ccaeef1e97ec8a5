//! A chart's menu: its picture and its numbers as files.

use crate::browser::download::{download_blob, download_text};
use crate::charts::Theme;
use crate::export::{ChartExport, raster_png, raster_svg};
use leptos::html::Details;
use leptos::prelude::*;
use wasm_bindgen::JsValue;
use web_sys::Blob;

/// PNG, SVG and CSV of one chart.
#[component]
pub fn ExportMenu(
    /// What is exported, for a person who hears it.
    title: &'static str,
    /// How.
    export: ChartExport,
) -> impl IntoView {
    let theme: RwSignal<Theme> = expect_context();
    let menu = NodeRef::<Details>::new();
    let failure = RwSignal::new(None::<&'static str>);
    let export = StoredValue::new_local(export);
    let close = move |result: Result<(), JsValue>| {
        failure.set(result.is_err().then_some("The browser did not take the file."));
        if let Some(menu) = menu.get_untracked().filter(|_| result.is_ok()) {
            menu.set_open(false);
        }
    };
    let file =
        move |ending: &str| export.with_value(|export| format!("{}.{ending}", export.name.get_untracked()));
    let png = move |_| {
        let name = file("png");
        let done = move |blob: Option<Blob>| {
            close(blob.map_or(Err(JsValue::UNDEFINED), |blob| download_blob(&name, &blob)));
        };
        export.with_value(|export| {
            theme.with_untracked(|theme| raster_png(export.size.get_untracked(), theme, &export.paint, done));
        });
    };
    let svg = move |_| {
        let text = export.with_value(|export| {
            let size = export.size.get_untracked();
            let pixels = || theme.with_untracked(|theme| raster_svg(size, theme, &export.paint));
            export.svg.map_or_else(pixels, |svg| svg.run(size))
        });
        close(
            text.map_or(Err(JsValue::UNDEFINED), |text| download_text(&file("svg"), "image/svg+xml", &text)),
        );
    };
    let csv = move |_| {
        let text = export.with_value(|export| export.table.run(()).to_csv());
        close(download_text(&file("csv"), "text/csv;charset=utf-8", &text));
    };
    let leave = move |event: web_sys::KeyboardEvent| {
        if event.key() == "Escape"
            && let Some(menu) = menu.get_untracked()
        {
            menu.set_open(false);
        }
    };
    view! {
        <details class="export" node_ref=menu on:keydown=leave>
            <summary class="export__button" aria-label=format!("Export: {title}") title="Export">
                <svg viewBox="0 0 16 16" aria-hidden="true">
                    <path d="M8 2v8M4.5 7 8 10.5 11.5 7M2.5 13.5h11" />
                </svg>
            </summary>
            <div class="export__menu">
                <button class="export__item" type="button" on:click=png>
                    "Picture (PNG)"
                </button>
                <button class="export__item" type="button" on:click=svg>
                    "Drawing (SVG)"
                </button>
                <button class="export__item" type="button" on:click=csv>
                    "Numbers (CSV)"
                </button>
                <p class="export__failure" role="status">
                    {move || failure.get()}
                </p>
            </div>
        </details>
    }
}
