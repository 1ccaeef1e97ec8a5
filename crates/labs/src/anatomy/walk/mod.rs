//! The walk through a sentence, line by line: forwards to the loss, backwards to every weight.
//!
//! What each line computes from what is said once, by [`forward`] and [`backward`]; a [`Course`] follows it with
//! numbers. Where the tape has the result of a line, the line bears that number; the others are worked out in
//! double precision from their operands.

mod backward;
mod course;
mod forward;
mod shape;
mod tables;
#[cfg(test)]
mod tests;

use super::reader::Reader;
use course::Course;
use rnn_protocol::{WalkLook, WalkRequest};
use shape::Shape;

/// Walks through what the reader has read, and keeps the lines that are asked for.
pub(super) fn walk(reader: &Reader, request: WalkRequest) -> Option<WalkLook> {
    let shape = Shape::new(reader)?;
    let mut course = Course::new(reader, &shape, request);
    forward::write(&mut course, &shape);
    backward::write(&mut course, &shape);
    let tables = tables::tables(&course, &shape);
    Some(WalkLook {
        step: 0,
        form: shape.form,
        inputs: shape.inputs as u32,
        units: shape.units as u32,
        symbols: reader.sentence.symbols.clone(),
        tokens: reader.sentence.ids.clone(),
        token_count: reader.sentence.token_count as u32,
        sections: course.sections,
        count: course.count,
        first: request.first.min(course.count),
        lines: course.lines,
        tables,
    })
}
