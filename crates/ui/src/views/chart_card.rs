//! The card of a chart: the one place that gives a chart its drawing, its reading cursor, its text equivalent and
//! its files. What the chart is, a [`Chart`] says as functions of the page's state.

use super::Card;
use crate::charts::{BOTTOM_GUTTER, Drawn, LEFT_GUTTER, RIGHT_GUTTER, TOP_GUTTER, Theme};
use crate::export::{ChartExport, Table, svg};
use crate::page::use_page;
use crate::state::PageState;
use crate::widgets::{ChartBox, PaintOn};
use leptos::prelude::*;
use plotters::coord::Shift;
use plotters::prelude::{DrawingArea, DrawingBackend};
use std::sync::Arc;

/// What never changes about a chart.
#[derive(Debug, Clone, Copy)]
pub struct ChartWords {
    /// Title of its card.
    pub title: &'static str,
    /// Place of its card in the layout.
    pub area: &'static str,
    /// What it is, for a person who hears it.
    pub label: &'static str,
    /// Last word of its style class, which says its height.
    pub style: &'static str,
    /// Its name in tests.
    pub test_id: &'static str,
}

/// A chart of the page's state. Its cursor stands on whole numbers: training steps, time steps, or places.
pub trait Chart: Copy + Send + Sync + 'static {
    /// Differs whenever the picture does, but for the cursor and the theme.
    type Version: PartialEq + Send + Sync + 'static;

    /// What never changes about it.
    fn words(self) -> ChartWords;

    /// Of which numbers it is.
    fn version(self, state: &PageState) -> Self::Version;

    /// Draws it, with the cursor where it is out.
    ///
    /// # Errors
    /// When the backend cannot draw.
    fn draw<DB: DrawingBackend>(
        self,
        state: &PageState,
        cursor: Option<usize>,
        area: &DrawingArea<DB, Shift>,
        theme: &Theme,
    ) -> Drawn<DB>;

    /// Where the cursor can stand.
    fn stops(self, state: &PageState) -> Stops;

    /// The stop under these parts of the plot's width and height, from 0 at its left and upper edge to 1.
    fn stop_at(self, state: &PageState, place: (f64, f64)) -> Option<usize>;

    /// Where a key takes the cursor: `None` if it means nothing here, `Some(None)` if it takes the cursor in.
    fn moved(self, state: &PageState, cursor: Option<usize>, key: &str) -> Option<Option<usize>> {
        self.stops(state).moved(cursor, key)
    }

    /// What the cursor reads.
    fn read(self, state: &PageState, at: usize) -> String;

    /// The whole chart in words.
    fn describe(self, state: &PageState) -> String;

    /// The sentence below it, with the cursor where it is out.
    fn caption(self, state: &PageState, cursor: Option<usize>) -> String {
        cursor.map_or_else(|| self.describe(state), |at| self.read(state, at))
    }

    /// The numbers of the picture.
    fn table(self, state: &PageState) -> Table;

    /// Stem of its files' names.
    fn file_name(self, state: &PageState) -> String;
}

/// Where a cursor can stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stops {
    /// On every number from `first` to `last`; a key moves it by `stride`.
    Range {
        /// The first one.
        first: usize,
        /// The last one.
        last: usize,
        /// How far a key moves it.
        stride: usize,
    },
    /// On these, in rising order.
    At(Vec<usize>),
}

impl Stops {
    /// On the steps of a run that stands at `last`: a hundred presses of a key lead over all of them.
    #[must_use]
    pub fn steps(last: u32) -> Self {
        let last = last.max(1) as usize;
        Self::Range { first: 1, last, stride: (last / 100).max(1) }
    }

    /// On so many places in a row.
    #[must_use]
    pub fn places(count: usize) -> Self {
        Self::Range { first: 0, last: count.saturating_sub(1), stride: 1 }
    }

    /// Where the cursor stands while it is not out.
    #[must_use]
    pub fn last(&self) -> usize {
        match self {
            Self::Range { last, .. } => *last,
            Self::At(stops) => stops.last().copied().unwrap_or(0),
        }
    }

    /// Where a key takes the cursor: `None` if it means nothing here, `Some(None)` if it takes the cursor in.
    #[must_use]
    pub fn moved(&self, cursor: Option<usize>, key: &str) -> Option<Option<usize>> {
        let at = cursor.unwrap_or_else(|| self.last());
        Some(match (key, self) {
            ("Escape", _) => None,
            ("End", _) => Some(self.last()),
            ("Home", Self::Range { first, .. }) => Some(*first),
            ("ArrowLeft", Self::Range { first, stride, .. }) => Some(at.saturating_sub(*stride).max(*first)),
            ("ArrowRight", Self::Range { last, stride, .. }) => Some(at.saturating_add(*stride).min(*last)),
            ("Home", Self::At(stops)) => stops.first().copied(),
            ("ArrowLeft", Self::At(stops)) => {
                stops.iter().rev().find(|&&stop| stop < at).or(stops.first()).copied()
            }
            ("ArrowRight", Self::At(stops)) => {
                stops.iter().find(|&&stop| stop > at).or(stops.last()).copied()
            }
            _ => return None,
        })
    }
}

