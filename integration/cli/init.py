"""`makeright init`: from nothing to a configuration that has been tried, one account at a time."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from adapters import helpdesk_class, helpdesk_kinds
from adapters.contract import Health, HelpdeskError, Question, Schedule
from adapters.helpdesk import Helpdesk
from adapters.http import is_loopback
from integration.cli.account_draft import AccountDraft
from integration.cli.answers import Answers, Choice, at_a_terminal
from integration.cli.findings import FindingsPrinter
from integration.configuration.edits import with_service
from integration.recovery.calendar_forms import CalendarSchema
from integration.recovery.calendar_imports import calendar_section
from integration.recovery.calendars import CalendarError
from integration.recovery.public_holidays import check_holiday_code
from integration.recovery.time_zones import zone_named
from integration.settings import Level, ServiceSchema, SettingsError, load_settings

_NEW_FILE = """\
# Makeright's configuration. Every key: docs/configuration.md. Secrets are named here, never written here.
"""
_ALWAYS, _BY_HAND = "always", "own"
_STDIN = "-"


@click.command(
    epilog="Example: makeright init acme --helpdesk zendesk --set subdomain=acme --secret auth.client_secret=env:ACME_SECRET"
)
@click.argument("account", required=False)
@click.option("--helpdesk", help="zendesk, freshdesk or another adapter's name.")
@click.option("--way", help="How to be let in, where there are several ways: zendesk has oauth and token.")
@click.option("--public-url", help="The address helpdesks reach this service by.")
@click.option("--set", "values", multiple=True, metavar="KEY=VALUE", help="An answer: --set auth.client_id=makeright")
@click.option(
    "--secret",
    "secrets",
    multiple=True,
    metavar="KEY=SOURCE",
    help="Where a secret comes from: env:NAME, file:PATH, or - for a line of standard input. Never the secret itself: "
    "other users of this machine can see a command's words.",
)
@click.option("--calendar", help="Business hours: the id or name of one in the helpdesk, `always`, or `own`.")
@click.option("--holidays", help="Public holidays: a country or region, like US or US-NY; `none`.")
@click.option("--brand", "brands", multiple=True, metavar="BRAND=CALENDAR", help="Other business hours for a brand.")
@click.option("--no-test", is_flag=True, help="Do not ask the helpdesk whether the answers work.")
@click.option("--no-input", is_flag=True, help="Ask nothing; what is missing ends the command.")
@click.pass_context
def init(
    ctx: click.Context,
    account: str | None,
    helpdesk: str | None,
    way: str | None,
    public_url: str | None,
    values: tuple[str, ...],
    secrets: tuple[str, ...],
    calendar: str | None,
    holidays: str | None,
    brands: tuple[str, ...],
    no_test: bool,
    no_input: bool,
) -> None:
    """Connect ACCOUNT: asks, explains, tries every answer on the helpdesk, and writes makeright.toml with the secrets in
    files that only you can read. Run it again for another account; what stands in the file stays as it is.

    A new account starts at level shadow: decisions are stored, nothing is written on tickets.
    """
    given = {
        "account": account,
        "helpdesk": helpdesk,
        "way": way,
        "public_url": public_url,
        "calendar": calendar,
        "holidays": holidays,
        **{f"set {key}": value for key, value in _pairs(values, "--set")},
        **{f"secret {key}": source for key, source in _pairs(secrets, "--secret")},
        **{f"brand {brand}": value for brand, value in _pairs(brands, "--brand")},
    }
    answers = Answers(
        {key: value for key, value in given.items() if value is not None}, ask=not no_input and at_a_terminal()
    )
    draft: AccountDraft | None = None
    try:
        draft = _draft(ctx.obj, answers)
        _connect(draft, answers, test=not no_test)
        if unused := answers.left():
            raise click.UsageError(f"nothing asks for: {', '.join(unused)}")
        kept = draft.secret_files()
        draft.write()
    except SettingsError as error:
        raise click.ClickException(str(error)) from None
    finally:
        if draft is not None:
            draft.discard()
    _next_steps(draft, kept)


def _draft(file: Path, answers: Answers) -> AccountDraft:
    """The file as it is (or a new one), and which account of which helpdesk comes in."""
    known: set[str] = set()
    if file.exists():
        known = set(load_settings(file).accounts)
        text = file.read_text("utf-8")
        answers.explain(f"{file} is there, with {', '.join(known) or 'no account yet'}. This adds an account.")
    else:
        answers.explain(
            f"This writes {file}. Nothing is written on any ticket: a new account starts at level shadow.",
            "",
            "Helpdesks send word of every changed ticket to this service, so it needs an address on the internet, by https.",
            "(On a machine of your own, with the sandbox, http://127.0.0.1:8080 will do.)",
        )
        url = answers.text("public_url", "Public address of this service", _service_url, flag="--public-url")
        address = urlsplit(url)
        own = is_loopback(address.hostname or "") and address.port
        text = with_service(_NEW_FILE, {"public_url": url} | ({"listen": address.netloc} if own else {}))
    answers.explain("", "An account is one helpdesk. Its name is part of the webhook's address and stands in logs.")
    name = answers.text("account", "Name of the account", lambda said: _new_name(said, known), flag="ACCOUNT")
    kinds = [kind for kind in helpdesk_kinds() if helpdesk_class(kind).ways_in]
    kind = answers.choose(
        "helpdesk", "Helpdesk", [Choice(kind, kind.capitalize()) for kind in kinds], flag="--helpdesk"
    )
    return AccountDraft(file, text, name, kind)


def _connect(draft: AccountDraft, answers: Answers, *, test: bool) -> None:
    ways = helpdesk_class(draft.kind).ways_in
    chosen = answers.choose(
        "way", "How Makeright signs in", [Choice(way.name, way.title) for way in ways], flag="--way"
    )
    way = next(way for way in ways if way.name == chosen)
    draft.put("level", Level.SHADOW.value)
    for key in ("base_url", *[key for key in answers.left() if key.startswith("set fields.")]):
        _extra(draft, answers, key.removeprefix("set "))
    while True:
        for question in way.questions:
            _ask(draft, answers, question)
        if not test:
            _calendar(draft, answers, [], {})
            return
        with draft.helpdesk() as helpdesk:
            if _works(draft.name, helpdesk):
                _calendar(draft, answers, _schedules(helpdesk, answers), _brands(helpdesk))
                return
        if not answers.ask:
            raise click.ClickException(
                "nothing was written: see the errors above (--no-test writes without asking the helpdesk)"
            )
        click.confirm("That does not work yet. Answer again?", default=True, abort=True)


def _ask(draft: AccountDraft, answers: Answers, question: Question) -> None:
    key = question.key
    if question.made and f"secret {key}" not in answers.left():
        draft.make_secret(question)
        return
    answers.explain("", f"{question.ask}", *([f"  {question.why}"] if question.why else []))
    numbered = len(question.steps) > 1
    answers.explain(*(f"  {f'{number}. ' if numbered else ''}{step}" for number, step in enumerate(question.steps, 1)))
    if question.choices and not question.secret:
        choices = sorted(
            (Choice(value, value) for value in question.choices), key=lambda c: c.value != question.default
        )
        draft.put(key, answers.choose(f"set {key}", question.ask, choices, flag=f"--set {key}="))
        return
    if not question.secret:
        flag = f"--set {key}="
        said = answers.text(
            f"set {key}",
            question.ask,
            lambda said: draft.checked(question, said),
            flag=flag,
            default=question.default or (None if question.needed else ""),
        )
        if said:
            draft.put(key, said)
        return

    by_flag = f"secret {key}" in answers.left()

    def read(said: str) -> str:
        if by_flag and said == _STDIN:
            said = sys.stdin.readline().strip()
        elif by_flag and not said.startswith(("env:", "file:")):
            raise ValueError("name the secret's source: env:NAME, file:PATH, or - for a line of standard input")
        draft.checked(question, said)
        if said:
            draft.put_secret(question, said)
        return said

    default = None if question.needed else ""
    answers.text(
        f"secret {key}",
        f"{question.ask} (not shown; or env:NAME, file:PATH)",
        read,
        flag=f"--secret {key}=",
        default=default,
        hidden=True,
    )


def _extra(draft: AccountDraft, answers: Answers, key: str) -> None:
    """A key that nobody is asked for, but that a flag may say."""
    if f"set {key}" in answers.left():
        draft.put(key, answers.text(f"set {key}", key, str, flag=f"--set {key}="))


def _works(name: str, helpdesk: Helpdesk) -> bool:
    """Shows what the helpdesk answers; True if nothing is broken."""
    printer = FindingsPrinter()
    try:
        for finding in helpdesk.check():
            printer.show(f"Trying {name}", finding)
    except HelpdeskError as error:
        raise click.ClickException(str(error)) from None
    printer.sum_up()
    return not printer.counts[Health.ERROR]


def _schedules(helpdesk: Helpdesk, answers: Answers) -> list[Schedule]:
    """Those of the helpdesk that can be used; none where the role or plan does not show them."""
    try:
        found = list(helpdesk.schedules())
    except HelpdeskError as error:
        answers.explain("", f"The helpdesk does not show its business hours ({error}).")
        return []
    usable = []
    for schedule in found:
        try:
            calendar_section(schedule)
        except CalendarError as error:
            answers.explain(f"Left out: {error}")
        else:
            usable.append(schedule)
    return usable


def _brands(helpdesk: Helpdesk) -> dict[str, str]:
    try:
        return {brand.id: brand.name for brand in helpdesk.brands()}
    except HelpdeskError:
        return {}


def _calendar(draft: AccountDraft, answers: Answers, schedules: list[Schedule], brands: Mapping[str, str]) -> None:
    """The business hours of the account, and of those of its brands that keep others."""
    answers.explain("", 'Business hours: deadlines are counted in them ("the same business day").')
    draft.put("calendar", _chosen(answers, "calendar", schedules, flag="--calendar"))
    asked = [brand for brand in brands if f"brand {brand}" in answers.left()]
    if (
        not asked
        and len(brands) > 1
        and answers.confirm(f"{len(brands)} brands. Do some keep other hours?", default=False)
    ):
        asked = list(brands)
    for brand in asked:
        answers.explain("", f"Business hours of {brands[brand]}")
        calendar = _chosen(answers, f"brand {brand}", schedules, flag="--brand")
        if calendar != draft.section["calendar"]:
            draft.put("brands", {**draft.section.get("brands", {}), brand: {"calendar": calendar}})


def _chosen(answers: Answers, key: str, schedules: list[Schedule], *, flag: str) -> dict[str, Any]:
    """A calendar's section."""
    named = {schedule.id: schedule for schedule in schedules}
    choices = [
        *(Choice(schedule.id, f"{schedule.name}, {schedule.time_zone} (as in the helpdesk)") for schedule in schedules),
        Choice(_BY_HAND, "hours that I write here"),
        Choice(_ALWAYS, "always open"),
    ]
    said = answers.choose(key, "Hours", choices, flag=flag)
    if said == _ALWAYS:
        return {"time_zone": _zone(answers), "always": True}
    if said == _BY_HAND:
        return _written(answers)
    schedule = named[said]
    if schedule.days_off:
        return calendar_section(schedule)
    return calendar_section(schedule, holidays=_holidays(answers))


