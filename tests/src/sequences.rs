//! Sequences by number: everything about one follows from its number and length, whatever batch it is in.

use crate::fixture;
use crate::formula::{indices, numbers};
use rnn_compute::models::DecoderGraph;
use rnn_compute::{
    ComputeError, Cpu, IndexVar, PackingVar, ParameterList, ParameterRole, Parameters, Tape, Var,
};

type Outcome = Result<(), ComputeError>;
type Numbers = Tape<Cpu>;

/// The number of a sequence, and its length.
pub type Sequence = (u32, usize);

/// Indices below `size`, step by step, of one sequence.
#[must_use]
pub fn drawn(kind: u32, (number, length): Sequence, size: usize) -> Vec<u32> {
    indices(1000 + 20 * number + kind, length, size)
}

/// Parameters by formula with running variances above 0.
///
/// # Errors
/// Never: every parameter is given as many numbers as it holds.
pub fn parameters(list: &ParameterList) -> Result<Parameters<Cpu>, ComputeError> {
    let mut parameters = fixture::parameters(&Cpu, list)?;
    for id in parameters.ids() {
        if parameters.role(id) == ParameterRole::RunningVariance {
            let variances = numbers::<f32>(9, parameters.shape(id).len(), 0.5);
            parameters.write(id, &variances.iter().map(|number| number + 1.0).collect::<Vec<_>>())?;
        }
    }
    Ok(parameters)
}

/// The rows of a tensor `[…, B, X]` that belong to each sequence, step by step.
#[must_use]
pub fn by_sequence(tape: &Numbers, vars: &[Var], batch: usize) -> Vec<Vec<f32>> {
    let mut found = vec![Vec::new(); batch];
    for &var in vars {
        let numbers: Vec<f32> = tape.read(var).into_iter().collect();
        let rows = numbers.chunks(var.shape().width());
        match var.packing() {
            Some(packing) => {
                for (row, (_, sequence)) in rows.zip(tape.packing(packing).places()) {
                    found[sequence].extend(row);
                }
            }
            None => rows.enumerate().for_each(|(index, row)| found[index % batch].extend(row)),
        }
    }
    found
}

/// Writes the sequences' lengths.
///
/// # Errors
/// If one is longer than the tape's window.
pub fn write_lengths(tape: &mut Numbers, packing: PackingVar, sequences: &[Sequence]) -> Outcome {
    tape.write_lengths(packing, &sequences.iter().map(|&(_, length)| length).collect::<Vec<_>>())
}

/// Writes packed indices of each sequence.
///
/// # Errors
/// If there are not as many sequences as the tape reads.
pub fn write_packed(tape: &mut Numbers, var: IndexVar, kind: u32, sequences: &[Sequence]) -> Outcome {
    let Some(packing) = var.packing() else { return Ok(()) };
    let data: Vec<Vec<u32>> =
        sequences.iter().map(|&sequence| drawn(kind, sequence, var.table_size())).collect();
    let rows: Vec<u32> = tape.packing(packing).places().map(|(step, b)| data[b][step]).collect();
    tape.write_indices(var, &rows)
}

/// Writes indices `[T, B]`.
///
/// # Errors
/// If there are not as many sequences as the tape reads.
pub fn write_steps(tape: &mut Numbers, var: IndexVar, kind: u32, sequences: &[Sequence]) -> Outcome {
    let steps = var.len() / sequences.len();
    let data: Vec<Vec<u32>> =
        sequences.iter().map(|&(number, _)| drawn(kind, (number, steps), var.table_size())).collect();
    let rows: Vec<u32> = (0..steps).flat_map(|step| data.iter().map(move |row| row[step])).collect();
    tape.write_indices(var, &rows)
}

/// Writes `count` numbers of each sequence, one sequence after the other.
///
/// # Errors
/// If there are not as many sequences as the tape reads.
pub fn write_wholes(tape: &mut Numbers, var: Var, sequences: &[Sequence]) -> Outcome {
    let count = var.shape().len() / sequences.len();
    let whole = |&(number, _): &Sequence| numbers::<f32>(1010 + 20 * number, count, 1.0);
    tape.write(var, &sequences.iter().flat_map(whole).collect::<Vec<_>>())
}

/// Fills a tensor with 1: all count alike.
///
/// # Errors
/// Never: as many numbers are written as are there.
pub fn fill(tape: &mut Numbers, var: Var) -> Outcome {
    let count = tape.read(var).len();
    tape.write(var, &vec![1.0; count])
}

/// What a decoder reads and must write; of the coins some are 0 and some 1.
///
/// # Errors
/// If there are not as many sequences as the tape reads.
pub fn write_decoder(tape: &mut Numbers, graph: &DecoderGraph, sequences: &[Sequence]) -> Outcome {
    for (kind, var) in (1..).zip([graph.first, graph.targets, graph.coins]) {
        write_steps(tape, var, kind, sequences)?;
    }
    fill(tape, graph.weights)
}
