//! Layer norm and batch norm.
//!
//! Both take a group of numbers, subtract its mean and divide by the root of its variance; then they
//! multiply and shift. In a tensor `[O, G, S]` group g is `[·, g, ·]`: a row of layer norm (O = 1, G rows
//! of S numbers), a channel of batch norm (`[N, C, H·W]`).
//!
//! With n = O·S numbers in a group, mean μ, variance v and `r = 1 / √(v + ε)`, the normalised number is
//! `x̂ = (x − μ) · r`. Sums over a group run in `f64` in the order in which its numbers lie, so that long
//! groups lose nothing; so do mean and variance themselves, which are rounded once.

use super::host::Host;
use super::{At, Memory};
use crate::Real;

/// Which numbers share a scale and a shift.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AffineAxis {
    /// Those of a group: batch norm, whose scale is `[G]`.
    Group,
    /// Those at one place of every group: layer norm, whose scale is `[S]`.
    Inner,
}

/// The extent of a normalisation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NormDims {
    /// O.
    pub outer: usize,
    /// G.
    pub groups: usize,
    /// S.
    pub inner: usize,
    /// What scale and shift go by.
    pub affine: AffineAxis,
    /// ε.
    pub epsilon: f64,
}

/// Mean and variance of each group, `[G]`.
#[derive(Debug)]
pub struct Moments<'a, T> {
    /// μ.
    pub mean: &'a T,
    /// v.
    pub variance: &'a T,
}

/// Normalisation of groups. `scale` and `shift` are `[G]` or `[S]`, see [`AffineAxis`].
pub trait Normalisation: Memory {
    /// μ and v of each group, the squares' sum divided by n.
    fn moments(
        &self,
        dims: NormDims,
        source: At<&Self::Buffer>,
        mean: &mut Self::Buffer,
        variance: &mut Self::Buffer,
    );
    /// `running += momentum · (found · factor − running)`, `len` numbers.
    fn move_average(
        &self,
        momentum: f64,
        factor: f64,
        found: &Self::Buffer,
        running: &mut Self::Buffer,
        len: usize,
    );
    /// `target = x̂ · scale + shift`.
    fn normalise(
        &self,
        dims: NormDims,
        source: At<&Self::Buffer>,
        moments: Moments<'_, Self::Buffer>,
        scale: &Self::Buffer,
        shift: &Self::Buffer,
        target: At<&mut Self::Buffer>,
    );
    /// Where the moments are those of the source: with `g = d_target · scale` and means over the group,
    /// `d_source += r · (g − mean(g) − x̂ · mean(g · x̂))`.
    fn normalise_backward(
        &self,
        dims: NormDims,
        source: At<&Self::Buffer>,
        moments: Moments<'_, Self::Buffer>,
        scale: &Self::Buffer,
        d_target: At<&Self::Buffer>,
        d_source: At<&mut Self::Buffer>,
    );
    /// Where the moments are given: `d_source += r · d_target · scale`.
    fn normalise_fixed_backward(
        &self,
        dims: NormDims,
        variance: &Self::Buffer,
        scale: &Self::Buffer,
        d_target: At<&Self::Buffer>,
        d_source: At<&mut Self::Buffer>,
    );
    /// `d_scale += Σ d_target · x̂` over all that share it.
    fn scale_gradient(
        &self,
        dims: NormDims,
        source: At<&Self::Buffer>,
        moments: Moments<'_, Self::Buffer>,
        d_target: At<&Self::Buffer>,
        d_scale: &mut Self::Buffer,
    );
    /// `d_shift += Σ d_target` over all that share it.
    fn shift_gradient(&self, dims: NormDims, d_target: At<&Self::Buffer>, d_shift: &mut Self::Buffer);
}

impl NormDims {
    /// n.
    fn per_group(self) -> f64 {
        (self.outer * self.inner) as f64
    }

    /// Where the numbers of a group lie and which scale is theirs, in order. Walked by `for_each` and
    /// `fold`, which make it two plain loops.
    fn places(self, group: usize) -> impl Iterator<Item = (usize, usize)> {
        let Self { outer, groups, inner, affine, .. } = self;
        let (first, step) = if affine == AffineAxis::Inner { (0, 1) } else { (group, 0) };
        (0..outer).flat_map(move |o| {
            let start = (o * groups + group) * inner;
            (0..inner).map(move |s| (start + s, first + step * s))
        })
    }

