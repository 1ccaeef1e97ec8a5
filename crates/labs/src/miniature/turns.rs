//! All miniatures: set up one by one, trained in turns, with rests between.

use super::network::Network;
use crate::catalog::miniature_of;
use crate::{Clock, LabData, LabError, Slice};
use rnn_protocol::{Event, LabKind, MiniatureCommand, MiniatureNews};

/// A turn: short, so that a command never waits.
const TURN_MILLIS: f64 = 4.0;
/// The share of one core that all of them together take: a laptop on its battery does not notice.
const SHARE: f64 = 0.125;

/// The miniatures that are set up.
#[derive(Default)]
pub(crate) struct Miniatures {
    networks: Vec<Network>,
    is_playing: bool,
    /// Whose turn is next.
    next: usize,
    /// When it begins.
    due_millis: f64,
}

impl Miniatures {
    /// Carries out a command. `data` is what travelled beside it.
    pub(crate) fn handle(
        &mut self,
        command: MiniatureCommand,
        data: Option<Vec<u8>>,
        events: &mut Vec<Event>,
    ) {
        match command {
            MiniatureCommand::Begin { lab } => events.push(Event::Miniature { news: self.begin(lab, data) }),
            MiniatureCommand::Play => self.is_playing = true,
            MiniatureCommand::Pause => self.is_playing = false,
            MiniatureCommand::End => *self = Self::default(),
        }
    }

    /// Lets the next one work, if it is time.
    pub(crate) fn advance(&mut self, clock: &dyn Clock, events: &mut Vec<Event>) {
        let start = clock.now_millis();
        if start < self.due_millis || !self.has_more() {
            return;
        }
        let count = self.networks.len();
        let turn =
            (self.next..self.next + count).map(|at| at % count).find(|&at| self.networks[at].has_more());
        let Some(turn) = turn else { return };
        self.next = turn + 1;
        let news = self.networks[turn].advance(clock, &Slice::new(clock, TURN_MILLIS));
        events.extend(news.map(|news| Event::Miniature { news }));
        let end = clock.now_millis();
        self.due_millis = end + (end - start) * (1.0 / SHARE - 1.0);
    }

    /// Milliseconds until the next turn; `None` if there is none.
    pub(crate) fn wake_after(&self, now: f64) -> Option<f64> {
        self.has_more().then(|| (self.due_millis - now).max(0.0))
    }

    fn has_more(&self) -> bool {
        self.is_playing && self.networks.iter().any(Network::has_more)
    }

    fn begin(&mut self, lab: LabKind, data: Option<Vec<u8>>) -> MiniatureNews {
        match set_up(lab, data) {
            Ok(network) => {
                let news = network.begun();
                self.networks.retain(|network| network.kind() != lab);
                self.networks.push(network);
                news
            }
            Err(error) => MiniatureNews::Failed { lab, message: error.to_string() },
        }
    }
}

fn set_up(lab: LabKind, data: Option<Vec<u8>>) -> Result<Network, LabError> {
    let data = match LabData::generated(lab) {
        Some(generated) => generated,
        None => LabData::read(lab, data.unwrap_or_default())?,
    };
    Network::new(miniature_of(lab), &data)
}
