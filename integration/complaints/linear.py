"""A linear brain over hashed words and word parts: numpy only, a few hundred kilobytes, scored window by window."""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from integration.complaints import windows
from integration.complaints.reading import Thresholds
from integration.complaints.taxonomy import Complaint
from integration.complaints.zones import Span

BUCKETS = 1 << 16
_TOKEN = re.compile(r"https?://\S+|[@#]\w+|[^\W\d_]+(?:['\u2019][^\W\d_]+)?|\d+|[^\w\s]")
# Words a window may hold, and how many of them the next one repeats.
_ROOM, _OVERLAP = 60, 25


def features(text: str) -> NDArray[np.int64]:
    """The buckets of the text's words, word pairs and triples, and word parts; each once."""
    tokens = [_folded(token) for token in _TOKEN.findall(text.lower())]
    grams = [" ".join(tokens[i : i + n]) for n in (1, 2, 3) for i in range(len(tokens) - n + 1)]
    grams += [f"~{token[i : i + 4]}" for token in (f"<{t}>" for t in tokens) for i in range(max(1, len(token) - 3))]
    return np.unique(
        np.array([zlib.crc32(gram.encode("utf-8", "replace")) % BUCKETS for gram in grams], dtype=np.int64)
    )


def _folded(token: str) -> str:
    if token[0] == "@":
        return "@"
    if token.startswith("http"):
        return "http"
    return "0" if token.isdigit() else token.replace("\u2019", "'")


class LinearBrain:
    def __init__(
        self, weights: NDArray[np.float32], bias: NDArray[np.float32], thresholds: Mapping[Complaint, Thresholds]
    ) -> None:
        self._weights, self._bias = weights, bias
        self.thresholds = thresholds
        self.version = f"linear-{zlib.crc32(weights.tobytes()):08x}"

    @classmethod
    def packaged(cls) -> LinearBrain:
        with files("integration.complaints").joinpath("model/linear.npz").open("rb") as stream:
            kept: Any = np.load(stream)
            shown = {c: Thresholds(*map(float, row)) for c, row in zip(Complaint, kept["thresholds"], strict=True)}
            return cls(kept["weights"].astype(np.float32), kept["bias"], shown)

    def read(self, text: str, own: Sequence[Span]) -> tuple[NDArray[np.float64], dict[Complaint, list[Span]]]:
        sentences = windows.sentences(text, own)
        sizes = [len(text[start:end].split()) for start, end in sentences]
        runs = windows.windows(sentences, sizes, room=_ROOM, overlap=_OVERLAP)
        scores = np.array([self._score(text[sentences[first][0] : sentences[last - 1][1]]) for first, last in runs])
        best = scores.argmax(axis=0)
        carried: dict[Complaint, list[Span]] = {}
        for index, complaint in enumerate(Complaint):
            first, last = runs[best[index]]
            parts = [clause for sentence in sentences[first:last] for clause in windows.clauses(text, sentence)]
            carried[complaint] = [max(parts, key=lambda part: self._score(text[part[0] : part[1]])[index])]
        return scores.max(axis=0), carried

    def _score(self, text: str) -> NDArray[np.float64]:
        found = features(text)
        logits = self._weights[found].sum(axis=0) / np.sqrt(max(1, len(found))) + self._bias
        return np.asarray(1.0 / (1.0 + np.exp(-logits.astype(np.float64))))
