"""`makeright check`: is everything as it must be, and if not, what to do."""

from __future__ import annotations

from pathlib import Path

import click
from redis.exceptions import RedisError

from adapters.contract import Finding, Health
from integration.cli.borrowed_redis import borrowed_redis
from integration.cli.findings import FindingsPrinter
from integration.cli.loading import known_account
from integration.logs import configure_logs
from integration.pipeline.context import build_context
from integration.pipeline.doctor import account_findings, service_findings
from integration.settings import Settings, SettingsError, load_settings


@click.command(epilog="Example: makeright check acme --json")
@click.argument("accounts", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line: place, subject, health, detail, fix.")
@click.pass_obj
def check(config: Path, accounts: tuple[str, ...], as_json: bool) -> None:
    """Check the installation, and ACCOUNTS (all, if none is named): configuration, secrets, disk, database, queue,
    workers, addresses; per account level, playbook, calendar, credentials, permissions, fields, rules, limits, webhooks.

    Every line is ok, a warning or an error, the latter two with what to do. Exit status 1 if there is an error.
    """
    printer = FindingsPrinter(as_json=as_json)
    try:
        settings = load_settings(config)
    except SettingsError as error:
        for problem in error.problems:
            place = ": ".join(part for part in (problem.where, problem.path, problem.value) if part)
            printer.show("service", Finding("configuration", Health.ERROR, place, problem.fix))
    else:
        configure_logs(json=settings.service.json_logs)
        names = [known_account(settings, name) for name in accounts] or list(settings.accounts)
        _check(settings, names, printer)
    printer.sum_up()
    raise SystemExit(1 if printer.counts[Health.ERROR] else 0)


def _check(settings: Settings, names: list[str], printer: FindingsPrinter) -> None:
    context = build_context(settings)
    for finding in service_findings(context):
        printer.show("service", finding)
    try:
        context.redis.ping()
    except RedisError:
        # Nothing runs: the helpdesks can be asked all the same.
        with borrowed_redis() as redis:
            context = build_context(settings, redis=redis)
            for name in names:
                for finding in account_findings(context, name, live=False):
                    printer.show(name, finding)
        return
    for name in names:
        for finding in account_findings(context, name):
            printer.show(name, finding)
