//! How a kernel slides over an image that is padded with zeros.

use crate::ComputeError;
use crate::tape::{Shape, at_least_one};
use std::ops::Range;

/// The windows of a kernel over an image. The first of each pair is vertical, the second horizontal.
///
/// With `p` zeros on every side, the window at position `o` covers the image's numbers
/// `o·stride − p .. o·stride − p + kernel`, of which those outside the image are padding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Windows {
    /// Height and width of the image, H and W.
    pub image: [usize; 2],
    /// Height and width of the kernel, KH and KW.
    pub kernel: [usize; 2],
    /// From one window to the next.
    pub stride: usize,
    /// Zeros on each side.
    pub padding: usize,
    /// How many windows there are, OH and OW: `⌊(image + 2·padding − kernel) / stride⌋ + 1`.
    pub positions: [usize; 2],
}

impl Windows {
    /// The windows of a kernel that must fit the padded image.
    ///
    /// # Errors
    /// If it does not, or a size is zero.
    pub fn new(
        op: &'static str,
        image: [usize; 2],
        kernel: [usize; 2],
        stride: usize,
        padding: usize,
    ) -> Result<Self, ComputeError> {
        at_least_one("stride", stride)?;
        for (image, kernel) in image.into_iter().zip(kernel) {
            at_least_one("size of an image", image)?;
            at_least_one("size of a kernel", kernel)?;
        }
        let padded = image.map(|size| size.saturating_add(padding.saturating_mul(2)));
        if kernel[0] > padded[0] || kernel[1] > padded[1] {
            return Err(ComputeError::KernelSize {
                op,
                image: Shape::from(padded),
                kernel: Shape::from(kernel),
            });
        }
        let positions = [0, 1].map(|axis| ((padded[axis] - kernel[axis]) / stride).saturating_add(1));
        Ok(Self { image, kernel, stride, padding, positions })
    }

    /// Numbers of the image.
    pub(super) fn image_len(self) -> usize {
        self.image[0] * self.image[1]
    }

    /// The positions along an axis at which number `offset` of the kernel lies inside the image.
    pub(super) fn inside(self, axis: usize, offset: usize) -> Range<usize> {
        let first = self.padding.saturating_sub(offset).div_ceil(self.stride);
        let end = (self.image[axis] + self.padding).saturating_sub(offset).div_ceil(self.stride);
        let end = end.min(self.positions[axis]);
        first.min(end)..end
    }

    /// Where along an axis number `offset` of the kernel lies at a position, if it is inside the image.
    pub(super) fn place(self, axis: usize, position: usize, offset: usize) -> Option<usize> {
        let place = (position * self.stride + offset).checked_sub(self.padding)?;
        (place < self.image[axis]).then_some(place)
    }

    /// What of the image the window at a position covers along an axis.
    pub(super) fn covered(self, axis: usize, position: usize) -> Range<usize> {
        let start = position * self.stride;
        let end = (start + self.kernel[axis]).saturating_sub(self.padding).min(self.image[axis]);
        start.saturating_sub(self.padding).min(end)..end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_those_of_the_windows_written_out() {
        for (size, kernel, stride, padding) in [
            (5, 3, 1, 0),
            (5, 3, 1, 1),
            (7, 2, 2, 0),
            (8, 3, 2, 1),
            (3, 5, 1, 1),
            (2, 2, 3, 3),
            (1, 1, 1, 0),
            (6, 4, 5, 2),
        ] {
            let windows = Windows::new("test", [size, 1], [kernel, 1], stride, padding).unwrap();
            let starts =
                (0..size + 2 * padding).step_by(stride).filter(|start| start + kernel <= size + 2 * padding);
            assert_eq!(starts.clone().count(), windows.positions[0]);
            for (position, start) in starts.enumerate() {
                let places: Vec<_> = (start..start + kernel)
                    .map(|place| place.checked_sub(padding).filter(|&place| place < size))
                    .collect();
                let found: Vec<_> = (0..kernel).map(|offset| windows.place(0, position, offset)).collect();
                assert_eq!(found, places);
                assert!(windows.covered(0, position).eq(places.iter().copied().flatten()));
                for (offset, place) in places.iter().enumerate() {
                    assert_eq!(windows.inside(0, offset).contains(&position), place.is_some());
                }
            }
        }
    }

    #[test]
    fn windows_that_do_not_fit_are_refused() {
        let windows = |image, kernel, stride, padding| Windows::new("test", image, kernel, stride, padding);
        assert!(windows([3, 3], [3, 3], 1, 0).is_ok());
        let error = windows([3, 2], [3, 5], 1, 1).unwrap_err();
        assert_eq!(error.to_string(), "test: the kernel must fit the padded image [5, 4], found [3, 5]");
        assert_eq!(windows([3, 3], [2, 2], 0, 0), Err(ComputeError::ZeroSize { what: "stride" }));
        assert!(windows([0, 3], [1, 1], 1, 1).is_err() && windows([3, 3], [0, 1], 1, 0).is_err());
        // Nothing overflows.
        let huge = windows([usize::MAX, usize::MAX], [1, 1], 1, usize::MAX).unwrap();
        assert_eq!(huge.positions, [usize::MAX; 2]);
    }
}
