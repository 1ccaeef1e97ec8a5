//! How a kernel is declared: a WGSL file, the buffers it is given, and its parameters.

use std::num::NonZero;

/// Buffers that a kernel can be given at most: what every WebGPU device allows.
pub(crate) const MAX_BUFFERS: usize = 8;

/// Numbers that kernels over numbers treat in a workgroup at a time; `@workgroup_size` of those kernels.
pub(crate) const NUMBERS_PER_GROUP: u32 = 64;
/// Workgroups of a kernel that walks in strides: more keep no GPU busier.
const MAX_STRIDING_GROUPS: u32 = 4096;
/// Workgroups in one dimension at most: what every WebGPU device allows.
const MAX_GROUPS: u32 = 65_535;

/// What a kernel does with a buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Access {
    /// `var<storage, read>`.
    Read,
    /// `var<storage, read_write>`.
    Write,
}

/// A number in a kernel's parameters.
pub(crate) trait Word: Copy {
    /// Its type in WGSL.
    const TYPE: &'static str;
    fn bits(self) -> u32;
}

impl Word for u32 {
    const TYPE: &'static str = "u32";
    fn bits(self) -> u32 {
        self
    }
}

impl Word for f32 {
    const TYPE: &'static str = "f32";
    fn bits(self) -> u32 {
        self.to_bits()
    }
}

/// A kernel's parameters: `struct Params` of the WGSL file, one word after the other.
pub(crate) trait Params: Copy {
    /// Name and type of each word.
    const FIELDS: &'static [(&'static str, &'static str)];
    /// Appends the words.
    fn put(self, words: &mut Vec<u32>);
}

/// A kernel whose parameters are a `P`, and that is given `N` buffers.
pub(crate) struct Kernel<P, const N: usize> {
    /// The stem of its file.
    pub(crate) name: &'static str,
    pub(crate) source: &'static str,
    /// What it does with each buffer, in the order of their binding numbers.
    pub(crate) access: [Access; N],
    params: std::marker::PhantomData<fn(P)>,
}

impl<P, const N: usize> Kernel<P, N> {
    pub(crate) const fn new(name: &'static str, source: &'static str, access: [Access; N]) -> Self {
        assert!(N <= MAX_BUFFERS, "more buffers than every device allows");
        Self { name, source, access, params: std::marker::PhantomData }
    }
}

/// A kernel as it was declared, whatever its parameters.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Declaration {
    pub(crate) name: &'static str,
    pub(crate) source: &'static str,
    pub(crate) access: &'static [Access],
    /// Name and type of each parameter.
    #[cfg_attr(not(test), expect(dead_code, reason = "compared with the WGSL file by a test"))]
    pub(crate) fields: &'static [(&'static str, &'static str)],
}

impl<P: Params, const N: usize> Kernel<P, N> {
    pub(crate) const fn declaration(&'static self) -> Declaration {
        Declaration { name: self.name, source: self.source, access: &self.access, fields: P::FIELDS }
    }
}

/// Declares kernels: for each its static, the struct of its parameters (or the name alone, if a kernel before
/// has the same), the stem of its file and what it does with each of its buffers. Makes `KERNELS`, the list of
/// their declarations.
macro_rules! kernels {
    ($(
        $kernel:ident($params:ident $({ $($field:ident: $type:ty),* $(,)? })?)
            = $name:literal [$($access:ident),+];
    )+) => {
        $(
            $(
                #[derive(Debug, Clone, Copy)]
                struct $params { $($field: $type),* }

                impl $crate::kernel::Params for $params {
                    const FIELDS: &'static [(&'static str, &'static str)] =
                        &[$((stringify!($field), <$type as $crate::kernel::Word>::TYPE)),*];

                    fn put(self, words: &mut Vec<u32>) {
                        $(words.push($crate::kernel::Word::bits(self.$field));)*
                    }
                }
            )?

            static $kernel: $crate::kernel::Kernel<$params, { [$(stringify!($access)),+].len() }> =
                $crate::kernel::Kernel::new(
                    $name,
                    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/kernels/", $name, ".wgsl")),
                    [$($crate::kernel::Access::$access),+],
                );
        )+

        pub(super) static KERNELS: &[$crate::kernel::Declaration] = &[$($kernel.declaration()),+];
    };
}

pub(crate) use kernels;

/// How many workgroups are launched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Groups(pub(crate) [u32; 3]);

impl Groups {
    /// For a kernel that walks over `len` numbers in strides, [`NUMBERS_PER_GROUP`] a workgroup.
    pub(crate) fn over(len: usize) -> Self {
        let groups = len.div_ceil(NUMBERS_PER_GROUP as usize);
        Self([u32::try_from(groups).unwrap_or(u32::MAX).min(MAX_STRIDING_GROUPS), 1, 1])
    }

    /// For a kernel that walks over rows in strides, a workgroup each.
    pub(crate) fn each(rows: usize) -> Self {
        Self([u32::try_from(rows).unwrap_or(u32::MAX).min(MAX_GROUPS), 1, 1])
    }

    /// For a kernel over tiles, none of them larger than WebGPU allows.
    pub(crate) fn tiles(columns: usize, rows: usize, layers: usize) -> Self {
        let count = |count: usize| {
            let count = u32::try_from(count).unwrap_or(u32::MAX);
            assert!(count <= MAX_GROUPS, "{count} workgroups in a row, of which there may be {MAX_GROUPS}");
            count
        };
        Self([count(columns), count(rows), count(layers)])
    }

    /// Whether there is nothing to do.
    pub(crate) fn is_empty(self) -> bool {
        self.0.contains(&0)
    }
}

/// Bytes of a slot for parameters: the alignment that every device takes, and room for 64 words.
pub(crate) const SLOT_BYTES: u32 = 256;

/// The same, for layouts.
pub(crate) const SLOT_SIZE: Option<NonZero<u64>> = NonZero::new(SLOT_BYTES as u64);
