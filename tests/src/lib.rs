//! What the tests share: numbers by formula, models made of them, gradient checks by differences, and
//! the goldens that PyTorch computed. The tests themselves are in `tests/`, one file a promise.

pub mod anatomy_runs;
pub mod case;
pub mod crew;
pub mod driver;
pub mod engine_run;
pub mod files;
pub mod fixture;
pub mod formula;
pub mod golden;
pub mod gradient_check;
pub mod in_training;
pub mod memory_runs;
pub mod model_zoo;
pub mod probed;
pub mod python;
pub mod sequences;
pub mod small_models;
