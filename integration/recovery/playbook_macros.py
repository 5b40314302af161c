"""Under which keys the playbook's macros stand in the helpdesk: one for all brands, or a brand's own where its words differ."""

from __future__ import annotations

from collections.abc import Mapping

from integration.recovery.playbook import Playbook, PlaybookMacro


def replies(own: Playbook, brands: Mapping[str, Playbook]) -> dict[str, tuple[PlaybookMacro, str]]:
    """Every macro by its key in the helpdesk, with the brand it is for ("" for all)."""
    found = {macro.key: (macro, "") for macro in _macros(own).values()}
    for brand, playbook in brands.items():
        for macro in _macros(playbook).values():
            if (key := reply_key(own, brand, macro)) not in found:
                found[key] = (macro, brand)
    return found


def reply_key(own: Playbook, brand: str | None, macro: PlaybookMacro) -> str:
    """The key of this macro of a brand's playbook: "no_callback.call_back_today", or "...@acme-uk" for its own words."""
    return macro.key if not brand or _macros(own).get(macro.key) == macro else f"{macro.key}@{brand}"


def _macros(playbook: Playbook) -> dict[str, PlaybookMacro]:
    return {macro.key: macro for remedy in playbook.remedies.values() for macro in remedy.macros}
