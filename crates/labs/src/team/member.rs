//! A helper, as its lead sees it.

use super::letter::{Payload, Post};
use crate::arithmetic::ARITHMETIC;
use rnn_compute::Share;
use rnn_protocol::{BUILD_ID, BatchPart, HelperCommand, HelperEvent};

/// A helper, as its lead sees it.
pub(super) struct Member {
    post: Post,
    pub(super) number: u32,
    /// Whether it has the data that the team works on.
    pub(super) has_data: bool,
    pub(super) is_ready: bool,
    /// Of no more use.
    pub(super) is_lost: bool,
    /// Its part of the batch; empty before one is given to it.
    pub(super) part: BatchPart,
    /// Its share of the step in hand, once it has come.
    pub(super) share: Option<MemberShare>,
    /// The state that its sequences had when the step in hand began; empty before there was one.
    pub(super) states: Vec<f32>,
}

/// A helper's share of a step.
pub(super) struct MemberShare {
    pub(super) share: Share<f32>,
    /// The state that its sequences have reached.
    pub(super) states: Vec<f32>,
}

impl Member {
    pub(super) fn new(number: u32, post: Post) -> Self {
        let part = BatchPart { member: 0, first: 0, count: 0 };
        Self {
            post,
            number,
            has_data: false,
            is_ready: false,
            is_lost: false,
            part,
            share: None,
            states: Vec::new(),
        }
    }

    /// Nothing is asked of it.
    pub(super) fn dismiss(&mut self) {
        self.is_ready = false;
        self.share = None;
        self.states.clear();
    }

    /// Sends it a command.
    pub(super) fn post(&mut self, command: HelperCommand, payload: Payload) {
        (self.post)(command, payload);
    }

    /// Takes in an answer to the present task, `gradients` and a state of `states` numbers being what belongs
    /// to a share. What is none makes the helper of no more use.
    pub(super) fn hear(&mut self, event: &HelperEvent, mut numbers: Vec<f32>, gradients: usize) {
        match event {
            HelperEvent::Ready { build, arithmetic, .. } => {
                self.is_ready = true;
                self.is_lost |= build != BUILD_ID || *arithmetic != ARITHMETIC;
            }
            HelperEvent::Share { loss, .. } if numbers.len() >= gradients => {
                let states = numbers.split_off(gradients);
                self.share = Some(MemberShare { share: Share { loss: *loss, gradients: numbers }, states });
            }
            HelperEvent::Share { .. } | HelperEvent::Failed { .. } => self.is_lost = true,
        }
    }

    /// Its state is that after the step, which is done. Returns the share.
    pub(super) fn take_share(&mut self) -> Option<Share<f32>> {
        let MemberShare { share, states } = self.share.take()?;
        self.states = states;
        Some(share)
    }
}
