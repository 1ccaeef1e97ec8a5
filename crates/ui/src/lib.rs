//! The page: panels that edit the experiment, charts that show what the worker reports. It links no
//! mathematics; it never trains, parses a file or blocks.
//!
//! `panel → Page::edit → Command → worker → Event | Snapshot → PageState::apply → memo → canvas`
//!
//! Symbols are those of the engine: `B` batch, `T` time steps, `H` hidden units, `L` layers, `V`
//! vocabulary.

pub mod app;
pub mod browser;
pub mod charts;
pub mod export;
pub mod format;
pub mod home;
pub mod labs;
pub mod page;
pub mod panels;
pub mod state;
pub mod views;
pub mod widgets;

/// Puts the page in place of the start-up notice.
pub fn start() {
    std::panic::set_hook(Box::new(|panic| {
        console_error_panic_hook::hook(panic);
        report_crash();
    }));
    leptos::mount::mount_to_body(app::App);
    if let Some(boot) = web_sys::window().and_then(|w| w.document()?.get_element_by_id("boot")) {
        boot.remove();
    }
}

/// After a panic nothing on the page answers any more, and the visitor must know.
fn report_crash() {
    let report = || -> Option<()> {
        let document = web_sys::window()?.document()?;
        let notice = document.create_element("p").ok()?;
        notice.set_class_name("crash");
        notice.set_attribute("role", "alert").ok()?;
        document.body()?.append_child(&notice).ok()?;
        notice.set_text_content(Some("The page met an error of its own and has stopped. Please reload it."));
        Some(())
    };
    report();
}
