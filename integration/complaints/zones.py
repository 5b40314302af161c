"""What the author of a message wrote in it: quoted mail, signatures and marks of the mail client left out.

Everything works on spans of the text as it was given, so that a place found later can be shown where it stands, and
every step is linear in the length of the input. (The libraries for plain-text mail return copies instead of places,
take lists for signatures, and match with patterns that are quadratic on hostile lines.)
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from adapters.contract import Ticket
from integration.complaints.markup import plain

Span = tuple[int, int]

# Only the beginning of a line is looked at, so that no pattern meets more than this many characters.
_LINE_HEAD = 300
_WROTE = re.compile(
    r"^\W{0,4}(?:on\b.{3,}\bwrote|am\b.{3,}\bschrieb.{0,80}|le\b.{3,}\ba écrit|el\b.{3,}\bescribió|"
    r"op\b.{3,}\b(?:schreef.{0,80}|geschreven)|em\b.{3,}\bescreveu|il\b.{3,}\bha scritto)\s*:\s*$",
    re.IGNORECASE,
)
_WROTE_BEGINS = re.compile(r"^\W{0,4}on\b.{3,}[\d<]", re.IGNORECASE)
_WROTE_ENDS = re.compile(r"\bwrote\s*:\s*$", re.IGNORECASE)
_DIVIDER = re.compile(
    r"^\s*(?:-{2,}\s*(?:original|forwarded) message\s*-{2,}|begin forwarded message\s*:|_{20,}|-{30,}|"
    r"\W{0,10}(?:please )?(?:reply|type your reply|write) above this line\W{0,10}|##-.{0,80}-##)\s*$",
    re.IGNORECASE,
)
_HEADER = re.compile(r"^\s*\*?(?:from|sent|date|to|cc|subject|reply-to|von|gesendet|an|betreff)\s*:", re.IGNORECASE)
_HEADER_FIRST = re.compile(r"^\s*\*?(?:from|von)\s*:", re.IGNORECASE)
_QUOTED = re.compile(r"^\s{0,3}>")
_SIGNATURE_MARK = re.compile(r"^\s*--\s*$")
_CLIENT_MARK = re.compile(
    r"^\s*(?:sent (?:from|via) (?:my|the|yahoo|outlook|mail|samsung|gmail|proton|windows|ipad|iphone)\b|get outlook for )",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"^\s*(?:(?:with )?(?:(?:kind|kindest|best|warm|warmest|many) )?(?:regards|wishes)|many thanks|"
    r"thanks(?: (?:and|&) regards| in advance| again| so much)?|thank you(?: very much| in advance)?|thx|"
    r"yours(?: sincerely| faithfully| truly)?|(?:yours )?sincerely|respectfully(?: yours)?|cheers|best|rgds|all the best)"
    r"\s*[,.!-]{0,3}\s*$",
    re.IGNORECASE,
)
# A closing ends the letter only if what follows looks like a name and an address, not like more of the letter.
_SIGNATURE_LINES = 12
_SIGNATURE_LINE_LENGTH = 80
_SENTENCE = re.compile(r"^\s*@|\?|\b(?:\w+\W+){8,}\w+")


def own_spans(text: str) -> list[Span]:
    """Where in `text` (plain text) its author's own words stand: `(start, end)` in order, ends exclusive.

    >>> own_spans("Any news?\\n\\nOn Mon, 3 Mar 2025, Support wrote:\\n> We are looking into it.")
    [(0, 9)]
    """
    lines = _lines(text)
    heads = [text[start : min(end, start + _LINE_HEAD)].rstrip() for start, end in lines]
    spans: list[Span] = []
    for index, (start, end) in enumerate(lines):
        if _letter_ends(heads, index) or (spans and _signature_begins(heads, index)):
            break
        if heads[index] and not _QUOTED.match(heads[index]):
            spans.append((start, end))
    return _joined(text, spans)


def own_words(text: str) -> str:
    """The author's own words in `text`, which is plain text."""
    return "\n".join(text[start:end] for start, end in own_spans(text))


def read(ticket: Ticket) -> Ticket:
    """The ticket with `text` filled in on every message that has none yet."""
    return replace(
        ticket,
        messages=tuple(
            message if message.text else replace(message, text=own_words(plain(message.raw, is_html=message.is_html)))
            for message in ticket.messages
        ),
    )


def _lines(text: str) -> list[Span]:
    lines: list[Span] = []
    start = 0
    for line in text.splitlines(keepends=True):
        lines.append((start, start + len(line)))
        start += len(line)
    return lines


def _letter_ends(heads: Sequence[str], index: int) -> bool:
    """Whether quoted or forwarded mail begins here, or the mail client's own mark stands here."""
    head = heads[index]
    if _DIVIDER.match(head) or _WROTE.match(head) or _CLIENT_MARK.match(head):
        return True
    following = heads[index + 1 : index + 4]
    if _HEADER_FIRST.match(head) and sum(bool(_HEADER.match(line)) for line in following) >= 2:
        return True
    # Some clients break "On ... wrote:" over two or three lines.
    return bool(_WROTE_BEGINS.match(head)) and any(_WROTE_ENDS.search(line) for line in following[:2])


def _signature_begins(heads: Sequence[str], index: int) -> bool:
    if _SIGNATURE_MARK.match(heads[index]):
        return True
    if not _CLOSING.match(heads[index]):
        return False
    rest = [head for head in heads[index + 1 : index + 2 + _SIGNATURE_LINES] if head]
    for position, head in enumerate(rest):
        if _letter_ends(rest, position) or _SIGNATURE_MARK.match(head) or _QUOTED.match(head):
            return True
        if position >= _SIGNATURE_LINES or len(head) > _SIGNATURE_LINE_LENGTH or _SENTENCE.search(head):
            return False
    return True


def _joined(text: str, spans: Sequence[Span]) -> list[Span]:
    """Neighbouring lines as one span, without the white space around it."""
    joined: list[Span] = []
    for start, end in spans:
        if joined and not text[joined[-1][1] : start].strip():
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return [_trimmed(text, span) for span in joined]


def _trimmed(text: str, span: Span) -> Span:
    start, end = span
    words = text[start:end]
    return start + len(words) - len(words.lstrip()), end - (len(words) - len(words.rstrip()))
