//! A backend that notes what is drawn, for tests.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters_backend::{BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingErrorKind};
use std::cell::RefCell;
use std::convert::Infallible;
use std::rc::Rc;

/// What was drawn.
#[derive(Debug, Clone, Default)]
pub(super) struct Drawing {
    pub(super) texts: Vec<String>,
    pub(super) circles: usize,
    pub(super) longest_path: usize,
    pub(super) paths: usize,
    pub(super) polygons: usize,
}

pub(super) struct Recorder {
    size: (u32, u32),
    drawing: Rc<RefCell<Drawing>>,
}

impl Recorder {
    pub(super) fn record(width: u32, height: u32, draw: impl FnOnce(&DrawingArea<Self, Shift>)) -> Drawing {
        let drawing = Rc::new(RefCell::default());
        draw(&Self { size: (width, height), drawing: Rc::clone(&drawing) }.into_drawing_area());
        drawing.take()
    }
}

type Answer = Result<(), DrawingErrorKind<Infallible>>;

impl DrawingBackend for Recorder {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        self.size
    }

    fn ensure_prepared(&mut self) -> Answer {
        Ok(())
    }

    fn present(&mut self) -> Answer {
        Ok(())
    }

    fn draw_pixel(&mut self, _point: BackendCoord, _color: BackendColor) -> Answer {
        Ok(())
    }

    fn draw_line<S: BackendStyle>(&mut self, _from: BackendCoord, _to: BackendCoord, _style: &S) -> Answer {
        Ok(())
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        _style: &S,
    ) -> Answer {
        let mut drawing = self.drawing.borrow_mut();
        drawing.longest_path = drawing.longest_path.max(path.into_iter().count());
        drawing.paths += 1;
        Ok(())
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        _vertices: I,
        _style: &S,
    ) -> Answer {
        self.drawing.borrow_mut().polygons += 1;
        Ok(())
    }

    fn draw_circle<S: BackendStyle>(
        &mut self,
        _center: BackendCoord,
        _radius: u32,
        _style: &S,
        _fill: bool,
    ) -> Answer {
        self.drawing.borrow_mut().circles += 1;
        Ok(())
    }

    fn draw_text<T: BackendTextStyle>(&mut self, text: &str, _style: &T, _pos: BackendCoord) -> Answer {
        self.drawing.borrow_mut().texts.push(text.to_owned());
        Ok(())
    }

    fn estimate_text_size<T: BackendTextStyle>(
        &self,
        text: &str,
        style: &T,
    ) -> Result<(u32, u32), DrawingErrorKind<Infallible>> {
        Ok((text.chars().count() as u32 * style.size() as u32 / 2, style.size() as u32))
    }
}
