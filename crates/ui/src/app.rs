//! The page's layout.

pub mod alerts;
pub mod drop_zone;
pub mod earlier_work;
pub mod header;
pub mod lede;
mod shortcuts;
pub mod status;
pub mod transport;

use crate::browser::appearance::read_theme;
use crate::labs::page_of;
use crate::page::Page;
use crate::panels::{KeepPanel, RacePanel, SettingsPanel, SpeedPanel};
use crate::state::PageState;
use crate::views::{CellInHand, RaceTable};
use alerts::Alerts;
use drop_zone::DropZone;
use earlier_work::EarlierWorkOffer;
use header::Header;
use lede::Lede;
use leptos::prelude::*;
use transport::Transport;

/// The page.
#[component]
pub fn App() -> impl IntoView {
    let page = Page::start();
    provide_context(page);
    provide_context(RwSignal::new(read_theme()));
    provide_context(CellInHand::new());
    shortcuts::listen(page);
    let lab = page.derive(PageState::lab);
    let panels = move || {
        let panels = page_of(lab.get()).panels.iter().map(|panel| {
            view! { <SettingsPanel title=panel.title keys=panel.keys hint=panel.hint digest=panel.digest /> }
        });
        panels.collect_view()
    };
    view! {
        <Header />
        <Transport />
        <EarlierWorkOffer />
        <main class="page">
            <Lede />
            <div class="views">
                <RaceTable />
                <div class="views__training">{move || (page_of(lab.get()).training)()}</div>
                <div class="views__time">{move || (page_of(lab.get()).time)()}</div>
            </div>
            <aside class="panels" aria-label="Settings">
                {move || (page_of(lab.get()).data)()}
                {panels}
                <RacePanel />
                <KeepPanel />
                <SpeedPanel />
            </aside>
        </main>
        <Alerts />
        <DropZone />
    }
}
