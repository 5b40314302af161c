"""The command `makeright`. Each file here holds the commands of one task."""

from __future__ import annotations

from pathlib import Path

import click

from integration.cli.backfill import backfill
from integration.cli.check import check
from integration.cli.coach import coach_commands
from integration.cli.complaints import complaint_commands
from integration.cli.console import console_commands
from integration.cli.demo import demo
from integration.cli.failed import failed_commands
from integration.cli.goodwill import goodwill_commands
from integration.cli.init import init
from integration.cli.level import level
from integration.cli.ops import ops_commands
from integration.cli.playbook import playbook_commands
from integration.cli.privacy import privacy_commands
from integration.cli.provision import provision_commands
from integration.cli.rehearsal import rehearsal_commands
from integration.cli.report import report
from integration.cli.service import service_commands
from integration.cli.sidebar import sidebar_commands
from integration.settings import DEFAULT_FILE


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    default=DEFAULT_FILE,
    envvar="MAKERIGHT_CONFIG",
    show_default=True,
    help="The configuration file.",
)
@click.version_option(package_name="makeright")
@click.pass_context
def main(ctx: click.Context, config: Path) -> None:
    """Recognise the complaints a business causes itself, and put the right reply and the right clock on the ticket."""
    ctx.obj = config


for command in (
    *service_commands,
    *ops_commands,
    *provision_commands,
    *sidebar_commands,
    *playbook_commands,
    *complaint_commands,
    *coach_commands,
    init,
    check,
    level,
    backfill,
    *failed_commands,
    *goodwill_commands,
    *rehearsal_commands,
    *privacy_commands,
    report,
    *console_commands,
    demo,
):
    main.add_command(command)
