//! What of one list is in the other, in order: the ground of every comparison by line, by item and by word.
//!
//! A longest common subsequence costs the product of both lengths. Here ends that are alike are taken off first; what is left is
//! solved exactly while it is small, and split at what is in both lists once while it is not, as in the "patience" way of comparing.
//! All of it draws on a [`Budget`] of steps, so that no input is slow: what it does not reach is matched by place by the callers.

use std::collections::HashMap;

/// How many steps one exact solution may take, and so how large its table is.
const EXACT: usize = 1 << 20;

/// How many steps the comparison of two captures takes at most.
const STEPS: usize = 1 << 24;

/// The steps that are left.
#[derive(Debug)]
pub(super) struct Budget(usize);

impl Budget {
    pub(super) fn new() -> Self {
        Self(STEPS)
    }

    /// Takes so many steps, if they are there.
    fn take(&mut self, steps: usize) -> bool {
        let left = self.0.checked_sub(steps);
        self.0 = left.unwrap_or(self.0);
        left.is_some()
    }

    /// Whether there was not enough for everything.
    pub(super) fn is_spent(&self) -> bool {
        self.0 < EXACT
    }
}

/// A stretch of both lists.
#[derive(Debug, Clone, Copy)]
struct Stretch {
    a: (usize, usize),
    b: (usize, usize),
}

/// Pairs of places with equal values, rising in both lists.
pub(super) fn align(a: &[u64], b: &[u64], budget: &mut Budget) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    let mut stack = vec![Stretch {
        a: (0, a.len()),
        b: (0, b.len()),
    }];
    while let Some(mut at) = stack.pop() {
        trim(a, b, &mut at, &mut pairs);
        let (one, other) = (part(a, at.a), part(b, at.b));
        let Some(cells) = one.len().checked_mul(other.len()) else {
            continue;
        };
        if cells == 0 {
            continue;
        }
        if cells <= EXACT && budget.take(cells) {
            let exact = exact(one, other);
            pairs.extend(exact.into_iter().map(|(i, j)| (at.a.0 + i, at.b.0 + j)));
        } else if cells > EXACT && budget.take(16 * (one.len() + other.len())) {
            split(anchors(one, other), at, &mut pairs, &mut stack);
        }
    }
    pairs.sort_unstable();
    pairs
}

fn part(list: &[u64], (from, to): (usize, usize)) -> &[u64] {
    list.get(from..to).unwrap_or_default()
}

/// Takes off what is alike at both ends.
fn trim(a: &[u64], b: &[u64], at: &mut Stretch, pairs: &mut Vec<(usize, usize)>) {
    while at.a.0 < at.a.1 && at.b.0 < at.b.1 && a.get(at.a.0) == b.get(at.b.0) {
        pairs.push((at.a.0, at.b.0));
        at.a.0 += 1;
        at.b.0 += 1;
    }
    while at.a.0 < at.a.1 && at.b.0 < at.b.1 && a.get(at.a.1 - 1) == b.get(at.b.1 - 1) {
        at.a.1 -= 1;
        at.b.1 -= 1;
        pairs.push((at.a.1, at.b.1));
    }
}

/// The stretches between anchors come next.
fn split(
    anchors: Vec<(usize, usize)>,
    at: Stretch,
    pairs: &mut Vec<(usize, usize)>,
    stack: &mut Vec<Stretch>,
) {
    if anchors.is_empty() {
        return;
    }
    let mut from = (at.a.0, at.b.0);
    for (i, j) in anchors {
        let (i, j) = (at.a.0 + i, at.b.0 + j);
        pairs.push((i, j));
        stack.push(Stretch {
            a: (from.0, i),
            b: (from.1, j),
        });
        from = (i + 1, j + 1);
    }
    stack.push(Stretch {
        a: (from.0, at.a.1),
        b: (from.1, at.b.1),
    });
}

