"""The draft coach as the API calls it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

Coach = Callable[..., Iterable[Any]]


def load_coach() -> Coach | None:
    """`integration.recovery.coach.coach(text, policy=...)`, or None where it is not there."""
    name = "integration.recovery.coach"
    return getattr(import_module(name), "coach", None) if find_spec(name) else None
