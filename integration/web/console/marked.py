"""A customer's words with the evidence marked in them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

from integration.complaints.reading import Evidence


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of the message, and the complaints that it is evidence for."""

    text: str = field(repr=False)
    labels: tuple[str, ...]


def pieces(text: str, evidence: Sequence[Evidence]) -> list[Piece]:
    """The text cut where evidence begins or ends; put together again it is the text."""
    spans = [(max(0, item.start), min(item.end, len(text)), item.complaint.value) for item in evidence]
    cuts = sorted({0, len(text), *(at for start, end, _ in spans for at in (start, end) if 0 <= at <= len(text))})
    return [
        Piece(text[begin:end], tuple(dict.fromkeys(label for s, e, label in spans if s <= begin and end <= e)))
        for begin, end in itertools.pairwise(cuts)
    ]
