"""The internal note: one compact block that an agent reads in five seconds. Every piece of foreign text is escaped.

It names days, never "today": it is still there tomorrow. Helpdesk placeholders are made inert by the adapter.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import urlsplit

from integration.complaints.reading import Reading
from integration.complaints.taxonomy import Complaint
from integration.recovery.calendar_words import day_words, last_day, limit_words
from integration.recovery.deadlines import Deadline
from integration.recovery.macros import Suggestion
from integration.recovery.playbook import PlaybookMacro, Remedy, Step

LONGEST_QUOTE = 240
MOST_QUOTES = 2
_LONGEST_TITLE = 100


@dataclass(frozen=True, slots=True)
class Contents:
    """What a note says. `reply` is the playbook's own macro where it is not in the helpdesk to be linked; `missing` are
    the questions to answer before replying; `changed` what this decision changes on the ticket."""

    reading: Reading
    remedies: Sequence[Remedy]
    step: Step
    deadline: Deadline
    clock_of: Complaint
    suggestions: Sequence[Suggestion] = ()
    reply: PlaybookMacro | None = None
    missing: Sequence[str] = ()
    history: str = ""
    changed: Sequence[str] = ()
    hold: str | None = None


def note_html(contents: Contents, limit: int) -> str:
    """The note, of at most `limit` characters and bytes: what can be spared goes first, what must be done now last."""
    what = [_complaint(contents.reading, remedy, quotes=True) for remedy in contents.remedies]
    bare = [_complaint(contents.reading, remedy, quotes=False) for remedy in contents.remedies]
    now = [_do_now(contents), *_line("Before it is sent", contents.hold)]
    macros, reply = _macros(contents.suggestions), _reply(contents.reply)
    facts = _line("Find out first", " ".join(_sentence(question) for question in contents.missing))
    history, changed = _line("History", contents.history), _line("Changed", ", ".join(contents.changed))
    attempts = (
        (what, now, history, macros, facts, changed, reply),
        (what, now, history, macros, facts, changed),
        (what, now, history, macros),
        (bare, now),
    )
    for attempt in attempts:
        note = "".join(part for parts in attempt for part in parts)
        if len(note.encode()) <= limit:
            return note
    return now[0] if len(now[0].encode()) <= limit else ""


def _complaint(reading: Reading, remedy: Remedy, *, quotes: bool) -> str:
    title = escape(remedy.complaint.words.capitalize())
    found = f"<strong>{title}</strong> ({reading.scores[remedy.complaint]:.2f})"
    evidence = reading.evidence_for(remedy.complaint)[:MOST_QUOTES] if quotes else ()
    quoted = "; ".join(f"“{escape(_shortened(item.text, LONGEST_QUOTE))}”" for item in evidence)
    return f"<p>{found}: {quoted}</p>" if quoted else f"<p>{found}</p>"


def _do_now(contents: Contents) -> str:
    at = contents.deadline.due_at
    when = f"{day_words(last_day(at))}, {limit_words(at)}"
    other = contents.clock_of is not contents.remedies[0].complaint
    whose = f"The clock of {contents.clock_of.words}: " if other else ""
    return (
        f"<p><strong>By {escape(when)}:</strong> {escape(contents.step.text)}"
        f"<br><em>{escape(whose + contents.deadline.explanation)}</em></p>"
    )


def _macros(suggestions: Sequence[Suggestion]) -> list[str]:
    if not suggestions:
        return []
    items = "".join(f"<li>{_linked(s)}{f' ({escape(s.reason)})' if s.reason else ''}</li>" for s in suggestions)
    return [f"<p><strong>Replies that fit:</strong></p><ul>{items}</ul>"]


def _linked(suggestion: Suggestion) -> str:
    macro = suggestion.macro
    title = escape(_shortened(macro.title, _LONGEST_TITLE))
    return f'<a href="{escape(macro.url)}">{title}</a>' if _is_web_address(macro.url) else title


def _is_web_address(url: str) -> bool:
    try:
        return urlsplit(url).scheme in ("http", "https")
    except ValueError:
        return False


def _reply(macro: PlaybookMacro | None) -> list[str]:
    if macro is None:
        return []
    body = escape(macro.body).replace("\n", "<br>")
    return [f"<p><strong>Suggested reply: {escape(macro.title)}</strong></p><blockquote>{body}</blockquote>"]


def _line(title: str, text: str | None) -> Iterable[str]:
    return [f"<p><strong>{escape(title)}:</strong> {escape(text)}</p>"] if text else []


def _sentence(question: str) -> str:
    return question[:1].upper() + question[1:]


def _shortened(text: str, longest: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= longest else line[: longest - 1].rsplit(" ", 1)[0] + "…"
