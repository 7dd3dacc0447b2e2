//! The target `cut`: a message in pieces, and a builder that makes extended types itself, or stops.

use crate::journal::Journal;
use crate::plan::split;
use crate::tree::making::Making;
use crate::tree::stopping::Stopping;
use crate::tree::{Driven, Tree};
use msgpack_wire::Limits;

/// However a message is cut into pieces, whoever makes extended types, and wherever the builder stops, what comes out is
/// the same.
///
/// # Panics
/// Where it is not.
pub fn cut(input: &[u8]) {
    let (mut plan, message) = split(input);
    let message = &*message;
    let limits = if plan.flag() { plan.limits() } else { Limits::default() };
    let mut whole = Journal::new(Tree::default(), limits);
    whole.feed(message, false);
    whole.read_all();

    let every = usize::from(plan.byte() % 8);
    let pieces = plan.pieces(message);
    same(&whole, &read_pieces(Tree::default(), limits, &pieces, message));
    // Of every second number the builder makes values itself.
    same(&whole, &read_pieces(Making::new(1), limits, &pieces, message));
    if every > 0 {
        same(&whole, &read_pieces(Stopping::new(every - 1, every), limits, &pieces, message));
    }
}

fn read_pieces<B: Driven>(
    builder: B,
    limits: Limits,
    pieces: &[(Vec<u8>, bool)],
    message: &[u8],
) -> Journal<B> {
    let mut journal = Journal::new(builder, limits);
    let mut fed = 0;
    for (piece, apart) in pieces {
        journal.feed(piece, *apart);
        journal.read_all();
        fed += piece.len();
        journal.check_held(&message[..fed]);
    }
    journal
}

fn same<B: Driven>(whole: &Journal<Tree>, cut: &Journal<B>) {
    assert_eq!(cut.steps, whole.steps);
    assert_eq!(cut.rest, whole.rest);
    let (cut, whole) = (&cut.stream, &whole.stream);
    assert_eq!(cut.decoder.position(), whole.decoder.position());
    assert_eq!(cut.decoder.offset(), whole.decoder.offset());
    assert_eq!(cut.decoder.depth(), whole.decoder.depth());
    assert_eq!(cut.decoder.is_amid(), whole.decoder.is_amid());
}
