"""The agents' workspace page."""

from __future__ import annotations

from flask import Blueprint

workspace = Blueprint("workspace", __name__)


@workspace.get("/")
def page() -> str:
    return "workspace"
