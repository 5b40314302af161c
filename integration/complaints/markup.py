"""A message's body as plain text, whatever a mail client, a script or an attacker put into it."""

from __future__ import annotations

import html
import re

import lxml.html
from inscriptis import Inscriptis
from lxml import etree

# Longer bodies are read up to here: no customer's own words are that long, and memory stays bounded.
LONGEST_HTML = 400_000
LONGEST_TEXT = 100_000
# inscriptis recurses into the tree; what is nested deeper than people write is read without layout.
DEEPEST_HTML = 150

_ILLEGIBLE = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)
# Each `<` stops at the next one, which keeps this linear on "<<<<<<".
_TAG = re.compile(r"<[^<>]*>")
_BLANK_LINES = re.compile(r"\n[ \t\n]*\n")
_QUOTE_CLASS = re.compile(
    r"gmail_quote|gmail_attr|yahoo_quoted|moz-cite-prefix|freshdesk_quote|protonmail_quote|OutlookMessageHeader"
)
# Outlook and Apple mark only where the quoted mail begins: it and all that follows it goes.
_QUOTE_STARTS = frozenset({"divRplyFwdMsg", "appendonsend", "mail-editor-reference-message-container"})
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_UNSEEN = frozenset({"script", "style", "head", "title", "template", "noscript", "object", "iframe", "svg"})
_ROWS = frozenset({"table", "thead", "tbody", "tfoot", "tr", "center"})
_CELLS = frozenset({"td", "th"})
_LAYOUT_ATTRIBUTES = ("style", "align", "valign", "width", "colspan", "rowspan")


def legible(text: str) -> str:
    """The text with control, invisible and unpaired characters blanked; every other character keeps its place."""
    return _ILLEGIBLE.sub(" ", text)


def plain(raw: str, *, is_html: bool) -> str:
    """The body as plain text; quoted mail that the HTML marks as such is left out. Never raises."""
    if not is_html:
        return legible(raw[:LONGEST_TEXT].replace("\r\n", "\n").replace("\r", "\n")).strip()
    source = legible(raw[:LONGEST_HTML])
    try:
        text = _render(source)
    except (etree.LxmlError, ValueError, RecursionError, AssertionError, LookupError, TypeError, AttributeError):
        text = _without_tags(source)
    lines = "\n".join(line.strip() for line in text[:LONGEST_TEXT].replace("\xa0", " ").split("\n"))
    return _BLANK_LINES.sub("\n\n", lines).strip()


def _render(source: str) -> str:
    if not source.strip():
        return ""
    root = lxml.html.document_fromstring(source, parser=lxml.html.HTMLParser(huge_tree=True, recover=True))
    if _depth(root) > DEEPEST_HTML:
        return _without_tags(source)
    _drop_quotes(root)
    _flatten_layout(root)
    return str(Inscriptis(root).get_text())


def _depth(root: etree._Element) -> int:
    deepest = depth = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        deepest = max(deepest, depth)
    return deepest


def _without_tags(source: str) -> str:
    return html.unescape(_TAG.sub(" ", source))


def _drop_quotes(root: etree._Element) -> None:
    for element in list(root.iter()):
        if not isinstance(element.tag, str):
            _drop(element)
        elif element.get("id", "") in _QUOTE_STARTS:
            for later in list(element.itersiblings()):
                _drop(later)
            _drop(element)
        elif (
            element.tag in _UNSEEN
            or element.tag == "blockquote"
            or _QUOTE_CLASS.search(element.get("class", ""))
            or _HIDDEN.search(element.get("style", ""))
        ):
            _drop(element)


def _drop(element: etree._Element) -> None:
    """Remove the element and keep the text that follows it."""
    parent = element.getparent()
    if parent is None:
        return
    if element.tail:
        before = element.getprevious()
        if before is None:
            parent.text = f"{parent.text or ''} {element.tail}"
        else:
            before.tail = f"{before.tail or ''} {element.tail}"
    element.tail = None
    parent.remove(element)


def _flatten_layout(root: etree._Element) -> None:
    """Mails use tables as layout: rows become lines and cells words, which also keeps huge tables cheap."""
    for element in root.iter():
        for attribute in _LAYOUT_ATTRIBUTES:
            if attribute in element.attrib:
                del element.attrib[attribute]
        if element.tag in _ROWS:
            element.tag = "div"
        elif element.tag in _CELLS:
            element.tag = "span"
            element.tail = f" {element.tail or ''}"
