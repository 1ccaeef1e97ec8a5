//! All units of the cell at once, as colours: a row for each gate and state, a column for each unit.

use crate::browser::surface::Surface;
use crate::charts::heat_map::{Palette, Scale};
use crate::charts::{LEFT_GUTTER, Rgb, Theme};
use crate::export::{ChartExport, Table, number};
use crate::format::signed;
use crate::page::{Page, use_page};
use crate::widgets::{ChartBox, PaintOn};
use leptos::prelude::*;
use rnn_protocol::{CellForm, CellLook, CellPlace, Quantity};
use std::sync::Arc;

/// Height of a row, in CSS pixels; of which the style sheet makes room for as many as any cell has.
const ROW_HEIGHT: f64 = 17.0;
/// Between two rows.
const GAP: f64 = 2.0;
/// Width of the picture as a file.
const EXPORTED_WIDTH: f64 = 640.0;
/// Free space at the right.
const RIGHT: f64 = 4.0;

/// One row.
#[derive(Debug, Clone, PartialEq)]
pub struct Row<'a> {
    /// Its letter.
    pub symbol: &'static str,
    /// What is drawn.
    pub quantity: Quantity,
    /// One number a unit.
    pub values: &'a [f32],
}

/// The rows of a cell, with the changes by hand where there are any.
#[must_use]
pub fn rows(look: &CellLook) -> Vec<Row<'_>> {
    let vectors = &look.edited.as_ref().unwrap_or(&look.as_is).vectors;
    let row = |symbol, quantity, values| Row { symbol, quantity, values };
    let mut rows = vec![row("h₋", Quantity::Hidden, vectors.hidden_before.as_slice())];
    rows.extend(vectors.cells_before.as_ref().map(|cells| row("c₋", Quantity::Cell, cells.as_slice())));
    for (&gate, values) in look.form.gates().iter().zip(&vectors.gates) {
        if gate != Quantity::Hidden {
            rows.push(row(letter(look.form, gate), gate, values.as_slice()));
        }
    }
    rows.extend(vectors.cells.as_ref().map(|cells| row("c", Quantity::Cell, cells.as_slice())));
    rows.push(row("h", Quantity::Hidden, vectors.hidden.as_slice()));
    rows
}

fn letter(form: CellForm, gate: Quantity) -> &'static str {
    crate::charts::heat_map::words_for(gate, super::states::kind_of(form)).symbol
}

/// The colours, with a cursor that chooses the unit.
#[component]
pub fn Strip(
    /// The cell.
    look: Memo<Option<CellLook>>,
) -> impl IntoView {
    let page = use_page();
    let theme: RwSignal<Theme> = expect_context();
    let size = RwSignal::new((0.0, 0.0));
    let unit = Memo::new(move |_| look.with(|look| look.as_ref().map_or(0, |look| look.place.unit)));
    let units = Memo::new(move |_| look.with(|look| look.as_ref().map_or(0, |look| look.units)));
    let reading = Memo::new(move |_| look.with(|look| look.as_ref().map(read).unwrap_or_default()));
    let choose = move |unit: u32| {
        let place = look.with_untracked(|look| look.as_ref().map(|look| look.place));
        if let Some(place) = place {
            page.look_at_cell(CellPlace { unit, ..place });
        }
    };
    let watch = Arc::new(move || {
        look.with(|_| ());
        theme.track();
    });
    let paint: PaintOn = Arc::new(move |surface| {
        look.with_untracked(|look| {
            if let Some(look) = look {
                theme.with_untracked(|theme| draw(surface, look, theme));
            }
        });
    });
    let press = move |(x, _): (f64, f64)| {
        let width = size.get_untracked().0 - f64::from(LEFT_GUTTER) - RIGHT;
        let part = (x - f64::from(LEFT_GUTTER)) / width.max(1.0);
        if (0.0..1.0).contains(&part) {
            choose((part * f64::from(units.get_untracked())) as u32);
        }
    };
    let key = move |key: String| {
        let (unit, last) = (unit.get_untracked(), units.get_untracked().saturating_sub(1));
        let to = match key.as_str() {
            "ArrowLeft" | "ArrowDown" => unit.saturating_sub(1),
            "ArrowRight" | "ArrowUp" => (unit + 1).min(last),
            "PageDown" => unit.saturating_sub(10),
            "PageUp" => unit.saturating_add(10).min(last),
            "Home" => 0,
            "End" => last,
            _ => return false,
        };
        choose(to);
        true
    };
    view! {
        <div class="chart chart--cell-units" data-testid="cell-units">
            <ChartBox
                label="All units of the cell; arrow keys choose the unit"
                watch=watch
                paint=paint
                reading=reading
                position=Signal::derive(move || f64::from(unit.get()))
                last_position=Signal::derive(move || f64::from(units.get().saturating_sub(1)))
                point=Callback::new(|_| ())
                press=Callback::new(press)
                key=Callback::new(key)
                measured=size
            />
        </div>
    }
}

