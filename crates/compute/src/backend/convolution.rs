//! Convolution as a matrix product: images laid out as rows, one row for each position of the window.
//!
//! Symbols: N images, C channels in, O channels out, windows as in [`Windows`]. An output line is what the
//! window leaves in one sweep from left to right: there are N·OH of OW positions each, numbered image by
//! image and from top to bottom.

use super::host::Host;
use super::{At, Memory, Windows};
use crate::Real;
use std::ops::Range;

/// Output lines of a convolution of images `[N, C, H, W]` to `[N, O, OH, OW]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConvolutionLines {
    /// How the kernel slides.
    pub windows: Windows,
    /// Channels in, C.
    pub inputs: usize,
    /// Channels out, O.
    pub outputs: usize,
    /// The first line.
    pub first: usize,
    /// How many lines.
    pub count: usize,
}

impl ConvolutionLines {
    /// Numbers that meet in one number of the output, C·KH·KW.
    fn window_len(self) -> usize {
        self.inputs * self.windows.kernel[0] * self.windows.kernel[1]
    }

    /// Each line's image and height, with the rows of its positions.
    fn lines(self) -> impl Iterator<Item = (usize, usize, Range<usize>)> {
        let [height, width] = self.windows.positions;
        (0..self.count).map(move |index| {
            let line = self.first + index;
            (line / height, line % height, index * width..(index + 1) * width)
        })
    }

    /// Where a line of the image that a line of the output reads lies, if it is not padding.
    fn input_line(
        self,
        image: usize,
        channel: usize,
        position: usize,
        offset: usize,
    ) -> Option<Range<usize>> {
        let [height, width] = self.windows.image;
        let y = self.windows.place(0, position, offset)?;
        let start = ((image * self.inputs + channel) * height + y) * width;
        Some(start..start + width)
    }

    /// Where a line of a channel of the output lies.
    fn output_line(self, image: usize, channel: usize, position: usize) -> Range<usize> {
        let [height, width] = self.windows.positions;
        let start = ((image * self.outputs + channel) * height + position) * width;
        start..start + width
    }
}

/// Moving images to rows and back. Rows are counted from the first line of the kernel's dimensions.
pub trait Convolution: Memory {
    /// `rows[(n, oy, ox), (c, ky, kx)] = images[n, c, oy·stride + ky − padding, ox·stride + kx − padding]`,
    /// 0 outside the image: what the window sees at each position.
    fn unfold(&self, lines: ConvolutionLines, images: At<&Self::Buffer>, rows: &mut Self::Buffer);
    /// Adds each row to the images at the places that [`Convolution::unfold`] took it from.
    fn fold(&self, lines: ConvolutionLines, rows: &Self::Buffer, images: At<&mut Self::Buffer>);
    /// `images[n, o, oy, ox] = rows[(n, oy, ox), o]`.
    fn channels_first(&self, lines: ConvolutionLines, rows: &Self::Buffer, images: At<&mut Self::Buffer>);
    /// `rows[(n, oy, ox), o] = images[n, o, oy, ox]`.
    fn channels_last(&self, lines: ConvolutionLines, images: At<&Self::Buffer>, rows: &mut Self::Buffer);
}

impl<H: Host> Convolution for H {
    fn unfold(&self, lines: ConvolutionLines, At(images, start): At<&Self::Buffer>, rows: &mut Self::Buffer) {
        let (images, width) = (&images[start..], lines.window_len());
        rows[..lines.count * lines.windows.positions[1] * width].fill(H::Elem::ZERO);
        for_each_run(lines, |run| {
            let source = &images[run.line][run.first..];
            let target = &mut rows[run.rows.start * width..run.rows.end * width][run.column..];
            for (target, &source) in target.iter_mut().step_by(width).zip(source.iter().step_by(run.stride)) {
                *target = source;
            }
        });
    }

    fn fold(&self, lines: ConvolutionLines, rows: &Self::Buffer, At(images, start): At<&mut Self::Buffer>) {
        let (images, width) = (&mut images[start..], lines.window_len());
        for_each_run(lines, |run| {
            let source = &rows[run.rows.start * width..run.rows.end * width][run.column..];
            let target = &mut images[run.line][run.first..];
            for (target, &source) in target.iter_mut().step_by(run.stride).zip(source.iter().step_by(width)) {
                *target += source;
            }
        });
    }

    fn channels_first(
        &self,
        lines: ConvolutionLines,
        rows: &Self::Buffer,
        At(images, start): At<&mut Self::Buffer>,
    ) {
        let (images, width) = (&mut images[start..], lines.outputs);
        for (image, position, line_rows) in lines.lines() {
            let rows = &rows[line_rows.start * width..line_rows.end * width];
            for channel in 0..width {
                let target = &mut images[lines.output_line(image, channel, position)];
                for (target, &source) in target.iter_mut().zip(rows[channel..].iter().step_by(width)) {
                    *target = source;
                }
            }
        }
    }

    fn channels_last(
        &self,
        lines: ConvolutionLines,
        At(images, start): At<&Self::Buffer>,
        rows: &mut Self::Buffer,
    ) {
        let (images, width) = (&images[start..], lines.outputs);
        for (image, position, line_rows) in lines.lines() {
            let rows = &mut rows[line_rows.start * width..line_rows.end * width];
            for channel in 0..width {
                let source = &images[lines.output_line(image, channel, position)];
                for (target, &source) in rows[channel..].iter_mut().step_by(width).zip(source) {
                    *target = source;
                }
            }
        }
    }
}

/// What one number of the kernel sees in one sweep over the image.
struct Run {
    /// The line of the image, and the first number of it that is seen.
    line: Range<usize>,
    first: usize,
    /// From one number to the next.
    stride: usize,
    /// The rows that they belong to, and their place in each.
    rows: Range<usize>,
    column: usize,
}

/// Every run of some lines: line by line, then by the kernel's numbers in order. Padding is left out.
fn for_each_run(lines: ConvolutionLines, mut visit: impl FnMut(Run)) {
    let windows = lines.windows;
    let [kernel_height, kernel_width] = windows.kernel;
    for (image, position, rows) in lines.lines() {
        for channel in 0..lines.inputs {
            for ky in 0..kernel_height {
                let Some(line) = lines.input_line(image, channel, position, ky) else { continue };
                for kx in 0..kernel_width {
                    let inside = windows.inside(1, kx);
                    let Some(first) = windows.place(1, inside.start, kx).filter(|_| !inside.is_empty())
                    else {
                        continue;
                    };
                    visit(Run {
                        line: line.clone(),
                        first,
                        stride: windows.stride,
                        rows: rows.start + inside.start..rows.start + inside.end,
                        column: (channel * kernel_height + ky) * kernel_width + kx,
                    });
                }
            }
        }
    }
}
