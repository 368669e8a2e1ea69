//! What can happen to a project, and sequences of it.

use proptest::prelude::{Just, Strategy, any, prop_oneof};

use super::model::DAY;

/// Something that happens.
#[derive(Debug, Clone)]
pub(crate) enum Op {
    /// The customer opens the page to pay a cycle.
    Page,
    /// The customer opens the page to buy credits.
    Buy,
    /// The provider says that payment `which` is paid: when, whether it is the right sum, whether it can be charged again.
    Paid {
        which: usize,
        when: When,
        right: bool,
        reusable: bool,
    },
    /// The provider says that it is not.
    Failed {
        which: usize,
    },
    Pause,
    Cancel,
    Withdraw,
    Resume,
    /// Use `name` takes so many credits.
    Use {
        name: u8,
        credits: u64,
    },
    /// The clock goes to the next boundary, and so many milliseconds further; without the poller, only the next question notices.
    Boundary {
        off: i64,
        poller: bool,
    },
    /// The clock goes on.
    Forward {
        by: i64,
        poller: bool,
    },
    /// The project is being deleted.
    Close,
}

/// When the provider took the money, by its own clock.
#[derive(Debug, Clone, Copy)]
pub(crate) enum When {
    Now,
    /// So long ago, or in the future.
    Ago(i64),
    /// So long after the last change of state.
    SinceChange(i64),
}

/// What can happen, the likely more often.
pub(crate) fn ops() -> impl Strategy<Value = Op> {
    let when = prop_oneof![
        4 => Just(When::Now),
        1 => Just(When::Ago(1)),
        1 => Just(When::Ago(-DAY)),
        1 => Just(When::Ago(3 * DAY)),
        1 => Just(When::Ago(40 * DAY)),
        1 => (-1_i64..=1).prop_map(When::SinceChange),
    ];
    // The youngest payment is the one that something is said about, most of the time.
    let which = || prop_oneof![4 => Just(0_usize), 1 => 0_usize..6];
    let poller = || prop_oneof![4 => Just(true), 1 => Just(false)];
    prop_oneof![
        3 => Just(Op::Page),
        1 => Just(Op::Buy),
        8 => (which(), when, prop_oneof![9 => Just(true), 1 => Just(false)], prop_oneof![4 => Just(true), 1 => Just(false)])
            .prop_map(|(which, when, right, reusable)| Op::Paid { which, when, right, reusable }),
        3 => which().prop_map(|which| Op::Failed { which }),
        3 => Just(Op::Pause),
        3 => Just(Op::Cancel),
        3 => Just(Op::Withdraw),
        3 => Just(Op::Resume),
        2 => (0_u8..4, 1_u64..400).prop_map(|(name, credits)| Op::Use { name, credits: credits / 100 * 100 + 1 }),
        9 => (-1_i64..=1, poller()).prop_map(|(off, poller)| Op::Boundary { off, poller }),
        3 => (prop_oneof![Just(1), Just(DAY), Just(60 * DAY), 0..40 * DAY], poller()).prop_map(|(by, poller)| Op::Forward { by, poller }),
        1 => any::<u8>().prop_map(|n| if n < 40 { Op::Close } else { Op::Resume }),
    ]
}
