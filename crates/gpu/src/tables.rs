//! Small tables of indices that callers hold in the program's memory, such as the lengths of sequences: those
//! in use last are kept on the device, so that one that many calls in a row are given is copied once.

use crate::buffer::Words;
use std::rc::Rc;

/// Tables that are kept.
const KEPT: usize = 16;

/// A table with what it holds.
struct Kept {
    content: Vec<u32>,
    words: Rc<Words>,
}

/// The tables in use last, the latest at the end.
#[derive(Default)]
pub(crate) struct Tables {
    kept: Vec<Kept>,
    /// What is looked for.
    wanted: Vec<u32>,
}

impl Tables {
    /// The table of this content. `copy` is given content to be put on the device, with the words of a table
    /// that is no longer needed, if they are enough.
    pub(crate) fn get(
        &mut self,
        content: impl Iterator<Item = u32>,
        copy: impl FnOnce(&[u32], Option<Rc<Words>>) -> Rc<Words>,
    ) -> Rc<Words> {
        self.wanted.clear();
        self.wanted.extend(content);
        if let Some(place) = self.kept.iter().position(|kept| kept.content == self.wanted) {
            self.kept[place..].rotate_left(1);
        } else {
            let oldest = (self.kept.len() == KEPT).then(|| self.kept.remove(0));
            let (mut content, spare) =
                oldest.map_or((Vec::new(), None), |old| (old.content, Some(old.words)));
            let words = copy(&self.wanted, spare.filter(|words| words.len >= self.wanted.len()));
            content.clone_from(&self.wanted);
            self.kept.push(Kept { content, words });
        }
        let last = self.kept.last().map(|kept| Rc::clone(&kept.words));
        last.unwrap_or_else(|| unreachable!("one has been found or pushed"))
    }
}
