"""Writing habits folded away before the model sees the words, each folded character still knowing where it came from.

Addresses, handles, order numbers and redactions say nothing about a complaint and would only cost tokens; curly quotes,
stretched letters and joined hashtags hide words that the encoder knows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_FOLD = re.compile(
    r"(?P<link>(?:https?://|www\.|pic\.twitter\.com/|t\.co/)[^\s<>()]{1,500})"
    r"|(?P<mail>[\w.+-]{1,64}@[\w-]{1,64}\.[\w.-]{1,64})"
    r"|(?P<handle>@\w{1,64})"
    r"|(?P<tag>\#\w{2,64})"
    r"|(?P<date>\b[X\d]{1,2}/[X\d]{1,2}/(?:[X\d]{4}|[X\d]{2})\b|\bXX/(?:XX|\d{2})\b)"
    r"|(?P<hidden>\bX{2,}(?:[ \t]+X{2,})*\b)"
    r"|(?P<amount>\{\$[\d.,]{1,20}\})"
    r"|(?P<number>(?<![\w$\u00a3\u20ac.,])(?=[\w-]{0,40}\d[\w-]{0,40}\d)(?:[A-Z]{1,6}[-_]?)?\d[\w-]{5,40}(?!\w))"
    r"|(?P<entity>&(?:amp|lt|gt|quot|apos|nbsp|\#39);)"
    r"|(?P<stretch>(?P<letter>[^\W\d_])(?P=letter){2,})"
    r"|(?P<shout>(?P<mark>[!?.\-_*=~])(?P=mark){3,})"
    r"|(?P<quote>[\u2018\u2019\u201b\u00b4`\u02bc]|[\u201c\u201d\u201e\u00ab\u00bb]|[\u2013\u2014]|\u2026|\u00a0)",
)
_HUMP = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_]+")
_ENTITIES = {"&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&apos;": "'", "&#39;": "'", "&nbsp;": " "}
_QUOTES = {
    **dict.fromkeys("\u2018\u2019\u201b\u00b4`\u02bc", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u00ab\u00bb", '"'),
    **dict.fromkeys("\u2013\u2014", "-"),
    "\u2026": "...",
    "\u00a0": " ",
}
_WORDS = {"link": "link", "mail": "mail", "handle": "@user", "date": "date", "hidden": "someone", "number": "number"}


@dataclass(frozen=True, slots=True)
class Folded:
    """`text`, and for each of its characters where in the original it begins and ends."""

    text: str
    starts: list[int]
    ends: list[int]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The original's span behind the non-empty span `(start, end)` of the folded text."""
        return self.starts[start], self.ends[end - 1]


def fold(text: str, start: int, end: int) -> Folded:
    """Fold `text[start:end]`; places refer to the whole `text`."""
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []

    def keep(begin: int, stop: int) -> None:
        pieces.append(text[begin:stop])
        starts.extend(range(begin, stop))
        ends.extend(range(begin + 1, stop + 1))

    position = start
    for match in _FOLD.finditer(text, start, end):
        keep(position, match.start())
        position = match.end()
        written = _written(str(match.lastgroup), match.group())
        pieces.append(written)
        starts.extend([match.start()] * len(written))
        ends.extend([match.end()] * len(written))
    keep(position, end)
    return Folded("".join(pieces), starts, ends)


def _written(kind: str, found: str) -> str:
    if kind in _WORDS:
        return _WORDS[kind]
    if kind == "tag":
        return "# " + " ".join(_HUMP.findall(found))
    if kind == "amount":
        return found.strip("{}").removesuffix(".00")
    if kind == "entity":
        return _ENTITIES[found]
    if kind == "stretch":
        return found[:2]
    if kind == "shout":
        return found[:3]
    return _QUOTES[found]
