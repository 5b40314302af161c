"""The four complaints a business causes itself. What they are called on a helpdesk is not decided here."""

from __future__ import annotations

from enum import StrEnum


class Complaint(StrEnum):
    """What the customer reports that the business failed to do. Declared in the order the model scores them."""

    NO_CALLBACK = "no_callback"
    NO_ORDER_UPDATE = "no_order_update"
    OVERPROMISING = "overpromising"
    FALSE_EXPERTISE = "false_expertise"

    @property
    def words(self) -> str:
        """The name as people say it: "no callback", "over-promising"."""
        return _WORDS[self]

    @property
    def meaning(self) -> str:
        """One sentence on what the customer reports."""
        return _MEANINGS[self]


_WORDS = {
    Complaint.NO_CALLBACK: "no callback",
    Complaint.NO_ORDER_UPDATE: "no order update",
    Complaint.OVERPROMISING: "over-promising",
    Complaint.FALSE_EXPERTISE: "false expertise",
}
_MEANINGS = {
    Complaint.NO_CALLBACK: "A contact was owed and did not come, or could not be had.",
    Complaint.NO_ORDER_UPDATE: "Something of theirs is in progress and they were not told how it stands.",
    Complaint.OVERPROMISING: "The business committed to something and delivered less.",
    Complaint.FALSE_EXPERTISE: "Staff presented themselves as knowing and were not: wrong or contradictory information.",
}
