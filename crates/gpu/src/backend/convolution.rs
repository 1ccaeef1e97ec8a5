//! Convolution's images as rows, and back.

use crate::Buffer;
use crate::buffer::word;
use crate::gpu::Gpu;
use crate::kernel::{Groups, kernels};
use rnn_compute::backend::{At, Convolution, ConvolutionLines};

kernels! {
    UNFOLD(Unfold {
        images_start: u32, image_height: u32, image_width: u32, kernel_height: u32, kernel_width: u32,
        stride: u32, padding: u32, out_height: u32, out_width: u32, channels: u32, first: u32, count: u32,
    }) = "unfold" [Read, Write];
    FOLD(Unfold) = "fold" [Read, Write];
    CHANNELS_FIRST(Channels {
        images_start: u32, out_height: u32, out_width: u32, channels: u32, first: u32, count: u32,
    }) = "channels_first" [Read, Write];
    CHANNELS_LAST(Channels) = "channels_last" [Read, Write];
}

/// Images that some lines are of: the first, and the one behind the last.
fn images(lines: ConvolutionLines) -> [usize; 2] {
    let height = lines.windows.positions[0];
    [lines.first / height, (lines.first + lines.count).div_ceil(height)]
}

/// Numbers in an image, and in the rows of some lines.
fn unfolded(lines: ConvolutionLines) -> [usize; 2] {
    let ([height, width], [kernel_height, kernel_width]) = (lines.windows.image, lines.windows.kernel);
    let row = lines.inputs * kernel_height * kernel_width;
    [lines.inputs * height * width, lines.count * lines.windows.positions[1] * row]
}

fn unfold_params(lines: ConvolutionLines, images_start: u32) -> Unfold {
    let windows = lines.windows;
    Unfold {
        images_start,
        image_height: word(windows.image[0]),
        image_width: word(windows.image[1]),
        kernel_height: word(windows.kernel[0]),
        kernel_width: word(windows.kernel[1]),
        stride: word(windows.stride),
        padding: word(windows.padding),
        out_height: word(windows.positions[0]),
        out_width: word(windows.positions[1]),
        channels: word(lines.inputs),
        first: word(lines.first),
        count: word(lines.count),
    }
}

fn channels_params(lines: ConvolutionLines, images: &Buffer, start: usize) -> (Channels, usize) {
    let [height, width] = lines.windows.positions;
    let [_, end] = self::images(lines);
    let params = Channels {
        images_start: images.0.start(start, end * lines.outputs * height * width),
        out_height: word(height),
        out_width: word(width),
        channels: word(lines.outputs),
        first: word(lines.first),
        count: word(lines.count),
    };
    (params, lines.count * width * lines.outputs)
}

impl Convolution for Gpu {
    fn unfold(&self, lines: ConvolutionLines, At(images, start): At<&Buffer>, rows: &mut Buffer) {
        let ([image_len, rows_len], [_, end]) = (unfolded(lines), self::images(lines));
        rows.0.start(0, rows_len);
        let params = unfold_params(lines, images.0.start(start, end * image_len));
        self.run(&UNFOLD, params, [&images.0, &rows.0], Groups::over(rows_len));
    }

    fn fold(&self, lines: ConvolutionLines, rows: &Buffer, At(images, start): At<&mut Buffer>) {
        let ([image_len, rows_len], [first, end]) = (unfolded(lines), self::images(lines));
        rows.0.start(0, rows_len);
        let params = unfold_params(lines, images.0.start(start, end * image_len));
        let len = if lines.count == 0 { 0 } else { (end - first) * image_len };
        self.run(&FOLD, params, [&rows.0, &images.0], Groups::over(len));
    }

    fn channels_first(&self, lines: ConvolutionLines, rows: &Buffer, At(images, start): At<&mut Buffer>) {
        let (params, len) = channels_params(lines, images, start);
        rows.0.start(0, len);
        self.run(&CHANNELS_FIRST, params, [&rows.0, &images.0], Groups::over(len));
    }

    fn channels_last(&self, lines: ConvolutionLines, At(images, start): At<&Buffer>, rows: &mut Buffer) {
        let (params, len) = channels_params(lines, images, start);
        rows.0.start(0, len);
        self.run(&CHANNELS_LAST, params, [&images.0, &rows.0], Groups::over(len));
    }
}