    /// r of a group.
    fn inverse_deviation<R: Real>(self, variance: &[R], group: usize) -> R {
        R::from_f64(1.0 / libm::sqrt(variance[group].to_f64() + self.epsilon))
    }
}

impl<H: Host> Normalisation for H {
    fn moments(
        &self,
        dims: NormDims,
        At(source, from): At<&H::Buffer>,
        mean: &mut H::Buffer,
        variance: &mut H::Buffer,
    ) {
        for group in 0..dims.groups {
            let numbers = || dims.places(group).map(|(n, _)| source[from + n].to_f64());
            let middle = numbers().sum::<f64>() / dims.per_group();
            let squares = numbers().map(|x| (x - middle) * (x - middle)).sum::<f64>();
            mean[group] = H::Elem::from_f64(middle);
            variance[group] = H::Elem::from_f64(squares / dims.per_group());
        }
    }

    fn move_average(
        &self,
        momentum: f64,
        factor: f64,
        found: &H::Buffer,
        running: &mut H::Buffer,
        len: usize,
    ) {
        let [momentum, factor] = [momentum, factor].map(H::Elem::from_f64);
        for (running, &found) in running[..len].iter_mut().zip(&found[..len]) {
            *running += momentum * (found * factor - *running);
        }
    }

    fn normalise(
        &self,
        dims: NormDims,
        At(source, from): At<&H::Buffer>,
        moments: Moments<'_, H::Buffer>,
        scale: &H::Buffer,
        shift: &H::Buffer,
        At(target, to): At<&mut H::Buffer>,
    ) {
        for group in 0..dims.groups {
            let (mean, r) = (moments.mean[group], dims.inverse_deviation(moments.variance, group));
            dims.places(group).for_each(|(n, a)| {
                target[to + n] = (source[from + n] - mean) * r * scale[a] + shift[a];
            });
        }
    }

    fn normalise_backward(
        &self,
        dims: NormDims,
        At(source, from): At<&H::Buffer>,
        moments: Moments<'_, H::Buffer>,
        scale: &H::Buffer,
        At(d_target, above): At<&H::Buffer>,
        At(d_source, to): At<&mut H::Buffer>,
    ) {
        for group in 0..dims.groups {
            let (mean, r) = (moments.mean[group], dims.inverse_deviation(moments.variance, group));
            // g and x̂ of each number.
            let pair =
                |(n, a): (usize, usize)| (d_target[above + n] * scale[a], (source[from + n] - mean) * r);
            let add = |(sum, product): (f64, f64), (g, x): (H::Elem, H::Elem)| {
                (sum + g.to_f64(), product + g.to_f64() * x.to_f64())
            };
            let (sum, product) = dims.places(group).map(pair).fold((0.0, 0.0), add);
            let [sum, product] = [sum, product].map(|sum| H::Elem::from_f64(sum / dims.per_group()));
            dims.places(group).for_each(|place| {
                let (g, x) = pair(place);
                d_source[to + place.0] += r * (g - sum - x * product);
            });
        }
    }

    fn normalise_fixed_backward(
        &self,
        dims: NormDims,
        variance: &H::Buffer,
        scale: &H::Buffer,
        At(d_target, above): At<&H::Buffer>,
        At(d_source, to): At<&mut H::Buffer>,
    ) {
        for group in 0..dims.groups {
            let r = dims.inverse_deviation(variance, group);
            dims.places(group).for_each(|(n, a)| d_source[to + n] += r * (d_target[above + n] * scale[a]));
        }
    }

    fn scale_gradient(
        &self,
        dims: NormDims,
        At(source, from): At<&H::Buffer>,
        moments: Moments<'_, H::Buffer>,
        At(d_target, above): At<&H::Buffer>,
        d_scale: &mut H::Buffer,
    ) {
        for group in 0..dims.groups {
            let (mean, r) = (moments.mean[group], dims.inverse_deviation(moments.variance, group));
            dims.places(group).for_each(|(n, a)| {
                d_scale[a] += d_target[above + n] * ((source[from + n] - mean) * r);
            });
        }
    }

    fn shift_gradient(&self, dims: NormDims, At(d_target, above): At<&H::Buffer>, d_shift: &mut H::Buffer) {
        for group in 0..dims.groups {
            dims.places(group).for_each(|(n, a)| d_shift[a] += d_target[above + n]);
        }
    }
}
