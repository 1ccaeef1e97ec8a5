//! The largest number of each window of an image, and the mean of each image.

use super::{Agreement, buffer, host, numbers, truth};
#[cfg(test)]
use super::{CPU, assert_within};
use crate::backend::{At, ImagePoolDims, ImagePooling, Windows};

/// Images, and what slides over them.
#[derive(Debug)]
pub(super) struct Geometry {
    /// Height and width.
    pub(super) image: [usize; 2],
    /// Height and width.
    pub(super) kernel: [usize; 2],
    pub(super) stride: usize,
    pub(super) padding: usize,
    /// In and out.
    pub(super) channels: [usize; 2],
}

const fn geometry(
    image: [usize; 2],
    kernel: [usize; 2],
    [stride, padding]: [usize; 2],
    channels: [usize; 2],
) -> Geometry {
    Geometry { image, kernel, stride, padding, channels }
}

/// Windows that overlap, that touch, with gaps between them, and beyond the borders.
pub(super) const GEOMETRIES: [Geometry; 12] = [
    geometry([1, 1], [1, 1], [1, 0], [1, 1]),
    geometry([5, 7], [3, 3], [1, 1], [2, 3]),
    geometry([7, 5], [3, 2], [2, 1], [3, 2]),
    geometry([8, 9], [2, 2], [2, 0], [1, 5]),
    geometry([6, 6], [4, 5], [5, 2], [2, 2]),
    geometry([31, 33], [3, 3], [1, 1], [1, 4]),
    geometry([4, 4], [2, 3], [3, 2], [3, 1]),
    geometry([1, 65], [1, 7], [1, 3], [7, 1]),
    geometry([127, 1], [5, 1], [2, 2], [2, 7]),
    geometry([9, 11], [5, 4], [2, 2], [31, 1]),
    geometry([3, 4], [2, 2], [1, 0], [33, 65]),
    geometry([10, 13], [3, 4], [4, 0], [1, 2]),
];

/// The first layers of a captioner: pictures of 3×32×32, and what 16 filters make of them, half as large.
pub(super) const REAL_IMAGES: [Geometry; 2] =
    [geometry([32, 32], [3, 3], [1, 1], [3, 16]), geometry([32, 32], [2, 2], [2, 0], [16, 32])];

/// The windows.
#[expect(clippy::unwrap_used, reason = "the kernels above fit their images")]
pub(super) fn windows(&Geometry { image, kernel, stride, padding, .. }: &Geometry) -> Windows {
    Windows::new("test", image, kernel, stride, padding).unwrap()
}

/// All sizes.
pub(super) fn shape(geometry: &Geometry) -> Vec<usize> {
    let &Geometry { image, kernel, stride, padding, channels } = geometry;
    [channels, image, kernel, [stride, padding]].concat()
}

/// All planes but the first, pooled both ways: as many images as there are channels.
fn run<B: ImagePooling>(backend: &B, geometry: &Geometry) -> Vec<f64> {
    let windows = windows(geometry);
    let planes = 4 * geometry.channels[0];
    let dims = ImagePoolDims { windows, first: 1, count: planes - 1 };
    let [size, outputs] = [windows.image, windows.positions].map(|[height, width]| height * width);
    let (planes_len, result_len) = (3 + planes * size, 2 + planes * outputs);
    // Few different numbers, so that there are equals.
    let mut drawn: Vec<_> = numbers(planes_len, 1).iter().map(|x| x.round()).collect();
    drawn[3 + planes * size - 1] = f64::NAN;
    let images = buffer(backend, &drawn);
    let mut result = buffer(backend, &numbers(result_len, 2));
    let d_result = buffer(backend, &numbers(result_len, 3));
    let mut d_images = buffer(backend, &numbers(planes_len, 4));
    let mut means = buffer(backend, &numbers(planes + 2, 5));
    backend.max_pool_forward(dims, At(&images, 3), At(&mut result, 2));
    backend.max_pool_backward(dims, At(&images, 3), At(&d_result, 1), At(&mut d_images, 2));
    backend.plane_means(At(&images, 1), At(&mut means, 2), planes, size);
    backend.plane_means_backward(At(&means, 1), At(&mut d_images, 3), planes, size);
    let parts = [(&result, result_len), (&d_images, planes_len), (&means, planes + 2)];
    parts.into_iter().flat_map(|(numbers, len)| host(backend, numbers, len)).collect()
}

/// Every scenario of this suite, compared with the scalar reference. Shapes: those of
/// [`super::convolution`].
#[must_use]
pub fn agreement<B: ImagePooling>(backend: &B) -> Vec<Agreement> {
    let mut agreement = Agreement::new("pooling over images");
    for geometry in GEOMETRIES.iter().chain(&REAL_IMAGES) {
        // No window lies in the padding alone.
        let padding = geometry.padding.min(geometry.kernel[0].min(geometry.kernel[1]) / 2);
        let geometry = &Geometry { padding, ..*geometry };
        agreement.compare(&shape(geometry), &run(backend, geometry), &run(&truth(), geometry));
    }
    vec![agreement]
}

#[test]
fn pooling_agrees() {
    // Measured 3.4e-7.
    assert_within(&agreement(&CPU), &[1e-6]);
}
