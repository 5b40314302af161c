"""HTML in and out: both helpdesks strip active content from what is posted and keep a plain-text twin of every body."""

from __future__ import annotations

import html
import re

import nh3
from inscriptis import get_text
from inscriptis.css_profiles import CSS_PROFILES
from inscriptis.model.config import ParserConfig

_PLAIN = ParserConfig(css=CSS_PROFILES["strict"].copy(), display_links=False)
_TAG = re.compile(r"<[a-zA-Z/!]")
_TAGS = nh3.ALLOWED_TAGS | {"font"}


def clean(markup: str) -> str:
    """The HTML without scripts, event handlers, comments and unknown attributes (platform pages: may be stripped)."""
    return nh3.clean(markup, tags=_TAGS, link_rel="noreferrer noopener")


def to_text(markup: str) -> str:
    """The text a reader sees, paragraphs kept as lines."""
    if not _TAG.search(markup):
        return html.unescape(markup).strip()
    return str(get_text(markup, _PLAIN)).strip()


def to_html(text: str) -> str:
    """Plain text as HTML: blank lines part paragraphs, line ends become breaks, nothing else is markup."""
    paragraphs = re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip("\n"))
    return "".join(f"<p>{html.escape(part, quote=False).replace(chr(10), '<br>')}</p>" for part in paragraphs)


def truncate(text: str, limit: int) -> str:
    """At most `limit` bytes of UTF-8, cut between characters (Zendesk cuts comments at 64 kB without a word)."""
    raw = text.encode()
    return text if len(raw) <= limit else raw[:limit].decode(errors="ignore")
