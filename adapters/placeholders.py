"""Helpdesk placeholders (`{{ticket.id}}`, `{% if %}`) made inert in what we post: customers' words are quoted there."""

from __future__ import annotations

import re

# An opening brace however HTML may spell it: by character, by number, by name.
_BRACE = re.compile(r"\{|&#0*123(?:;|(?![0-9]))|&#[xX]0*7[bB](?:;|(?![0-9a-fA-F]))|&lbrace;|&lcub;")
_WORD_JOINER = "\u2060"


def inert(html: str) -> str:
    """The same to the eye, but without anything that a helpdesk would take for a placeholder or Liquid tag.

    An invisible word joiner behind every opening brace keeps two of them, or `{%`, from standing side by side, even once
    tags and comments are stripped or entities decoded.
    """
    return _BRACE.sub("{" + _WORD_JOINER, html)
