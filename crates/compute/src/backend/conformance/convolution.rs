//! Images laid out for matrix products, and back.

use super::image_pooling::{GEOMETRIES, Geometry, REAL_IMAGES, shape, windows};
use super::{Agreement, buffer, host, numbers, truth};
#[cfg(test)]
use super::{CPU, assert_within};
use crate::backend::{At, Convolution, ConvolutionLines};

/// Images.
const BATCH: usize = 3;

/// Some lines of the outputs of all images, taken apart and put together.
fn run<B: Convolution>(backend: &B, geometry: &Geometry, [first, count]: [usize; 2]) -> Vec<f64> {
    let &Geometry { image, kernel, channels: [inputs, outputs], .. } = geometry;
    let windows = windows(geometry);
    let lines = ConvolutionLines { windows, inputs, outputs, first, count };
    let ([height, width], window) = (windows.positions, inputs * kernel[0] * kernel[1]);
    let image_len = 3 + BATCH * inputs * image[0] * image[1];
    let output_len = 2 + BATCH * outputs * height * width;
    let (rows_len, channels_len) = (count * width * window + 2, count * width * outputs + 2);
    let mut images = buffer(backend, &numbers(image_len, 1));
    let mut rows = buffer(backend, &numbers(rows_len, 2));
    let mut results = buffer(backend, &numbers(output_len, 3));
    let mut channels = buffer(backend, &numbers(channels_len, 4));
    backend.unfold(lines, At(&images, 3), &mut rows);
    backend.fold(lines, &rows, At(&mut images, 2));
    backend.channels_last(lines, At(&results, 2), &mut channels);
    backend.channels_first(lines, &channels, At(&mut results, 1));
    let parts = [(&images, image_len), (&rows, rows_len), (&results, output_len), (&channels, channels_len)];
    parts.into_iter().flat_map(|(numbers, len)| host(backend, numbers, len)).collect()
}

/// Every scenario of this suite, compared with the scalar reference. Shapes: channels in and out, height and
/// width of the image and of the kernel, stride, padding.
#[must_use]
pub fn agreement<B: Convolution>(backend: &B) -> Vec<Agreement> {
    let mut agreement = Agreement::new("convolution");
    for geometry in GEOMETRIES.iter().chain(&REAL_IMAGES) {
        let [height, _] = windows(geometry).positions;
        let all = BATCH * height;
        // All lines; some that begin and end within an image; the second image; the last line.
        for [first, count] in [[0, all], [1, 2 * height], [height, height], [all - 1, 1]] {
            let count = count.min(all - first);
            let lines = [first, count];
            agreement.compare(
                &shape(geometry),
                &run(backend, geometry, lines),
                &run(&truth(), geometry, lines),
            );
        }
    }
    vec![agreement]
}

#[test]
fn convolution_agrees() {
    // Measured 2.7e-7.
    assert_within(&agreement(&CPU), &[9e-7]);
}
