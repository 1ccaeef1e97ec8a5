//! A team: several workers that take the steps of one run together.
//!
//! The batch is divided by sequences. Each member works out the gradients of its part; the [lead](Team) adds
//! them up, its own first and then the helpers' by number, and gives everybody the sum, from which all make
//! the same update ([`rnn_compute::Share`]). Nothing else is exchanged, so that messages suffice, and the same
//! number of workers gives the same bits each time.
//!
//! # How a run comes to be shared, and back
//! The lead begins alone, on the whole batch, while the [helpers](Helper) read the data and set up their parts.
//! Once the first steps are timed and found worth it, each member takes its part over exactly where the run
//! stands. With each share comes the state that its sequences have reached: the lead can take the whole batch
//! back at any moment, and does so where a helper fails or falls silent, or the run leaves the stage. The step
//! in hand is then taken again.
//!
//! Nothing here knows how letters travel; the worker carries them through message ports, a test by hand.

mod division;
mod helper;
mod lead;
mod letter;
mod member;
mod standing;

pub use helper::Helper;
pub(crate) use lead::Team;
pub use letter::{Payload, Post, Reply};