/// The colours and their numbers as files.
pub fn export_of(page: Page) -> ChartExport {
    let theme: RwSignal<Theme> = expect_context();
    let look = move |read: &mut dyn FnMut(&CellLook)| {
        page.state.with_untracked(|state| {
            if let Some(look) = &state.microscope.look {
                read(look);
            }
        });
    };
    let name = |look: &CellLook| {
        let place = look.place;
        format!("cell-layer-{}-time-step-{}-step-{}", place.layer + 1, place.step, look.step)
    };
    let height = |look: &CellLook| rows(look).len() as f64 * (ROW_HEIGHT + GAP) + GAP;
    ChartExport {
        name: page
            .derive(move |state| state.microscope.look.as_ref().map_or_else(|| "cell".to_owned(), name))
            .into(),
        table: Callback::new(move |()| {
            let mut found = Table::default();
            look(&mut |look| found = table(look));
            found
        }),
        paint: Arc::new(move |surface| {
            look(&mut |look| theme.with_untracked(|theme| draw(surface, look, theme)));
        }),
        size: page
            .derive(move |state| (EXPORTED_WIDTH, state.microscope.look.as_ref().map_or(0.0, height)))
            .into(),
        svg: None,
    }
}

/// A row for each unit, a column for each gate and state.
fn table(look: &CellLook) -> Table {
    let rows = rows(look);
    let names = rows.iter().map(|row| row.symbol.to_owned());
    let mut table = Table::new(["unit".to_owned()].into_iter().chain(names));
    for unit in 0..look.units as usize {
        let values = rows.iter().map(|row| row.values.get(unit).copied().map_or_else(String::new, number));
        table.push([unit.to_string()].into_iter().chain(values));
    }
    table
}

fn read(look: &CellLook) -> String {
    let unit = look.place.unit as usize;
    let values = rows(look).into_iter().map(|row| {
        let value = row.values.get(unit).copied().unwrap_or(f32::NAN);
        format!("{} {}", row.symbol, signed(value))
    });
    format!("Unit {unit}: {}", values.collect::<Vec<_>>().join(", "))
}

fn draw(surface: &Surface, look: &CellLook, theme: &Theme) {
    let context = &surface.context;
    let left = f64::from(LEFT_GUTTER);
    let width = (surface.width - left - RIGHT).max(1.0);
    let columns = (look.units as usize).max(1);
    // No screen shows more columns than it has pixels.
    let drawn = columns.min((width * surface.ratio) as usize).max(1);
    context.set_font(&format!("12px {}", theme.mono));
    context.set_text_align("right");
    context.set_text_baseline("middle");
    for (index, row) in rows(look).iter().enumerate() {
        let top = index as f64 * (ROW_HEIGHT + GAP);
        let scale = Scale::of(row.quantity, row.values);
        let palette = Palette::new(theme, scale);
        context.set_fill_style_str(&css(theme.muted));
        context.fill_text(row.symbol, left - 8.0, top + ROW_HEIGHT / 2.0).ok();
        for column in 0..drawn {
            let value = row.values.get(column * columns / drawn).copied().unwrap_or(0.0);
            let x = left + width * column as f64 / drawn as f64;
            let next = left + width * (column + 1) as f64 / drawn as f64;
            context.set_fill_style_str(&css(palette.at((value - scale.low) / (scale.high - scale.low))));
            context.fill_rect(x, top, next - x + 0.5, ROW_HEIGHT);
        }
    }
    let count = rows(look).len() as f64;
    let x = left + width * f64::from(look.place.unit) / columns as f64;
    context.set_stroke_style_str(&css(theme.accent));
    context.set_line_width(1.5);
    let column = (width / columns as f64).max(3.0);
    context.stroke_rect(x - 0.5, 0.75, column + 1.0, count * (ROW_HEIGHT + GAP) - GAP);
}

fn css(Rgb(red, green, blue): Rgb) -> String {
    format!("rgb({red},{green},{blue})")
}
