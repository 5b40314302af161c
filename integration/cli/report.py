"""`makeright report`: what there is to tell about a time. Each report is a command of the file of its task."""

from __future__ import annotations

import click

from integration.cli.goodwill import spend
from integration.cli.shadow import judge, shadow


@click.group()
def report() -> None:
    """Reports. Failures are counted by cause, never by agent."""


for part in (shadow, judge, spend):
    report.add_command(part)
