//! How a batch is divided.

use rnn_protocol::BatchPart;

/// Fewest sequences of a part: products over one are mostly overhead.
const MIN_PART: usize = 2;

/// A batch divided as evenly as it goes, the lead's part first; where it does not go evenly, the lead has
/// fewer, since it also draws pictures and writes text. `None` where parts would be too small.
pub(super) fn divide(batch: usize, members: usize) -> Option<Vec<BatchPart>> {
    if batch < MIN_PART * members {
        return None;
    }
    let start = |member: usize| member * batch / members;
    let part = |member: usize| {
        let (first, end) = (start(member), start(member + 1));
        BatchPart { member: member as u32, first: first as u32, count: (end - first) as u32 }
    };
    Some((0..members).map(part).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_follow_each_other_and_are_nearly_alike() {
        for (batch, members, counts) in [(32, 2, vec![16, 16]), (33, 2, vec![16, 17]), (7, 3, vec![2, 2, 3])]
        {
            let parts = divide(batch, members).unwrap();
            assert_eq!(parts.iter().map(|part| part.count).collect::<Vec<_>>(), counts);
            let mut next = 0;
            for (number, part) in parts.iter().enumerate() {
                assert_eq!((part.member, part.first), (number as u32, next));
                next += part.count;
            }
            assert_eq!(next as usize, batch);
        }
        assert_eq!(divide(5, 3), None);
        assert_eq!(divide(1, 2), None);
    }
}
