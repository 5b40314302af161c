"""`makeright coach`: what a draft had better not say, and how well the coach knows it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any, TextIO

import click
from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from integration.complaints.taxonomy import Complaint
from integration.recovery.coach import Coach, Finding, Policy
from integration.recovery.coach.drafts import read
from integration.recovery.coach.measures import measure, table

# One line is one draft; what is longer is not one.
_LONGEST_LINE = 5_000_000


class _Line(Schema):
    class Meta:
        unknown = EXCLUDE

    id = fields.Raw(load_default=None, allow_none=True)
    text = fields.String(load_default=None, allow_none=True)
    policy = fields.String(load_default=None, allow_none=True, validate=validate.OneOf([str(p) for p in Policy]))
    complaints = fields.List(fields.String(), load_default=None, allow_none=True)


@click.command("coach")
@click.argument("file", type=click.File("r", encoding="utf-8", errors="replace"), default="-")
@click.option("--jsonl", "as_lines", is_flag=True, help='Read {"id", "text"} per line, write the findings per line.')
@click.option("--json", "as_json", is_flag=True, help="Without --jsonl: print the findings as JSON.")
@click.option("--evaluate", is_flag=True, help="Read drafts with marked findings and print precision and recall.")
def coach(file: TextIO, as_lines: bool, as_json: bool, evaluate: bool) -> None:
    """Say what a reply to a complaint had better not say, where it says so, why, and what would be better.

    FILE holds one draft as plain text; with --jsonl one JSON object per line: {"id", "text"}, optionally "policy" (full,
    regret_only, hold_for_review) and "complaints" (those of the ticket); with --evaluate lines of {"id", "text",
    "findings": [{"rule", "text"}]}. Without FILE, standard input is read. Nothing of it is kept.

    Exit status: 0 all read, 1 some lines could not be read (named on standard error; the others are answered).

    Example: echo '{"id": 1, "text": "Someone will call you soon."}' | makeright coach --jsonl
    """
    reviewer = Coach.load()
    if evaluate:
        try:
            click.echo(table(measure(list(read(file)), reviewer.review)))
        except ValueError as error:
            raise click.ClickException(str(error)) from None
        return
    if not as_lines:
        found = reviewer.review(file.read())
        click.echo(json.dumps([_shown(f) for f in found], ensure_ascii=False) if as_json else _in_words(found))
        return
    failed = False
    for number, line in _lines(file):
        try:
            row = _Line().load(json.loads(line))
        except (json.JSONDecodeError, ValidationError, RecursionError) as error:
            failed = True
            click.echo(
                f'line {number}: {_explained(error)} (expected {{"id": ..., "text": ...}}, see --help)', err=True
            )
            continue
        result = {"id": row["id"], "findings": [_shown(finding) for finding in _review(reviewer, row)]}
        click.echo(json.dumps(result, ensure_ascii=False).encode("utf-8", "replace"))
    if failed:
        sys.exit(1)


def _review(reviewer: Coach, row: dict[str, Any]) -> tuple[Finding, ...]:
    known = {str(complaint) for complaint in Complaint}
    complaints = [Complaint(name) for name in row["complaints"] or () if name in known]
    return reviewer.review(row["text"] or "", policy=Policy(row["policy"] or Policy.FULL), complaints=complaints)


def _lines(file: TextIO) -> Iterator[tuple[int, str]]:
    """The non-empty lines with their numbers from 1, as they arrive."""
    for number, line in enumerate(iter(lambda: file.readline(_LONGEST_LINE), ""), 1):
        if line.strip():
            yield number, line


def _shown(finding: Finding) -> dict[str, Any]:
    return {
        "rule": str(finding.rule),
        "start": finding.start,
        "end": finding.end,
        "text": finding.text,
        "why": finding.why,
        "instead": finding.instead,
    }


def _in_words(findings: tuple[Finding, ...]) -> str:
    if not findings:
        return "nothing found"
    return "\n".join(f"{f.rule}  {f.text!r}\n  {f.why}\n  Better: {f.instead}" for f in findings)


def _explained(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return "; ".join(f"{field}: {fault}" for field, fault in error.messages_dict.items())
    if isinstance(error, json.JSONDecodeError):
        return f"not JSON at column {error.colno}: {error.msg}"
    return "nested too deeply"


coach_commands: list[click.Command] = [coach]
