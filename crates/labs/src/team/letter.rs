//! What travels between a lead and its helpers: words, and beside them bytes or numbers.

use rnn_protocol::{HelperCommand, HelperEvent};
use std::rc::Rc;

/// What travels beside a command; helpers of one team may be sent the same.
#[derive(Debug, Clone, PartialEq)]
pub enum Payload {
    /// The command says it all.
    None,
    /// The data of an experiment.
    Bytes(Rc<Vec<u8>>),
    /// Weights, states or gradients.
    Numbers(Rc<Vec<f32>>),
}

/// Carries a command to a helper. Called in the midst of the lead's work, so that nobody waits longer than
/// need be: it must only send.
pub type Post = Box<dyn FnMut(HelperCommand, Payload)>;

/// A helper's answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// The answer.
    pub event: HelperEvent,
    /// What belongs to it; empty where nothing does.
    pub numbers: Vec<f32>,
}
