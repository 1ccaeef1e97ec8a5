//! Layer norm and batch norm.

use crate::Buffer;
use crate::buffer::word;
use crate::gpu::Gpu;
use crate::kernel::{Groups, kernels};
use rnn_compute::backend::{AffineAxis, At, Moments, NormDims, Normalisation};

kernels! {
    MOMENTS(MomentsOf { source_start: u32, outer: u32, groups: u32, inner: u32 })
        = "moments" [Read, Write, Write];
    MOVE_AVERAGE(MoveAverage { len: u32, momentum: f32, factor: f32 }) = "move_average" [Read, Write];
    NORMALISE(Normalise {
        source_start: u32, result_start: u32, outer: u32, groups: u32, inner: u32, is_inner: u32,
        epsilon: f32,
    }) = "normalise" [Read, Read, Read, Read, Read, Write];
    BACKWARD(Backward {
        source_start: u32, d_result_start: u32, d_source_start: u32, outer: u32, groups: u32, inner: u32,
        is_inner: u32, epsilon: f32,
    }) = "normalise_backward" [Read, Read, Read, Read, Read, Write];
    FIXED_BACKWARD(FixedBackward {
        d_result_start: u32, d_source_start: u32, outer: u32, groups: u32, inner: u32, is_inner: u32,
        epsilon: f32,
    }) = "normalise_fixed_backward" [Read, Read, Read, Write];
    AFFINE_GRADIENT(AffineGradient {
        source_start: u32, d_result_start: u32, outer: u32, groups: u32, inner: u32, is_inner: u32,
        is_shift: u32, epsilon: f32,
    }) = "affine_gradient" [Read, Read, Read, Read, Write];
}

/// The sizes of a normalisation as a kernel's parameters, and what follows from them.
struct Extent {
    outer: u32,
    groups: u32,
    inner: u32,
    is_inner: u32,
    epsilon: f32,
    /// Numbers of the tensor.
    len: usize,
    /// Numbers of a scale or a shift.
    affine: usize,
}

impl Extent {
    fn new(dims: NormDims) -> Self {
        let is_inner = dims.affine == AffineAxis::Inner;
        Self {
            outer: word(dims.outer),
            groups: word(dims.groups),
            inner: word(dims.inner),
            is_inner: u32::from(is_inner),
            epsilon: dims.epsilon as f32,
            len: dims.outer * dims.groups * dims.inner,
            affine: if is_inner { dims.inner } else { dims.groups },
        }
    }
}

impl Normalisation for Gpu {
    fn moments(
        &self,
        dims: NormDims,
        At(source, from): At<&Buffer>,
        mean: &mut Buffer,
        variance: &mut Buffer,
    ) {
        let Extent { outer, groups, inner, len, .. } = Extent::new(dims);
        let params = MomentsOf { source_start: source.0.start(from, len), outer, groups, inner };
        self.run(&MOMENTS, params, [&source.0, &mean.0, &variance.0], Groups::each(dims.groups));
    }

    fn move_average(&self, momentum: f64, factor: f64, found: &Buffer, running: &mut Buffer, len: usize) {
        found.0.start(0, len);
        running.0.start(0, len);
        let params = MoveAverage { len: word(len), momentum: momentum as f32, factor: factor as f32 };
        self.run(&MOVE_AVERAGE, params, [&found.0, &running.0], Groups::over(len));
    }

    fn normalise(
        &self,
        dims: NormDims,
        At(source, from): At<&Buffer>,
        moments: Moments<'_, Buffer>,
        scale: &Buffer,
        shift: &Buffer,
        At(target, to): At<&mut Buffer>,
    ) {
        let Extent { outer, groups, inner, is_inner, epsilon, len, .. } = Extent::new(dims);
        let (source_start, result_start) = (source.0.start(from, len), target.0.start(to, len));
        let params = Normalise { source_start, result_start, outer, groups, inner, is_inner, epsilon };
        let buffers = [&source.0, &moments.mean.0, &moments.variance.0, &scale.0, &shift.0, &target.0];
        self.run(&NORMALISE, params, buffers, Groups::over(len));
    }

    fn normalise_backward(
        &self,
        dims: NormDims,
        At(source, from): At<&Buffer>,
        moments: Moments<'_, Buffer>,
        scale: &Buffer,
        At(d_target, above): At<&Buffer>,
        At(d_source, to): At<&mut Buffer>,
    ) {
        let Extent { outer, groups, inner, is_inner, epsilon, len, .. } = Extent::new(dims);
        let params = Backward {
            source_start: source.0.start(from, len),
            d_result_start: d_target.0.start(above, len),
            d_source_start: d_source.0.start(to, len),
            outer,
            groups,
            inner,
            is_inner,
            epsilon,
        };
        let buffers = [&source.0, &moments.mean.0, &moments.variance.0, &scale.0, &d_target.0, &d_source.0];
        self.run(&BACKWARD, params, buffers, Groups::each(dims.groups));
    }

    fn normalise_fixed_backward(
        &self,
        dims: NormDims,
        variance: &Buffer,
        scale: &Buffer,
        At(d_target, above): At<&Buffer>,
        At(d_source, to): At<&mut Buffer>,
    ) {
        let Extent { outer, groups, inner, is_inner, epsilon, len, .. } = Extent::new(dims);
        let (d_result_start, d_source_start) = (d_target.0.start(above, len), d_source.0.start(to, len));
        let params =
            FixedBackward { d_result_start, d_source_start, outer, groups, inner, is_inner, epsilon };
        let buffers = [&variance.0, &scale.0, &d_target.0, &d_source.0];
        self.run(&FIXED_BACKWARD, params, buffers, Groups::over(len));
    }

    fn scale_gradient(
        &self,
        dims: NormDims,
        At(source, from): At<&Buffer>,
        moments: Moments<'_, Buffer>,
        At(d_target, above): At<&Buffer>,
        d_scale: &mut Buffer,
    ) {
        let Extent { outer, groups, inner, is_inner, epsilon, len, affine } = Extent::new(dims);
        let (source_start, d_result_start) = (source.0.start(from, len), d_target.0.start(above, len));
        let is_shift = 0;
        let params = AffineGradient {
            source_start,
            d_result_start,
            outer,
            groups,
            inner,
            is_inner,
            is_shift,
            epsilon,
        };
        let buffers = [&source.0, &moments.mean.0, &moments.variance.0, &d_target.0, &d_scale.0];
        self.run(&AFFINE_GRADIENT, params, buffers, Groups::each(affine));
    }

    fn shift_gradient(&self, dims: NormDims, At(d_target, above): At<&Buffer>, d_shift: &mut Buffer) {
        let Extent { outer, groups, inner, is_inner, epsilon, len, affine } = Extent::new(dims);
        let d_result_start = d_target.0.start(above, len);
        let (source_start, is_shift) = (0, 1);
        let params = AffineGradient {
            source_start,
            d_result_start,
            outer,
            groups,
            inner,
            is_inner,
            is_shift,
            epsilon,
        };
        // Source and moments play no part.
        let buffers = [&d_target.0, &d_target.0, &d_target.0, &d_target.0, &d_shift.0];
        self.run(&AFFINE_GRADIENT, params, buffers, Groups::each(affine));
    }
}
