//! The largest number of each window of an image, and the mean of each image.

use super::host::Host;
use super::{At, Memory, Windows};
use crate::Real;

/// Windows over planes `[H, W]`, of which an image has one for each channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImagePoolDims {
    /// How the window slides over each plane.
    pub windows: Windows,
    /// The first plane.
    pub first: usize,
    /// How many planes.
    pub count: usize,
}

/// ImagePooling over planes that lie one after the other.
pub trait ImagePooling: Memory {
    /// `target[plane, oy, ox]` is the largest number of the window, padding left out; NaN if one is NaN.
    fn max_pool_forward(&self, dims: ImagePoolDims, planes: At<&Self::Buffer>, target: At<&mut Self::Buffer>);
    /// Adds `d_target[plane, oy, ox]` where in `d_planes` that number was found: at the first, in order of
    /// lines, of equal ones.
    fn max_pool_backward(
        &self,
        dims: ImagePoolDims,
        planes: At<&Self::Buffer>,
        d_target: At<&Self::Buffer>,
        d_planes: At<&mut Self::Buffer>,
    );
    /// `means[plane]` is the mean of the plane's `size` numbers.
    fn plane_means(&self, planes: At<&Self::Buffer>, means: At<&mut Self::Buffer>, count: usize, size: usize);
    /// Adds `d_means[plane] / size` to each number of the plane.
    fn plane_means_backward(
        &self,
        d_means: At<&Self::Buffer>,
        d_planes: At<&mut Self::Buffer>,
        count: usize,
        size: usize,
    );
}

impl<H: Host> ImagePooling for H {
    fn max_pool_forward(
        &self,
        dims: ImagePoolDims,
        At(planes, planes_start): At<&Self::Buffer>,
        At(target, target_start): At<&mut Self::Buffer>,
    ) {
        let (planes, target) = (&planes[planes_start..], &mut target[target_start..]);
        for_each_winner(dims, planes, |winner, output| target[output] = planes[winner]);
    }

    fn max_pool_backward(
        &self,
        dims: ImagePoolDims,
        At(planes, planes_start): At<&Self::Buffer>,
        At(d_target, d_target_start): At<&Self::Buffer>,
        At(d_planes, d_planes_start): At<&mut Self::Buffer>,
    ) {
        let (d_target, d_planes) = (&d_target[d_target_start..], &mut d_planes[d_planes_start..]);
        for_each_winner(dims, &planes[planes_start..], |winner, output| d_planes[winner] += d_target[output]);
    }

    fn plane_means(
        &self,
        At(planes, planes_start): At<&Self::Buffer>,
        At(means, means_start): At<&mut Self::Buffer>,
        count: usize,
        size: usize,
    ) {
        let planes = planes[planes_start..][..count * size].chunks_exact(size);
        for (mean, plane) in means[means_start..].iter_mut().zip(planes) {
            let sum: f64 = plane.iter().map(|number| number.to_f64()).sum();
            *mean = H::Elem::from_f64(sum / size as f64);
        }
    }

    fn plane_means_backward(
        &self,
        At(d_means, d_means_start): At<&Self::Buffer>,
        At(d_planes, d_planes_start): At<&mut Self::Buffer>,
        count: usize,
        size: usize,
    ) {
        let d_planes = d_planes[d_planes_start..][..count * size].chunks_exact_mut(size);
        for (&d_mean, d_plane) in d_means[d_means_start..].iter().zip(d_planes) {
            let share = d_mean / H::Elem::from_f64(size as f64);
            for d_number in d_plane {
                *d_number += share;
            }
        }
    }
}

/// Each window's winner and the number of the output it makes, as places in all planes and all outputs.
fn for_each_winner<R: Real>(dims: ImagePoolDims, planes: &[R], mut visit: impl FnMut(usize, usize)) {
    let windows = dims.windows;
    let [height, width] = windows.positions;
    for plane in dims.first..dims.first + dims.count {
        let start = plane * windows.image_len();
        let numbers = &planes[start..start + windows.image_len()];
        for oy in 0..height {
            for ox in 0..width {
                visit(start + winner(windows, numbers, oy, ox), (plane * height + oy) * width + ox);
            }
        }
    }
}

/// The place of the largest number that a window covers, or of the first NaN.
fn winner<R: Real>(windows: Windows, numbers: &[R], oy: usize, ox: usize) -> usize {
    let (rows, columns) = (windows.covered(0, oy), windows.covered(1, ox));
    let mut place = rows.start * windows.image[1] + columns.start;
    let mut largest = numbers[place];
    for y in rows {
        let start = y * windows.image[1] + columns.start;
        for (index, &number) in numbers[start..][..columns.len()].iter().enumerate() {
            if number > largest || is_nan(number) && !is_nan(largest) {
                (place, largest) = (start + index, number);
            }
        }
    }
    place
}

fn is_nan<R: Real>(number: R) -> bool {
    number.partial_cmp(&number).is_none()
}
