//! The largest number of each window of an image, and the mean of each image.

use crate::Buffer;
use crate::buffer::word;
use crate::gpu::Gpu;
use crate::kernel::{Groups, kernels};
use rnn_compute::backend::{At, ImagePoolDims, ImagePooling};

kernels! {
    MAX_POOL_FORWARD(MaxPoolForward {
        planes_start: u32, result_start: u32, image_height: u32, image_width: u32, kernel_height: u32,
        kernel_width: u32, stride: u32, padding: u32, out_height: u32, out_width: u32, first: u32, count: u32,
    }) = "max_pool_forward" [Read, Write];
    MAX_POOL_BACKWARD(MaxPoolBackward {
        planes_start: u32, d_result_start: u32, d_planes_start: u32, image_height: u32, image_width: u32,
        kernel_height: u32, kernel_width: u32, stride: u32, padding: u32, out_height: u32, out_width: u32,
        first: u32, count: u32,
    }) = "max_pool_backward" [Read, Read, Write];
    PLANE_MEANS(PlaneMeans { planes_start: u32, means_start: u32, count: u32, size: u32 })
        = "plane_means" [Read, Write];
    PLANE_MEANS_BACKWARD(PlaneMeansBackward { d_means_start: u32, d_planes_start: u32, count: u32, size: u32 })
        = "plane_means_backward" [Read, Write];
}

/// Numbers of all planes up to the last, and of all outputs.
fn lens(dims: ImagePoolDims) -> [usize; 2] {
    let end = dims.first + dims.count;
    [dims.windows.image, dims.windows.positions].map(|[height, width]| end * height * width)
}

impl ImagePooling for Gpu {
    fn max_pool_forward(
        &self,
        dims: ImagePoolDims,
        At(planes, from): At<&Buffer>,
        At(target, to): At<&mut Buffer>,
    ) {
        let ([planes_len, result_len], windows) = (lens(dims), dims.windows);
        let params = MaxPoolForward {
            planes_start: planes.0.start(from, planes_len),
            result_start: target.0.start(to, result_len),
            image_height: word(windows.image[0]),
            image_width: word(windows.image[1]),
            kernel_height: word(windows.kernel[0]),
            kernel_width: word(windows.kernel[1]),
            stride: word(windows.stride),
            padding: word(windows.padding),
            out_height: word(windows.positions[0]),
            out_width: word(windows.positions[1]),
            first: word(dims.first),
            count: word(dims.count),
        };
        let outputs = dims.count * windows.positions[0] * windows.positions[1];
        self.run(&MAX_POOL_FORWARD, params, [&planes.0, &target.0], Groups::over(outputs));
    }

    fn max_pool_backward(
        &self,
        dims: ImagePoolDims,
        At(planes, from): At<&Buffer>,
        At(d_target, above): At<&Buffer>,
        At(d_planes, to): At<&mut Buffer>,
    ) {
        let ([planes_len, result_len], windows) = (lens(dims), dims.windows);
        let params = MaxPoolBackward {
            planes_start: planes.0.start(from, planes_len),
            d_result_start: d_target.0.start(above, result_len),
            d_planes_start: d_planes.0.start(to, planes_len),
            image_height: word(windows.image[0]),
            image_width: word(windows.image[1]),
            kernel_height: word(windows.kernel[0]),
            kernel_width: word(windows.kernel[1]),
            stride: word(windows.stride),
            padding: word(windows.padding),
            out_height: word(windows.positions[0]),
            out_width: word(windows.positions[1]),
            first: word(dims.first),
            count: word(dims.count),
        };
        let buffers = [&planes.0, &d_target.0, &d_planes.0];
        let numbers = dims.count * windows.image[0] * windows.image[1];
        self.run(&MAX_POOL_BACKWARD, params, buffers, Groups::over(numbers));
    }

    fn plane_means(
        &self,
        At(planes, from): At<&Buffer>,
        At(means, to): At<&mut Buffer>,
        count: usize,
        size: usize,
    ) {
        let params = PlaneMeans {
            planes_start: planes.0.start(from, count * size),
            means_start: means.0.start(to, count),
            count: word(count),
            size: word(size),
        };
        self.run(&PLANE_MEANS, params, [&planes.0, &means.0], Groups::each(count));
    }

    fn plane_means_backward(
        &self,
        At(d_means, from): At<&Buffer>,
        At(d_planes, to): At<&mut Buffer>,
        count: usize,
        size: usize,
    ) {
        let params = PlaneMeansBackward {
            d_means_start: d_means.0.start(from, count),
            d_planes_start: d_planes.0.start(to, count * size),
            count: word(count),
            size: word(size),
        };
        self.run(&PLANE_MEANS_BACKWARD, params, [&d_means.0, &d_planes.0], Groups::over(count * size));
    }
}