def _written(answers: Answers) -> dict[str, Any]:
    zone = _zone(answers)

    def read(said: str) -> dict[str, Any]:
        days, _, spans = said.partition(" ")
        form = {"time_zone": zone, "hours": {days: [span.strip() for span in spans.split(",")]}}
        messages = CalendarSchema().validate(form)
        if messages:
            raise ValueError('write days and hours like "mon-fri 09:00-17:00" or "mon-fri 09:00-12:00, 13:00-17:00"')
        return form

    form = answers.text(
        "set calendar.hours", "Days and hours", read, flag="--set calendar.hours=", default="mon-fri 09:00-17:00"
    )
    code = _holidays(answers)
    return {**form, "holidays": code} if code else form


def _zone(answers: Answers) -> str:
    return answers.text(
        "set calendar.time_zone",
        "Time zone, like America/New_York",
        lambda said: zone_named(said).key,
        flag="--set calendar.time_zone=",
    )


def _holidays(answers: Answers) -> str:
    def read(said: str) -> str:
        if said in ("", "none"):
            return ""
        check_holiday_code(said)
        return said

    words = "Public holidays: a country or region like US or US-NY, empty for none"
    return answers.text("holidays", words, read, flag="--holidays", default="")


def _pairs(words: Iterable[str], flag: str) -> Iterator[tuple[str, str]]:
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or not key or not value:
            # The word may hold a secret that was not to stand there.
            raise click.UsageError(f"{flag}: write KEY=VALUE")
        yield key.strip(), value


def _service_url(said: str) -> str:
    messages: Any = ServiceSchema().validate({"public_url": said})
    if messages:
        raise ValueError("; ".join(messages["public_url"]))
    return said


def _new_name(said: str, known: set[str]) -> str:
    if not said.isascii() or not said.replace("-", "").replace("_", "").isalnum() or len(said) > 40:
        raise ValueError(f"{said!r} stands in web addresses: use up to 40 letters, digits, - and _")
    if said in known:
        raise ValueError(f"{said} is there already: choose another name, or change its section by hand")
    return said


def _next_steps(draft: AccountDraft, kept: list[str]) -> None:
    click.echo(f"\nWritten: {draft.file}, with [accounts.{draft.name}] at level shadow.")
    if kept:
        click.echo(f"Secrets, each in a file for you only: {', '.join(kept)} (beside it)")
    click.echo("\nNext:")
    for command, does in (
        ("up", "starts everything; leave it running, and go on in another terminal"),
        (f"provision {draft.name}", "makes webhook, rules, field and macros in the helpdesk"),
        (f"check {draft.name}", "says how every part is, and what to do if something is not well"),
    ):
        click.echo(f"  makeright {command:<{len(draft.name) + 10}}  {does}")
