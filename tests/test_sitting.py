"""One person at two real terminals, from nothing to the first note on a ticket, on each helpdesk."""

from __future__ import annotations

import re

import pytest

from docs.sitting import COMPLAINTS, PLATFORMS, sitting_down
from integration.settings import Level, load_settings


@pytest.mark.timeout(1500)
@pytest.mark.xdist_group("sitting")
@pytest.mark.parametrize("helpdesk", list(PLATFORMS))
def test_a_person_gets_from_nothing_to_the_first_note_by_typing_alone(helpdesk: str) -> None:
    with sitting_down(helpdesk, sandbox_port=0, service_port=0) as sitting:
        account = sitting.platform.account
        said = sitting.connects()
        assert "0 errors" in said and f"[accounts.{account}] at level shadow" in said
        file = sitting.folder / "makeright.toml"
        assert load_settings(file).accounts[account].level is Level.SHADOW

        sitting.starts()
        before = sitting.checks()
        assert f"run `makeright provision {account}`" in before and "0 errors" in before
        assert "webhooks: none has come yet" in before

        assert f"{account}: everything is in place" in sitting.provisions()
        first = sitting.a_customer_writes(COMPLAINTS[0])
        after = sitting.checks()
        assert "webhooks: the last came" in after and "0 warnings, 0 errors" in after, after
        assert sitting.looks_at(first)["notes"] == [], "nothing is written at level shadow"

        report = sitting.judges()
        assert "no callback" in report and "Level now: shadow" in report
        written = file.read_text()
        assert "shadow -> annotate" in sitting.goes_live()
        # One word is different, and no hand but the command's was in it.
        assert file.read_text() == written.replace('level = "shadow"', 'level = "annotate"')

        ticket = sitting.looks_at(sitting.a_customer_writes(COMPLAINTS[1]))
        assert "complaint_no_callback" in ticket["tags"]
        # The field was made while the service ran: it needed no restart.
        assert re.fullmatch(r"(makeright_)?no.callback", ticket["field"], re.IGNORECASE)
        (note,) = ticket["notes"]
        assert "call" in note
        assert "Stopped." in sitting.stops()

        record = sitting.record.text()
        for secret in (file.parent / "secrets").iterdir():
            assert not any(line in record for line in secret.read_text().split()), secret.name
