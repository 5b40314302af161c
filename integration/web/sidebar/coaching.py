"""The draft coach as the API calls it: loaded once per process, asked for one draft at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import structlog

log = structlog.get_logger()

# From a draft and an apology policy ("full", "regret_only", "hold_for_review") to findings.
Judge = Callable[[str, str], Iterable[Any]]


def load_judge() -> Judge | None:
    """The coach, or None where this installation has none (its model is not packaged)."""
    name = "integration.recovery.coach"
    if find_spec(name) is None:
        return None
    module = import_module(name)
    try:
        coach = module.Coach.load()
    except FileNotFoundError as error:
        log.warning("coach_missing", file=str(error.filename))
        return None
    return lambda text, policy: coach.review(text, policy=module.Policy(policy))
