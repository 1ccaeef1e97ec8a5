//! A run's data, and which of the files that came it was read from.

use crate::{LabData, LabError};
use rnn_protocol::{DataDelivery, LabKind};
use std::ops::Deref;

/// A lab's data with its number among what came.
#[derive(Clone)]
pub(super) struct StageData {
    data: LabData,
    number: u32,
}

impl StageData {
    /// Of a lab that generates its own; `None` where it must be read.
    pub(super) fn generated(lab: LabKind) -> Option<Self> {
        LabData::generated(lab).map(|data| Self { data, number: 0 })
    }

    /// Reads what came.
    pub(super) fn read(lab: LabKind, Delivery { number, bytes }: Delivery) -> Result<Self, LabError> {
        LabData::read(lab, bytes).map(|data| Self { data, number })
    }

    /// As the run's facts name it.
    pub(super) fn delivery(&self) -> DataDelivery {
        DataDelivery { number: self.number, bytes: self.data.mark().bytes }
    }
}

impl Deref for StageData {
    type Target = LabData;

    fn deref(&self) -> &LabData {
        &self.data
    }
}

/// Bytes that came with a command, and their number.
pub(super) struct Delivery {
    number: u32,
    bytes: Vec<u8>,
}

/// Counts what comes, also what is refused: whoever sends it counts alike.
#[derive(Debug, Default)]
pub(super) struct Deliveries {
    count: u32,
}

impl Deliveries {
    pub(super) fn take(&mut self, bytes: Option<Vec<u8>>) -> Option<Delivery> {
        let bytes = bytes?;
        self.count += 1;
        Some(Delivery { number: self.count, bytes })
    }
}
