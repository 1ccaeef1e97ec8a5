//! The page's layout.

pub mod alerts;
pub mod drop_zone;
pub mod earlier_work;
pub mod embedded;
pub mod header;
pub mod lede;
pub mod share;
mod shortcuts;
pub mod status;
pub mod transport;
pub mod undo;

use crate::browser::appearance::{Appearance, read_theme, watch_system};
use crate::browser::focus;
use crate::charts::Theme;
use crate::home::HomeScreen;
use crate::labs::{Panel, page_of};
use crate::page::{Page, use_page};
use crate::panels::{KeepPanel, Offered, RacePanel, SettingsPanel, SpeedPanel, is_any_offered};
use crate::state::{PageState, Screen};
use crate::views::{CellInHand, RaceTable};
use alerts::Alerts;
use drop_zone::DropZone;
use earlier_work::EarlierWorkOffer;
use embedded::OpenOutside;
use header::Header;
use lede::Lede;
use leptos::prelude::*;
use rnn_protocol::LabKind;
use transport::Transport;

/// The page.
#[component]
pub fn App() -> impl IntoView {
    let page = Page::start();
    let appearance = RwSignal::new(Appearance::remembered());
    let theme = RwSignal::new(read_theme());
    provide_context(page);
    provide_context(theme);
    follow_appearance(appearance, theme);
    provide_context(CellInHand::new());
    shortcuts::listen(page);
    let is_embedded = page.derive(|state| state.view.is_embedded);
    let screen = page.derive(|state| match state.screen {
        // One screen shows every lab.
        Screen::Lab(_) => Screen::Lab(LabKind::default()),
        home => home,
    });
    Effect::new(move |before: Option<Screen>| {
        let now = screen.get();
        if before.is_some_and(|before| before != now) {
            focus::begin_at_main();
        }
        now
    });
    let screen = move || match screen.get() {
        Screen::Home => view! { <HomeScreen /> }.into_any(),
        Screen::Lab(_) => view! { <LabScreen /> }.into_any(),
    };
    view! {
        <Show
            when=move || !is_embedded.get()
            fallback=|| view! { <h1 class="visually-hidden">"RNN Playground"</h1> }
        >
            <Header appearance=appearance />
        </Show>
        {screen}
        <Alerts />
        <DropZone />
    }
}

/// A lab: its transport, its views, its panels.
#[component]
fn LabScreen() -> impl IntoView {
    let page = use_page();
    let is_embedded = page.derive(|state| state.view.is_embedded);
    let has_panels = page.derive(|state| is_any_offered(state.lab(), &state.view));
    let class = move || match (is_embedded.get(), has_panels.get()) {
        (false, true) => "page",
        (false, false) => "page page--bare",
        (true, true) => "page page--embedded",
        (true, false) => "page page--embedded page--bare",
    };
    let lab = page.derive(PageState::lab);
    let panels = move || {
        let panels = page_of(lab.get()).panels.iter().map(|panel| {
            let Panel { key, title, keys, hint, digest } = *panel;
            view! {
                <Offered key=key>
                    <SettingsPanel key=key title=title keys=keys hint=hint digest=digest />
                </Offered>
            }
        });
        panels.collect_view()
    };
    view! {
        <Transport />
        <EarlierWorkOffer />
        <main class=class tabindex="-1">
            <div class="page__top">
                <Lede />
                <Show when=move || is_embedded.get()>
                    <OpenOutside />
                </Show>
            </div>
            <div class="views">
                <RaceTable />
                {move || page_of(lab.get()).wide.map(|wide| wide())}
                <div class="views__training">{move || (page_of(lab.get()).training)()}</div>
                <div class="views__time">{move || (page_of(lab.get()).time)()}</div>
            </div>
            <aside class="panels" aria-label="Settings">
                <Offered key="data">{move || (page_of(lab.get()).data)()}</Offered>
                {panels}
                <Offered key="race">
                    <RacePanel />
                </Offered>
                <Offered key="keep">
                    <KeepPanel />
                </Offered>
                <Offered key="speed">
                    <SpeedPanel />
                </Offered>
            </aside>
        </main>
    }
}

/// Shows the chosen colours, and hands the charts theirs, also when the system changes its own.
fn follow_appearance(appearance: RwSignal<Appearance>, theme: RwSignal<Theme>) {
    Effect::new(move || {
        appearance.get().show();
        theme.set(read_theme());
    });
    watch_system(move || theme.set(read_theme()));
}
