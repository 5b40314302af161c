"""The control API: a blueprint under /control, without authentication and for loopback only."""

from __future__ import annotations

from adapters.sandbox.control import people, report, weather
from adapters.sandbox.control.blueprint import control

__all__ = ["control", "people", "report", "weather"]
