"""`makeright report`: what there is to tell about a time. Each report is a command of the file of its task."""

from __future__ import annotations

import click

from integration.cli.goodwill import spend


@click.group()
def report() -> None:
    """Reports. Failures are counted by cause, never by agent."""


report.add_command(spend)
