//! Timestamps: the smallest of the three forms, all forms read, and what is refused.

mod tree;

use msgpack_wire::timestamp::{Timestamp, TimestampError, NSEC_MAX, TYPE};
use proptest::prelude::*;
use tree::strategy::cases;

/// Seconds around each change of form, and the payload's length without and with nanoseconds.
const SECONDS: [(i64, usize, usize); 11] = [
    (0, 4, 8),
    (1, 4, 8),
    ((1 << 32) - 1, 4, 8),
    (1 << 32, 8, 8),
    ((1 << 34) - 1, 8, 8),
    (1 << 34, 12, 12),
    (253_402_300_799, 12, 12),
    (i64::MAX, 12, 12),
    (-1, 12, 12),
    (-62_167_219_200, 12, 12),
    (i64::MIN, 12, 12),
];

fn word(nanoseconds: u32, seconds: u64) -> [u8; 8] {
    (u64::from(nanoseconds) << 34 | seconds).to_be_bytes()
}

fn wide(nanoseconds: u32, seconds: i64) -> Vec<u8> {
    [&nanoseconds.to_be_bytes()[..], &seconds.to_be_bytes()].concat()
}

#[test]
fn the_type_is_minus_one() {
    assert_eq!(TYPE, -1);
}

#[test]
fn the_smallest_form_is_written() {
    for (seconds, plain, with_nanoseconds) in SECONDS {
        for nanoseconds in [0, 1, NSEC_MAX] {
            let moment = Timestamp::new(seconds, nanoseconds).expect("in range");
            let payload = moment.to_payload();
            let expected = match if nanoseconds == 0 { plain } else { with_nanoseconds } {
                4 => (seconds as u32).to_be_bytes().to_vec(),
                8 => word(nanoseconds, seconds as u64).to_vec(),
                _ => wide(nanoseconds, seconds),
            };
            assert_eq!(payload.as_ref(), expected, "{seconds} {nanoseconds}");
            assert_eq!(Timestamp::from_payload(payload.as_ref()), Ok(moment));
        }
    }
}

#[test]
fn forms_wider_than_needed_are_read() {
    let moment = Timestamp { seconds: 5, nanoseconds: 0 };
    assert_eq!(Timestamp::from_payload(&[0, 0, 0, 5]), Ok(moment));
    assert_eq!(Timestamp::from_payload(&word(0, 5)), Ok(moment));
    assert_eq!(Timestamp::from_payload(&wide(0, 5)), Ok(moment));
}

#[test]
fn other_sizes_are_refused() {
    for len in (0..=20).filter(|len| ![4, 8, 12].contains(len)) {
        let error = Timestamp::from_payload(&vec![0; len]).expect_err("a wrong size");
        assert_eq!(error, TimestampError::Size(len));
        assert_eq!(error.to_string(), format!("a timestamp has 4, 8 or 12 bytes, this one has {len}"));
    }
}

#[test]
fn more_nanoseconds_than_a_second_has_are_refused() {
    let refused = Err(TimestampError::Nanoseconds(NSEC_MAX + 1));
    assert_eq!(Timestamp::new(0, NSEC_MAX + 1), refused);
    assert_eq!(Timestamp::from_payload(&word(NSEC_MAX + 1, 0)), refused);
    assert_eq!(Timestamp::from_payload(&wide(NSEC_MAX + 1, 0)), refused);
    // All 30 bits, and all 32.
    let all = (1 << 30) - 1;
    assert_eq!(Timestamp::from_payload(&[0xff; 8]), Err(TimestampError::Nanoseconds(all)));
    assert_eq!(Timestamp::from_payload(&[0xff; 12]), Err(TimestampError::Nanoseconds(u32::MAX)));
    assert_eq!(
        TimestampError::Nanoseconds(NSEC_MAX + 1).to_string(),
        "a timestamp has at most 999999999 nanoseconds, this one has 1000000000"
    );
}

proptest! {
    #![proptest_config(cases(500))]

    #[test]
    fn reading_undoes_writing(seconds in any::<i64>(), shift in 0..64u32, nanoseconds in 0..=NSEC_MAX) {
        let moment = Timestamp::new(seconds >> shift, nanoseconds).expect("in range");
        prop_assert_eq!(Timestamp::from_payload(moment.to_payload().as_ref()), Ok(moment));
    }

    #[test]
    fn any_payload_is_read_or_refused(payload in prop::collection::vec(any::<u8>(), 0..16)) {
        if let Ok(moment) = Timestamp::from_payload(&payload) {
            prop_assert!(moment.nanoseconds <= NSEC_MAX);
            prop_assert!(moment.to_payload().as_ref().len() <= payload.len());
        }
    }
}
