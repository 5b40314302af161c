"""From text to what the encoder reads: windows of token ids, each token knowing its place in the text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tokenizers import Tokenizer

from integration.complaints.folding import fold
from integration.complaints.windows import sentences, windows
from integration.complaints.zones import Span

# Tokens in a window without the two that frame it, and how many of them the next window repeats.
ROOM = 126
OVERLAP = 40
# Windows read of one text. What is longer is read at its beginning and its end, where complaints stand.
MOST_WINDOWS = 40


@dataclass(frozen=True, slots=True)
class Window:
    """Token ids with their frame ([CLS] ... [SEP]); the places and sentences are those of the tokens in between."""

    ids: list[int]
    places: list[Span]
    sentences: list[Span]


class TextReader:
    """Cuts texts into windows with the encoder's own tokenizer."""

    def __init__(self, tokenizer: Tokenizer, *, room: int = ROOM, overlap: int = OVERLAP) -> None:
        tokenizer.no_padding()
        tokenizer.no_truncation()
        self._tokenizer = tokenizer
        self._room, self._overlap = room, overlap
        self._first, self._last = (self._known(tokenizer, token) for token in ("[CLS]", "[SEP]"))

    @staticmethod
    def _known(tokenizer: Tokenizer, token: str) -> int:
        id = tokenizer.token_to_id(token)
        if id is None:
            raise ValueError(f"the tokenizer knows no {token}: it does not belong to this kind of encoder")
        return id

    def windows(self, text: str, own: Sequence[Span]) -> list[Window]:
        """The windows of the author's own words in `text`, in order; at least one unless there are no words."""
        spans = sentences(text, own)
        tokens = [self._tokens(text, span) for span in spans]
        kept = [index for index, (ids, _) in enumerate(tokens) if ids]
        runs = windows(kept, [len(tokens[index][0]) for index in kept], room=self._room, overlap=self._overlap)
        if len(runs) > MOST_WINDOWS:
            runs = runs[: MOST_WINDOWS // 2] + runs[-MOST_WINDOWS // 2 :]
        found: list[Window] = []
        for first, last in runs:
            chosen = kept[first:last]
            ids = [id for index in chosen for id in tokens[index][0]][: self._room]
            places = [place for index in chosen for place in tokens[index][1]][: self._room]
            found.append(Window([self._first, *ids, self._last], places, [spans[index] for index in chosen]))
        return found

    def _tokens(self, text: str, span: Span) -> tuple[list[int], list[Span]]:
        folded = fold(text, *span)
        encoding = self._tokenizer.encode(folded.text, add_special_tokens=False)
        return encoding.ids, [folded.span(start, max(end, start + 1)) for start, end in encoding.offsets]
