//! Cuts rows into portions for statements that take many at once.

/// Most rows of one statement.
const MOST: usize = 64;

/// Cuts rows into portions of 64, 32, 16, 8, 4, 2 and 1: each length is a text of its own, and only so few texts stay
/// prepared.
pub fn portions<T>(rows: &[T]) -> impl Iterator<Item = &[T]> {
    let mut rest = rows;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let length = MOST.min(1 << rest.len().ilog2());
        let (portion, after) = rest.split_at(length);
        rest = after;
        Some(portion)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_few_and_no_row_is_lost() {
        let rows: Vec<usize> = (0..213).collect();
        let lengths: Vec<usize> = portions(&rows).map(<[usize]>::len).collect();
        assert_eq!(lengths, [64, 64, 64, 16, 4, 1]);
        assert_eq!(portions(&rows).flatten().copied().collect::<Vec<_>>(), rows);
        assert_eq!(portions::<u8>(&[]).count(), 0);
    }
}
