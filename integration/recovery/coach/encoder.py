"""The learnt part of the coach: a small sentence encoder that reads the whole draft and judges each sentence by rule.

Most drafts that need coaching contain none of the obvious words, so lists of phrases cannot find them
(`docs/coach.md` has the figures). The model is a four-layer int8 encoder run by onnxruntime on one thread.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from integration.complaints.session import opened
from integration.complaints.tokens import TextReader

MODEL_FILE, TOKENIZER_FILE, THRESHOLD_FILE = "coach.onnx", "tokenizer.json", "threshold.json"
# Tokens read together: a sentence is judged in the light of those around it, and shorter windows cost less per token.
ROOM = 120

Span = tuple[int, int]
Numbers = NDArray[np.float64]

_QUOTED_LINE = re.compile(r"^[ \t]{0,3}>.*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Judged:
    """A sentence, its probability per rule `(9,)`, and its tokens' places with theirs `(tokens, 9)`."""

    span: Span
    rules: Numbers
    places: tuple[Span, ...]
    tokens: Numbers


def own_text(text: str) -> list[Span]:
    """The parts of the draft that the agent wrote: all but the lines quoted with `>`."""
    spans: list[Span] = []
    begin = 0
    for quoted in _QUOTED_LINE.finditer(text):
        spans.append((begin, quoted.start()))
        begin = quoted.end()
    return [*spans, (begin, len(text))]


class Encoder:
    """The model and its tokenizer. Loading starts no thread, so a worker may fork afterwards."""

    def __init__(self, folder: Traversable | None = None) -> None:
        """Load from `folder`, by default the packaged model. Raises FileNotFoundError naming the missing file."""
        folder = folder if folder is not None else files("integration.recovery.coach").joinpath("model")
        self._session = opened(folder.joinpath(MODEL_FILE), "make one with integration.recovery.coach.training")
        self._reader = reader(Tokenizer.from_str(folder.joinpath(TOKENIZER_FILE).read_text(encoding="utf-8")))

    def judge(self, text: str) -> list[Judged]:
        """The sentences of the draft with what the model thinks of each, in order."""
        judged: list[Judged] = []
        for window in self._reader.windows(text, own_text(text)):
            ids = np.array([window.ids], dtype=np.int64)
            (heads,) = self._session.run(None, {"ids": ids})
            judged += _sentences(heads[0, 1:-1].astype(np.float64), window.places, window.sentences)
        return judged


def reader(tokenizer: Tokenizer) -> TextReader:
    """Cuts drafts into windows the way the model was taught."""
    return TextReader(tokenizer, room=ROOM, overlap=0)


def owners(places: Sequence[Span], sentences: Sequence[Span]) -> list[int]:
    """For each token the index of its sentence."""
    found, index = [], 0
    for start, _ in places:
        while index < len(sentences) - 1 and start >= sentences[index][1]:
            index += 1
        found.append(index)
    return found


def _sentences(heads: Numbers, places: Sequence[Span], sentences: Sequence[Span]) -> list[Judged]:
    """Pool the heads' logits `(tokens, 27)` (what a token says, how far to look at it, the sentence's mean) by sentence."""
    says, looks, means = np.split(heads, 3, axis=1)
    owner = np.array(owners(places, sentences), dtype=int)
    judged = []
    for index, span in enumerate(sentences):
        own = owner == index
        if not own.any():
            continue
        looking = np.exp(looks[own] - looks[own].max(axis=0))
        logits = means[own].mean(axis=0) + (looking / looking.sum(axis=0) * says[own]).sum(axis=0)
        kept = tuple(place for place, mine in zip(places, own, strict=True) if mine)
        judged.append(Judged(span, _sigmoid(logits), kept, _sigmoid(says[own])))
    return judged


def _sigmoid(logits: Numbers) -> Numbers:
    return np.asarray(1.0 / (1.0 + np.exp(-logits)))
