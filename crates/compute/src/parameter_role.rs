//! What a parameter is in its layer.

/// What a parameter is in its layer, which decides how it is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParameterRole {
    /// A table of vectors, `[V, E]`.
    Embedding,
    /// A table of vectors, `[V, E]`, of which one stands for no symbol and is 0 (PyTorch's `padding_idx`).
    PaddedEmbedding {
        /// Its row.
        padding: u32,
    },
    /// `weight_ih` of a recurrent layer with this many hidden units, `[G·H, I]`.
    InputWeight {
        /// H.
        hidden: usize,
    },
    /// `weight_hh` of a recurrent layer, `[G·H, H]`.
    RecurrentWeight,
    /// A bias of a recurrent layer with this many hidden units, `[G·H]`.
    RecurrentBias {
        /// H.
        hidden: usize,
    },
    /// The weight of a linear layer, `[O, I]`.
    LinearWeight,
    /// The bias of a linear layer that reads this many inputs, `[O]`, or of a convolution in which as
    /// many numbers meet in one output.
    LinearBias {
        /// I.
        inputs: usize,
    },
    /// The weight of a convolution, `[O, C, KH, KW]`.
    ConvolutionWeight,
    /// What a normalised number is multiplied by; 1 at first.
    NormScale,
    /// What is added to a normalised number; 0 at first.
    NormShift,
    /// A running mean of batch norm, which no optimiser touches; 0 at first.
    RunningMean,
    /// A running variance of batch norm, which no optimiser touches; 1 at first.
    RunningVariance,
}

impl ParameterRole {
    /// Whether optimisers change it.
    #[must_use]
    pub fn is_trained(self) -> bool {
        !matches!(self, Self::RunningMean | Self::RunningVariance)
    }
}
