//! The links of the unrolled network: what flows from cell to cell, and how much of it.
//!
//! In a forward pass a link is as thick as the norm of the state that it hands on: ‖x_t‖ into the first layer,
//! ‖h_t‖ (and ‖c_t‖ in an LSTM) to the next step, ‖h_t‖ to the next layer and to the prediction. Backwards the
//! links through time are as thick as the gradient that has arrived where they lead, ‖∂L/∂h_t‖ and ‖∂L/∂c_t‖;
//! how much of it came down from above is not told apart, so that links between layers are drawn thin.

use super::layout::{Layout, OUTCOME_HEIGHT};
use super::playback::Pass;
use rnn_protocol::{Flow, Snapshot};
use std::ops::Range;

/// What a link carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Carried {
    /// What is read.
    Input,
    /// h, or its gradient.
    Hidden,
    /// c, or its gradient.
    Cell,
}

/// Where a link leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Course {
    /// To the next step of its row.
    Time,
    /// To the next layer, or from the input or to the prediction.
    Up,
    /// Over the edge of the window.
    Edge,
}

/// A line from one place to another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Link {
    /// What it carries.
    pub carried: Carried,
    /// Where it leads.
    pub course: Course,
    /// The step whose number it shows: it is lit with it.
    pub step: usize,
    /// Where it begins, in CSS pixels.
    pub from: (f64, f64),
    /// Where it ends: the side that its arrow points to.
    pub to: (f64, f64),
    /// How much flows, from 0 to 1 of the most in the window; `None` if that is not known.
    pub strength: Option<f32>,
}

/// How much flows, with what it is measured by.
struct Strengths<'a> {
    numbers: Option<&'a [f32]>,
    greatest: f32,
}

impl<'a> Strengths<'a> {
    fn of(snapshot: &'a Snapshot, flow: Flow) -> Self {
        let numbers = snapshot.flow(flow);
        Self { numbers, greatest: greatest(snapshot, flow) }
    }

    fn at(&self, index: usize) -> Option<f32> {
        let number = *self.numbers?.get(index)?;
        (number.is_finite() && self.greatest > 0.0).then(|| (number / self.greatest).clamp(0.0, 1.0))
    }
}

/// The most that flows anywhere in the window; 0 if it is not known. A state that was carried in is measured
/// by the states of the window.
#[must_use]
pub fn greatest(snapshot: &Snapshot, flow: Flow) -> f32 {
    let known = |flow| snapshot.flow(flow).unwrap_or_default().iter().copied();
    let all = match flow {
        Flow::Hidden | Flow::CarriedHidden => known(Flow::Hidden).chain(known(Flow::CarriedHidden)),
        Flow::Cell | Flow::CarriedCell => known(Flow::Cell).chain(known(Flow::CarriedCell)),
        other => known(other).chain(known(other)),
    };
    all.filter(|number| number.is_finite()).fold(0.0, f32::max)
}

/// The links of some steps, in the order in which they are to be drawn.
#[must_use]
pub fn links_of(snapshot: &Snapshot, layout: &Layout, steps: Range<usize>, pass: Pass) -> Vec<Link> {
    let header = &snapshot.header;
    let length = header.length();
    let rows = header.rows();
    let steps = steps.start..steps.end.min(length);
    let mut links = Vec::with_capacity(steps.len() * rows * 3);
    let (hidden, cell) = match pass {
        Pass::Forward => (Flow::Hidden, Flow::Cell),
        Pass::Backward => (Flow::HiddenGradient, Flow::CellGradient),
    };
    // Between two windows of a stream the state is handed on, and the gradient is cut.
    let crosses_edges = header.is_carried && pass == Pass::Forward;
    let [hidden, cell, input, carried_hidden, carried_cell] =
        [hidden, cell, Flow::Input, Flow::CarriedHidden, Flow::CarriedCell]
            .map(|flow| Strengths::of(snapshot, flow));
    for step in steps {
        for row in 0..rows {
            let through_time =
                [(Carried::Cell, &cell, &carried_cell), (Carried::Hidden, &hidden, &carried_hidden)];
            for (kind, strengths, before) in through_time {
                if kind == Carried::Cell && strengths.numbers.is_none() {
                    continue;
                }
                let scene = Scene { snapshot, layout, pass, row, step, kind };
                let onwards = scene.onwards(strengths.at(row * header.steps() + step));
                if onwards.course == Course::Time || crosses_edges {
                    links.push(onwards);
                }
                if scene.is_first() && crosses_edges {
                    links.push(scene.carried_in(before.at(row)));
                }
            }
            let own = hidden.at(row * header.steps() + step).filter(|_| pass == Pass::Forward);
            let input = input.at(step).filter(|_| pass == Pass::Forward);
            up_links(
                &Scene { snapshot, layout, pass, row, step, kind: Carried::Hidden },
                own,
                input,
                &mut links,
            );
        }
    }
    links
}

/// One cell and what it is part of.
struct Scene<'a> {
    snapshot: &'a Snapshot,
    layout: &'a Layout,
    pass: Pass,
    row: usize,
    step: usize,
    kind: Carried,
}

