"""The internal note: one compact block that an agent reads in five seconds. Every piece of ticket text is escaped."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from integration.complaints.reading import Evidence, Reading
from integration.recovery.playbook import Remedy

LONGEST_QUOTE = 240


def note_html(reading: Reading, remedies: Sequence[Remedy]) -> str:
    """The note for these remedies, the first of them leading. Helpdesk placeholders are made inert by the adapter."""
    parts = [_complaint(reading, remedy) for remedy in remedies]
    lead = remedies[0]
    parts.append(f"<p><strong>Do now:</strong> {escape(lead.text)}</p>")
    body = escape(lead.macro.body).replace("\n", "<br>")
    parts.append(f"<p><strong>Suggested reply: {escape(lead.macro.title)}</strong></p><blockquote>{body}</blockquote>")
    return "".join(parts)


def _complaint(reading: Reading, remedy: Remedy) -> str:
    title = escape(remedy.complaint.words.capitalize())
    quotes = "; ".join(f"“{escape(_shortened(item.text))}”" for item in _evidence(reading, remedy))
    found = f"<strong>{title}</strong> ({reading.scores[remedy.complaint]:.2f})"
    return f"<p>{found}: {quotes}</p>" if quotes else f"<p>{found}</p>"


def _evidence(reading: Reading, remedy: Remedy) -> list[Evidence]:
    return [item for item in reading.evidence if item.complaint is remedy.complaint][:2]


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_QUOTE else line[: LONGEST_QUOTE - 1].rsplit(" ", 1)[0] + "…"