/// A chart in its card.
#[component]
pub fn ChartCard<C: Chart>(
    /// The chart.
    chart: C,
    /// Stands beside the title.
    #[prop(optional)]
    aside: Option<AnyView>,
    /// Explains it, above the picture.
    #[prop(optional)]
    explanation: Option<AnyView>,
    /// Stands below the picture.
    #[prop(optional)]
    below: Option<AnyView>,
) -> impl IntoView {
    let page = use_page();
    let state = page.state;
    let theme: RwSignal<Theme> = expect_context();
    let ChartWords { title, area, label, style, test_id } = chart.words();
    let cursor = RwSignal::new(None::<usize>);
    let size = RwSignal::new((0.0, 0.0));
    let version = page.derive(move |state| chart.version(state));
    let stops = page.derive(move |state| chart.stops(state));
    let last = Memo::new(move |_| stops.with(Stops::last));
    let words = page.derive(move |state| chart.describe(state));
    let caption = Memo::new(move |_| state.with(|state| chart.caption(state, cursor.get())));
    let at = move || cursor.get().unwrap_or_else(|| last.get());
    let reading = Memo::new(move |_| state.with(|state| chart.read(state, at())));
    let watch = Arc::new(move || {
        version.with(|_| ());
        cursor.with(|_| ());
        theme.track();
    });
    let paint: PaintOn = Arc::new(move |surface| {
        state.with_untracked(|state| {
            theme.with_untracked(|theme| {
                surface.plot(theme, |area| chart.draw(state, cursor.get_untracked(), area, theme));
            });
        });
    });
    let drawn = move |size| {
        state.with_untracked(|state| {
            theme.with_untracked(|theme| svg(size, theme, |area| chart.draw(state, None, area, theme)))
        })
    };
    let export = ChartExport {
        name: page.derive(move |state| chart.file_name(state)).into(),
        table: Callback::new(move |()| state.with_untracked(|state| chart.table(state))),
        paint: Arc::clone(&paint),
        size: size.into(),
        svg: Some(Callback::new(drawn)),
    };
    let point = move |place: Option<(f64, f64)>| {
        let stop = place.and_then(|place| {
            let parts = plot_parts(place, size.get_untracked());
            state.with_untracked(|state| chart.stop_at(state, parts))
        });
        cursor.set(stop);
    };
    let key = move |key: String| {
        let moved = state.with_untracked(|state| chart.moved(state, cursor.get_untracked(), &key));
        if let Some(stop) = moved {
            cursor.set(stop);
        }
        moved.is_some()
    };
    view! {
        <Card title=title area=area caption=caption aside=aside.into_any() export=export>
            {explanation}
            <div class=format!("chart chart--{style}") data-testid=test_id>
                <ChartBox
                    label=label
                    watch=watch
                    paint=paint
                    reading=reading
                    position=Signal::derive(move || at() as f64)
                    last_position=Signal::derive(move || last.get() as f64)
                    point=Callback::new(point)
                    key=Callback::new(key)
                    measured=size
                />
                <p class="visually-hidden" data-testid=format!("{test_id}-words")>
                    {move || words.get()}
                </p>
            </div>
            {below}
        </Card>
    }
}

/// The parts of a plot's width and height, from 0 to 1, under a place of a canvas of this size in CSS pixels.
#[must_use]
pub fn plot_parts((x, y): (f64, f64), (width, height): (f64, f64)) -> (f64, f64) {
    let part = |at: f64, whole: f64, before: i32, behind: i32| {
        let before = f64::from(before);
        ((at - before) / (whole - before - f64::from(behind)).max(1.0)).clamp(0.0, 1.0)
    };
    (part(x, width, LEFT_GUTTER, RIGHT_GUTTER), part(y, height, TOP_GUTTER, BOTTOM_GUTTER))
}

/// The training step under a part of an axis that ends at `end`, for a run that stands at `last`.
#[must_use]
pub fn step_under(part: f64, end: f64, last: u32) -> usize {
    ((part * end) as usize).clamp(1, last.max(1) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_lead_from_stop_to_stop_and_no_further() {
        let steps = Stops::steps(1000);
        assert_eq!(steps.moved(None, "ArrowLeft"), Some(Some(990)));
        assert_eq!(steps.moved(Some(5), "ArrowLeft"), Some(Some(1)));
        assert_eq!(steps.moved(Some(995), "ArrowRight"), Some(Some(1000)));
        assert_eq!(steps.moved(Some(5), "Escape"), Some(None));
        assert_eq!(steps.moved(Some(5), "x"), None);
        let readings = Stops::At(vec![10, 25, 100]);
        assert_eq!(readings.moved(None, "ArrowLeft"), Some(Some(25)));
        assert_eq!(readings.moved(Some(60), "ArrowRight"), Some(Some(100)));
        assert_eq!(readings.moved(Some(10), "ArrowLeft"), Some(Some(10)));
        assert_eq!(Stops::At(Vec::new()).moved(None, "Home"), Some(None));
        assert_eq!(Stops::places(0).moved(None, "ArrowRight"), Some(Some(0)));
    }

    #[test]
    fn places_of_the_canvas_are_parts_of_the_plot() {
        let (left, top) = (f64::from(LEFT_GUTTER), f64::from(TOP_GUTTER));
        let size = (left + 300.0 + f64::from(RIGHT_GUTTER), top + 100.0 + f64::from(BOTTOM_GUTTER));
        assert_eq!(plot_parts((left, top), size), (0.0, 0.0));
        assert_eq!(plot_parts((left + 150.0, top + 25.0), size), (0.5, 0.25));
        assert_eq!(plot_parts(size, size), (1.0, 1.0));
        assert_eq!(
            (step_under(0.5, 200.0, 150), step_under(1.0, 200.0, 150), step_under(0.0, 100.0, 0)),
            (100, 150, 1)
        );
    }
}