impl Scene<'_> {
    fn is_backward_row(&self) -> bool {
        self.snapshot.header.row(self.row).is_backward
    }

    /// Whether the row's walk begins with this step.
    fn is_first(&self) -> bool {
        let last = self.snapshot.header.length().saturating_sub(1);
        self.step == if self.is_backward_row() { last } else { 0 }
    }

    /// The height at which a row's links run: the cell state above the hidden state.
    fn height(&self) -> f64 {
        let (top, height) = self.layout.row(self.row);
        let part = if self.kind == Carried::Cell { 0.3 } else { 0.6 };
        top + height * part
    }

    /// The link behind this step in the direction of the row's walk. Backwards it is that through which the
    /// gradient has come to this step.
    fn onwards(&self, strength: Option<f32>) -> Link {
        let (left, width) = self.layout.strip(self.step);
        let gap = self.layout.link_width();
        let (near, far) =
            if self.is_backward_row() { (left, left - gap) } else { (left + width, left + width + gap) };
        let last = if self.is_backward_row() { 0 } else { self.snapshot.header.length().saturating_sub(1) };
        let course = if self.step == last { Course::Edge } else { Course::Time };
        self.link(course, (near, far), strength)
    }

    /// The link before the first step.
    fn carried_in(&self, strength: Option<f32>) -> Link {
        let (left, width) = self.layout.strip(self.step);
        let gap = self.layout.link_width().max(8.0);
        let (far, near) =
            if self.is_backward_row() { (left + width + gap, left + width) } else { (left - gap, left) };
        self.link(Course::Edge, (far, near), strength)
    }

    fn link(&self, course: Course, (from, to): (f64, f64), strength: Option<f32>) -> Link {
        let y = self.height();
        let (from, to) = if self.pass == Pass::Forward { (from, to) } else { (to, from) };
        let (carried, step) = (self.kind, self.step);
        Link { carried, course, step, from: (from, y), to: (to, y), strength }
    }

    /// A link from below to above, or down again in the backward pass. `share` moves it sideways, so that
    /// those of two directions stand beside each other.
    fn upright(
        &self,
        share: f64,
        (below, above): (f64, f64),
        strength: Option<f32>,
        carried: Carried,
    ) -> Link {
        let x = self.layout.middle_of(self.step) + share;
        let (from, to) = if self.pass == Pass::Forward { (below, above) } else { (above, below) };
        Link { carried, course: Course::Up, step: self.step, from: (x, from), to: (x, to), strength }
    }
}

/// The links into and out of a cell that do not run through time.
fn up_links(scene: &Scene<'_>, own: Option<f32>, input: Option<f32>, links: &mut Vec<Link>) {
    let Scene { snapshot, layout, row, .. } = *scene;
    let header = &snapshot.header;
    let layer = header.row(row).layer;
    let (_, strip) = layout.strip(scene.step);
    // With two directions the inner links pass the other direction's cell on its side.
    let side = |other: usize| {
        if header.is_bidirectional && other.abs_diff(row) > 1 { strip / 2.0 + 1.0 } else { 0.0 }
    };
    let bottom_of = |row: usize| layout.row(row).0 + layout.row(row).1;
    if layer == 0 {
        let sideways = if header.row(row).is_backward { strip / 2.0 + 1.0 } else { 0.0 };
        links.push(scene.upright(sideways, (layout.input_top(), bottom_of(row)), input, Carried::Input));
    }
    let above = (row + 1..header.rows()).filter(|&other| header.row(other).layer == layer + 1);
    let mut is_top = true;
    for other in above {
        is_top = false;
        let link = scene.upright(side(other), (layout.row(row).0, bottom_of(other)), own, Carried::Hidden);
        links.push(link);
    }
    let is_predicted =
        header.predictions.binary_search_by_key(&(scene.step as u32), |found| found.step).is_ok();
    if is_top && is_predicted {
        let is_hidden_by_other = header.is_bidirectional && !header.row(row).is_backward;
        let sideways = if is_hidden_by_other { strip / 2.0 + 1.0 } else { 0.0 };
        links.push(scene.upright(sideways, (layout.row(row).0, 2.0 * OUTCOME_HEIGHT), own, Carried::Hidden));
    }
}

#[cfg(test)]
mod tests {
    use super::super::layout::{Extent, Zoom};
    use super::*;
    use rnn_protocol::{Prediction, SnapshotHeader};

    fn snapshot(is_bidirectional: bool, length: Option<u32>) -> Snapshot {
        let mut header = SnapshotHeader {
            symbols: ["a", "b", "c"].map(String::from).to_vec(),
            length,
            is_carried: true,
            layers: 2,
            is_bidirectional,
            units: 2,
            predictions: vec![Prediction { step: 1, ..Prediction::default() }],
            flows: vec![Flow::Input, Flow::Hidden, Flow::HiddenGradient, Flow::CarriedHidden],
            ..SnapshotHeader::default()
        };
        header.parameters = Vec::new();
        let mut values = vec![0.0; header.value_count()];
        let flows = header.rows() * 3 * 4;
        // ‖x‖ 1, 2, 4; ‖h‖ counts up, ‖∂L/∂h‖ down; 1 and 2 were carried in.
        values.truncate(flows);
        values.extend([1.0, 2.0, 4.0]);
        let rows = header.rows();
        values.extend((1..=rows * 3).map(|number| number as f32));
        values.extend((1..=rows * 3).rev().map(|number| number as f32));
        values.extend((1..=rows).map(|number| number as f32));
        Snapshot::new(header, values).unwrap()
    }