/// A longest common subsequence, by the table of all its ends.
fn exact(a: &[u64], b: &[u64]) -> Vec<(usize, usize)> {
    let width = b.len() + 1;
    let mut table = vec![0_u32; (a.len() + 1) * width];
    let longest = |table: &[u32], i: usize, j: usize| table.get(i * width + j).copied();
    for (i, one) in a.iter().enumerate().rev() {
        for (j, other) in b.iter().enumerate().rev() {
            let best = if one == other {
                longest(&table, i + 1, j + 1).unwrap_or(0) + 1
            } else {
                longest(&table, i + 1, j)
                    .max(longest(&table, i, j + 1))
                    .unwrap_or(0)
            };
            if let Some(cell) = table.get_mut(i * width + j) {
                *cell = best;
            }
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut pairs = Vec::new();
    while let (Some(one), Some(other)) = (a.get(i), b.get(j)) {
        if one == other {
            pairs.push((i, j));
            i += 1;
            j += 1;
        } else if longest(&table, i + 1, j) >= longest(&table, i, j + 1) {
            i += 1;
        } else {
            j += 1;
        }
    }
    pairs
}

/// Where values are that either list has once, as many of them as keep their order.
fn anchors(a: &[u64], b: &[u64]) -> Vec<(usize, usize)> {
    let (in_a, in_b) = (singles(a), singles(b));
    let mut both: Vec<(usize, usize)> = in_a
        .iter()
        .filter_map(|(value, &i)| Some((i?, (*in_b.get(value)?)?)))
        .collect();
    both.sort_unstable();
    let order: Vec<usize> = both.iter().map(|&(_, j)| j).collect();
    rising(&order)
        .into_iter()
        .filter_map(|at| both.get(at).copied())
        .collect()
}

/// Where each value is; `None` for one that is there again.
fn singles(list: &[u64]) -> HashMap<u64, Option<usize>> {
    let mut places = HashMap::with_capacity(list.len());
    for (at, &value) in list.iter().enumerate() {
        places
            .entry(value)
            .and_modify(|place| *place = None)
            .or_insert(Some(at));
    }
    places
}

/// The places of a longest rising subsequence of different numbers.
pub(super) fn rising(numbers: &[usize]) -> Vec<usize> {
    // The ends of the best sequence of each length so far, and the place before each place.
    let mut ends: Vec<(usize, usize)> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(numbers.len());
    for (at, &number) in numbers.iter().enumerate() {
        let length = ends.partition_point(|&(end, _)| end < number);
        before.push(
            length
                .checked_sub(1)
                .and_then(|at| ends.get(at))
                .map(|end| end.1),
        );
        match ends.get_mut(length) {
            Some(end) => *end = (number, at),
            None => ends.push((number, at)),
        }
    }
    let mut places = Vec::with_capacity(ends.len());
    let mut next = ends.last().map(|end| end.1);
    while let Some(at) = next {
        places.push(at);
        next = before.get(at).copied().flatten();
    }
    places.reverse();
    places
}

/// Pairs what is left between pairs that rise, by place: the first that is free with the first that is free.
pub(super) fn by_place(
    pairs: &[(usize, usize)],
    is_free: (&[bool], &[bool]),
) -> Vec<(usize, usize)> {
    let free = |list: &[bool], from: usize, to: usize| -> Vec<usize> {
        let part = list.get(from..to).unwrap_or_default().iter();
        part.enumerate()
            .filter_map(|(at, &is_free)| is_free.then_some(from + at))
            .collect()
    };
    let end = (is_free.0.len(), is_free.1.len());
    let mut from = (0, 0);
    let mut found = Vec::new();
    for &(i, j) in pairs.iter().chain([&end]) {
        found.extend(
            free(is_free.0, from.0, i)
                .into_iter()
                .zip(free(is_free.1, from.1, j)),
        );
        from = (i + 1, j + 1);
    }
    found
}

/// One step through both lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) a: Option<usize>,
    pub(super) b: Option<usize>,
    /// Whether the pair is out of order.
    pub(super) moved: bool,
}

/// Goes through both lists at once: the second in its order, what only the first has where it stood in that.
pub(super) fn merge(lengths: (usize, usize), mut pairs: Vec<(usize, usize)>) -> Vec<Step> {
    pairs.sort_unstable();
    let order: Vec<usize> = pairs.iter().map(|&(_, j)| j).collect();
    let mut partners: Vec<Option<(usize, bool)>> = vec![None; lengths.1];
    let mut is_alone = vec![true; lengths.0];
    for &(i, j) in &pairs {
        if let (Some(partner), Some(alone)) = (partners.get_mut(j), is_alone.get_mut(i)) {
            *partner = Some((i, true));
            *alone = false;
        }
    }
    let mut kept = Vec::new();
    for &(i, j) in rising(&order).iter().filter_map(|&at| pairs.get(at)) {
        kept.push(i);
        if let Some(partner) = partners.get_mut(j) {
            *partner = Some((i, false));
        }
    }
    kept.push(lengths.0);
    let mut kept = kept.into_iter();
    let mut steps = Vec::with_capacity(lengths.0.max(lengths.1));
    let mut next = 0;
    let mut alone_until = |steps: &mut Vec<Step>| {
        let stop = kept.next().unwrap_or(lengths.0);
        let part = is_alone.get(next..stop).unwrap_or_default().iter();
        steps.extend(
            part.enumerate()
                .filter(|(_, alone)| **alone)
                .map(|(at, _)| Step {
                    a: Some(next + at),
                    b: None,
                    moved: false,
                }),
        );
        next = stop + 1;
    };
    alone_until(&mut steps);
    for (j, partner) in partners.into_iter().enumerate() {
        let (a, moved) = partner.map_or((None, false), |(i, moved)| (Some(i), moved));
        steps.push(Step {
            a,
            b: Some(j),
            moved,
        });
        if a.is_some() && !moved {
            alone_until(&mut steps);
        }
    }
    steps
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn aligned(a: &[u64], b: &[u64]) -> Vec<(usize, usize)> {
        align(a, b, &mut Budget::new())
    }

    #[test]
    fn the_longest_common_part_is_found() {
        assert_eq!(aligned(&[1, 2, 3, 4], &[2, 9, 4, 1]), [(1, 0), (3, 2)]);
        assert_eq!(aligned(&[], &[1]), []);
        assert_eq!(rising(&[3, 1, 2, 0, 4]), [1, 2, 4]);
    }

    #[test]
    fn what_moved_stands_where_it_is_now_and_what_went_where_it_was() {
        let steps = merge((4, 3), vec![(0, 2), (1, 0), (2, 1)]);
        let step = |a, b, moved| Step { a, b, moved };
        assert_eq!(
            steps,
            [
                step(Some(1), Some(0), false),
                step(Some(2), Some(1), false),
                step(Some(3), None, false),
                step(Some(0), Some(2), true),
            ]
        );
    }

    #[test]
    fn what_is_left_between_is_paired_by_place() {
        let free = ([true, false, true, true], [true, false, true]);
        assert_eq!(by_place(&[(1, 1)], (&free.0, &free.1)), [(0, 0), (2, 2)]);
    }

    #[test]
    fn long_lists_are_split_and_lists_without_an_anchor_are_left() {
        let a: Vec<u64> = (0..10_000).collect();
        let b: Vec<u64> = (0..10_000)
            .map(|n| if n % 3 == 0 { n + 50_000 } else { n })
            .collect();
        assert_eq!(
            aligned(&a, &b).len(),
            b.iter().filter(|n| **n < 50_000).count()
        );
        let (ones, twos) = ([1, 2].repeat(5000), [2, 2, 1].repeat(4000));
        let mut budget = Budget::new();
        let pairs = align(&ones, &twos, &mut budget);
        assert!(pairs.len() < ones.len());
    }

    proptest! {
        #[test]
        fn pairs_rise_and_are_equal_and_steps_pass_everything_once(
            a in prop::collection::vec(0_u64..6, 0..40),
            b in prop::collection::vec(0_u64..6, 0..40),
        ) {
            let pairs = aligned(&a, &b);
            for pair in pairs.windows(2) {
                prop_assert!(pair[0].0 < pair[1].0 && pair[0].1 < pair[1].1);
            }
            prop_assert!(pairs.iter().all(|&(i, j)| a[i] == b[j]));
            if a == b {
                prop_assert_eq!(pairs.len(), a.len());
            }
            let steps = merge((a.len(), b.len()), pairs);
            let mut seen: Vec<_> = steps.iter().filter_map(|step| step.a).collect();
            seen.sort_unstable();
            prop_assert_eq!(seen, (0..a.len()).collect::<Vec<_>>());
            let order: Vec<_> = steps.iter().filter_map(|step| step.b).collect();
            prop_assert_eq!(order, (0..b.len()).collect::<Vec<_>>());
        }
    }
}
