"""The brain: a small sentence encoder in onnxruntime, one window at a time on one thread.

The model gives, for every window, one logit per complaint and, for every token, one per complaint that it is part of
the words that say so. The strongest window decides; the clause around its strongest token is the evidence.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from integration.complaints.calibration import Calibration, CalibrationSchema
from integration.complaints.reading import Thresholds
from integration.complaints.session import opened
from integration.complaints.taxonomy import Complaint
from integration.complaints.tokens import TextReader, Window
from integration.complaints.windows import clause_at
from integration.complaints.zones import Span

MODEL_FILE, TOKENIZER_FILE, CALIBRATION_FILE = "encoder.onnx", "tokenizer.json", "calibration.json"
# Pieces of evidence shown for one label.
_MOST_EVIDENCE = 3
# A clause of fewer words ("and did not keep it") is quoted with the sentence around it, if that is no longer than this.
_FEWEST_WORDS, _MOST_WORDS = 6, 25
# The logit of no words at all.
_SILENT = -30.0

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Scored:
    """A window with its logits per complaint `(4,)` and those of its tokens `(tokens, 4)`."""

    window: Window
    labels: Numbers
    marks: Numbers


class Encoder:
    """The model and its tokenizer: windows with their logits and those of their tokens."""

    def __init__(self, folder: Traversable) -> None:
        """Load from `folder`. Raises FileNotFoundError naming the file that is missing.

        Nothing here starts a thread, so a worker may fork after loading.
        """
        model = folder.joinpath(MODEL_FILE)
        self._session = opened(model, "train one with `makeright train --out FOLDER`")
        self.version = f"encoder-{zlib.crc32(model.read_bytes()):08x}"
        self._reader = TextReader(Tokenizer.from_str(folder.joinpath(TOKENIZER_FILE).read_text(encoding="utf-8")))

    def scored(self, text: str, own: Sequence[Span]) -> list[Scored]:
        """Every window of the author's own words in `text`; one at a time, since batches gain nothing here."""
        found = []
        for window in self._reader.windows(text, own):
            ids = np.array([window.ids], dtype=np.int64)
            labels, marks = self._session.run(None, {"ids": ids})
            found.append(Scored(window, labels[0], marks[0, 1:-1]))
        return found

    def strongest(self, text: str, own: Sequence[Span]) -> Numbers:
        """The strongest window's logit per complaint `(4,)`, uncalibrated."""
        silent = np.full(len(Complaint), _SILENT)
        return np.asarray(np.max([silent, *(window.labels for window in self.scored(text, own))], axis=0))


@cache
def packaged_thresholds() -> Mapping[Complaint, Thresholds]:
    """Those measured for the packaged model, without loading it."""
    return _calibration(_packaged()).thresholds


def _packaged() -> Traversable:
    return files("integration.complaints").joinpath("model")


def _calibration(folder: Traversable) -> Calibration:
    found: Calibration = CalibrationSchema().load(json.loads(folder.joinpath(CALIBRATION_FILE).read_text("utf-8")))
    return found


class EncoderBrain:
    """The encoder with its calibration."""

    def __init__(self, encoder: Encoder, calibration: Calibration) -> None:
        self._encoder, self._calibration = encoder, calibration
        self.thresholds = calibration.thresholds
        self.version = encoder.version

    @classmethod
    def load(cls, folder: Traversable | None = None) -> EncoderBrain:
        """The model in `folder`, by default the packaged one. Raises FileNotFoundError, marshmallow's ValidationError."""
        folder = folder if folder is not None else _packaged()
        encoder = Encoder(folder)
        return cls(encoder, _calibration(folder))

    def read(self, text: str, own: Sequence[Span]) -> tuple[Numbers, dict[Complaint, list[Span]]]:
        """One probability per complaint `(4,)`, and for each the places that speak for it, the strongest first."""
        scored = self._encoder.scored(text, own)
        if not scored:
            return np.zeros(len(Complaint)), {complaint: [] for complaint in Complaint}
        probabilities = self._calibration.probabilities(np.array([window.labels for window in scored]))
        carried: dict[Complaint, list[Span]] = {}
        for index, complaint in enumerate(Complaint):
            order = np.argsort(-probabilities[:, index], kind="stable")
            strong = [i for i in order[1:] if probabilities[i, index] >= self.thresholds[complaint].show]
            spans: list[Span] = []
            for position in [order[0], *strong]:
                start, end = _clause(text, scored[position].window, scored[position].marks[:, index])
                if all(end <= other[0] or other[1] <= start for other in spans):
                    spans.append((start, end))
            carried[complaint] = spans[:_MOST_EVIDENCE]
        return probabilities.max(axis=0), carried


def _clause(text: str, window: Window, marks: Numbers) -> Span:
    """The clause of the window whose tokens are marked most strongly; its sentence where that says more at a glance."""
    peak, _ = window.places[int(marks.argmax())]
    sentence = next((s for s in window.sentences if s[0] <= peak < s[1]), window.sentences[0])
    clause = clause_at(text, sentence, peak)
    is_crumb = len(text[slice(*clause)].split()) < _FEWEST_WORDS
    return sentence if is_crumb and len(text[slice(*sentence)].split()) <= _MOST_WORDS else clause
