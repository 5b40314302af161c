"""The coach's vocabulary: rules, apology policies and findings."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Rule(StrEnum):
    """What a finding is about. The first nine are always looked for, in the order of the model's outputs."""

    DEFLECTION = "deflection"
    NAMED_CULPRIT = "named_culprit"
    HELPLESSNESS = "helplessness"
    POLICY_RECITAL = "policy_recital"
    NON_APOLOGY = "non_apology"
    CUSTOMER_BLAME = "customer_blame"
    LOOSE_PROMISE = "loose_promise"
    PRETENDED_EXPERTISE = "pretended_expertise"
    REPEAT_APOLOGY = "repeat_apology"
    # Only under the policy `regret_only`.
    FAULT_ADMISSION = "fault_admission"


LEARNT: tuple[Rule, ...] = tuple(rule for rule in Rule if rule is not Rule.FAULT_ADMISSION)


class Policy(StrEnum):
    """How far an apology may go; set per brand and ticket category.

    `HOLD_FOR_REVIEW` changes who sees the reply before it is sent, not what is found in it.
    """

    FULL = "full"
    REGRET_ONLY = "regret_only"
    HOLD_FOR_REVIEW = "hold_for_review"


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule and the smallest place that shows it: `text[start:end]` of the draft, in characters, end exclusive."""

    rule: Rule
    start: int
    end: int
    text: str
    why: str
    instead: str