    fn links(snapshot: &Snapshot, pass: Pass) -> Vec<Link> {
        let layout = Layout::new(Extent::of(&snapshot.header), (400.0, 500.0), 0.0, Zoom::Whole);
        links_of(snapshot, &layout, 0..3, pass)
    }

    fn through_time(links: &[Link]) -> Vec<&Link> {
        links.iter().filter(|link| link.course == Course::Time).collect()
    }

    #[test]
    fn a_state_goes_to_the_next_step_and_is_as_thick_as_its_norm() {
        let links = links(&snapshot(false, None), Pass::Forward);
        let time = through_time(&links);
        assert_eq!(time.len(), 2 * 2);
        assert!(time.iter().all(|link| link.from.0 < link.to.0));
        // ‖h‖ of row 1, step 0 is 4 of at most 6.
        let upper = time.iter().filter(|link| link.step == 0).map(|link| link.strength.unwrap());
        assert_eq!(upper.collect::<Vec<_>>(), [1.0 / 6.0, 4.0 / 6.0]);
        let input: Vec<_> = links.iter().filter(|link| link.carried == Carried::Input).collect();
        assert_eq!(input.len(), 3, "only the first layer reads");
        assert_eq!(input[1].strength, Some(0.5));
        assert!(input[1].from.1 > input[1].to.1, "from below");
    }

    #[test]
    fn what_was_carried_in_stands_at_the_left_edge() {
        let of = |pass| links(&snapshot(false, None), pass);
        let edge = |links: &[Link], step| {
            let at = |link: &&Link| link.course == Course::Edge && link.step == step;
            links.iter().filter(at).map(|link| link.strength.unwrap()).collect::<Vec<_>>()
        };
        let forward = of(Pass::Forward);
        assert_eq!(edge(&forward, 0), [1.0 / 6.0, 2.0 / 6.0]);
        assert_eq!(edge(&forward, 2), [3.0 / 6.0, 1.0], "handed to the next window");
        let backward = of(Pass::Backward);
        assert!([0, 2].iter().all(|&step| edge(&backward, step).is_empty()), "there the gradient is cut");
    }

    #[test]
    fn the_gradient_flows_back_and_is_known_through_time_alone() {
        let links = links(&snapshot(false, None), Pass::Backward);
        let time = through_time(&links);
        assert!(time.iter().all(|link| link.from.0 > link.to.0));
        // ‖∂L/∂h‖ of row 0, step 1 is 5 of at most 6.
        let found = time.iter().find(|link| link.step == 1).map(|link| link.strength);
        assert_eq!(found, Some(Some(5.0 / 6.0)));
        let up: Vec<_> = links.iter().filter(|link| link.course == Course::Up).collect();
        assert!(up.iter().all(|link| link.strength.is_none() && link.from.1 < link.to.1));
    }

    #[test]
    fn a_prediction_is_linked_where_there_is_one() {
        let links = links(&snapshot(false, None), Pass::Forward);
        let layout = Layout::new(Extent::of(&snapshot(false, None).header), (400.0, 500.0), 0.0, Zoom::Whole);
        let out: Vec<_> = links.iter().filter(|link| link.to.1 == layout.outcome_height()).collect();
        assert_eq!(out.iter().map(|link| link.step).collect::<Vec<_>>(), [1]);
    }

    #[test]
    fn a_layer_that_walks_back_hands_its_state_to_the_left() {
        let links = links(&snapshot(true, None), Pass::Forward);
        let time = through_time(&links);
        assert_eq!(time.len(), 4 * 2);
        let leftwards = time.iter().filter(|link| link.from.0 > link.to.0).count();
        assert_eq!(leftwards, 2 * 2);
        assert!(time.iter().all(|link| link.step != 0 || link.from.0 < link.to.0), "step 0 ends that walk");
        // Both directions of the first layer read, both feed both of the second.
        let up = |carried| {
            links.iter().filter(|link| link.course == Course::Up && link.carried == carried).count()
        };
        assert_eq!(up(Carried::Input), 2 * 3);
        assert_eq!(up(Carried::Hidden), 4 * 3 + 2);
    }

    #[test]
    fn padding_has_no_links_and_a_walk_back_begins_before_it() {
        let links = links(&snapshot(true, Some(2)), Pass::Forward);
        assert!(links.iter().all(|link| link.step < 2));
        let carried_in = links.iter().filter(|link| link.course == Course::Edge && link.from.0 > link.to.0);
        assert!(carried_in.clone().any(|link| link.step == 1), "the second step is the first of that walk");
    }
}
