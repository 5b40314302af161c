"""Commands for those who write the playbook: is it right, what does it say, what would change."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import click

from integration.recovery.goodwill import limits_for
from integration.recovery.playbook import Layer, Playbook, PlaybookError, Remedy, Step, default_playbook, read_playbook
from integration.recovery.playbook_diff import differences

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.group()
def playbook() -> None:
    """Check, show and compare playbooks. A file says only what differs from the packaged playbook."""


@playbook.command(epilog="Example: makeright playbook check acme.toml acme-pro.toml")
@click.argument("files", nargs=-1, type=_FILE)
@click.option("--json", "as_json", is_flag=True, help="One JSON object per mistake.")
def check(files: tuple[Path, ...], as_json: bool) -> None:
    """Check FILES, laid over the packaged playbook in this order (account, then brand); exit status 1 if any mistake
    is found. Every mistake is told with its place, the value and the fix."""
    try:
        read = read_playbook(*_layers(files))
    except PlaybookError as error:
        for problem in error.problems:
            if as_json:
                found = {"where": problem.where, "path": problem.path, "value": problem.value, "fix": problem.fix}
                click.echo(json.dumps(found, ensure_ascii=False))
            else:
                click.echo(str(problem), err=True)
        raise SystemExit(1) from None
    if not as_json:
        click.echo(f"playbook {read.version} is in order ({read.digest})")


@playbook.command(epilog="Example: makeright playbook show acme.toml --complaint no_callback")
@click.argument("files", nargs=-1, type=_FILE)
@click.option("--complaint", help="Only this one, such as no_callback.")
@click.option("--json", "as_json", is_flag=True, help="The merged playbook as JSON.")
def show(files: tuple[Path, ...], complaint: str | None, as_json: bool) -> None:
    """Say what the playbook says, once FILES are laid over the packaged one."""
    read = _read(files)
    known = {str(name): remedy for name, remedy in read.remedies.items()}
    if complaint is not None and complaint not in known:
        raise click.UsageError(f"no complaint {complaint!r}; there are: {', '.join(known)}")
    chosen = [known[complaint]] if complaint else list(known.values())
    if as_json:
        source = read.source if complaint is None else read.source["complaints"][complaint]
        click.echo(json.dumps(source, ensure_ascii=False, indent=2))
        return
    click.echo(f"Playbook {read.version} ({read.digest}), voice {read.voice.name}, apology {read.apology.policy}")
    for remedy in chosen:
        for line in _lines(read, remedy):
            click.echo(line)


@playbook.command(epilog="Example: makeright playbook diff default acme.toml")
@click.argument("old")
@click.argument("new")
def diff(old: str, new: str) -> None:
    """Say in words what changes from OLD to NEW (files, or "default" for the packaged playbook); exit status 1 if
    anything does."""
    found = differences(_named(old), _named(new))
    for line in found:
        click.echo(line)
    if not found:
        click.echo("no difference")
    raise SystemExit(1 if found else 0)


def _layers(files: tuple[Path, ...]) -> Iterator[Layer]:
    for file in files:
        try:
            yield Layer(str(file), file.read_text("utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise click.UsageError(f"{file} cannot be read as UTF-8 text: {error}") from None


def _read(files: tuple[Path, ...]) -> Playbook:
    try:
        return read_playbook(*_layers(files))
    except PlaybookError as error:
        raise click.ClickException(str(error)) from None


def _named(name: str) -> Playbook:
    if name == "default":
        return default_playbook()
    if not Path(name).is_file():
        raise click.UsageError(f'there is no file {name}; write a file\'s name, or "default"')
    return _read((Path(name),))


def _lines(read: Playbook, remedy: Remedy) -> Iterator[str]:
    yield ""
    yield click.style(remedy.complaint.words.capitalize(), bold=True)
    yield from _step("first", remedy.first)
    yield from _step("again", remedy.again)
    yield f"  tags     {remedy.label_tag}, {remedy.clock_tag}"
    yield f"  facts    {', '.join(remedy.facts) or 'none'}"
    yield f"  macros   {'; '.join(macro.title for macro in remedy.macros)}"
    for name, repeat in (("first", False), ("again", True)):
        limits = limits_for(read, remedy.complaint, repeat=repeat)
        most = ", ".join(f"{role} up to {limit:.2f} {read.goodwill.currency}" for role, limit in limits.items())
        yield f"  goodwill {name}: {', '.join(remedy.gestures) or 'none'}; {most}"


def _step(name: str, step: Step) -> Iterator[str]:
    people = f", group {step.group}" if step.group else ""
    updates = f", then {step.updates.words}" if step.updates else ""
    priority = f"priority {step.priority}" if step.priority else "priority left"
    yield f"  {name:<8} {step.text}"
    yield f"           {step.clock.words}{updates}; {priority}{people}"


playbook_commands: list[click.Command] = [playbook]
