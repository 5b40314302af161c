"""What came of reading a message or a ticket: how likely each complaint is, where it says so, or why it is silent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import IntEnum, StrEnum

from integration.complaints.taxonomy import Complaint


class Level(IntEnum):
    """How sure one must be: to show a label to an agent, to preselect its playbook, to write it on the ticket."""

    SHOW = 0
    PRESELECT = 1
    WRITE = 2


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The least probability at which a label is shown, preselected, written. Each is at least the one before."""

    show: float
    preselect: float
    write: float

    def __post_init__(self) -> None:
        if not 0.0 <= self.show <= self.preselect <= self.write <= 1.0:
            raise ValueError(
                f"thresholds show={self.show}, preselect={self.preselect}, write={self.write}: "
                "each must lie between 0 and 1 and none below the one before it"
            )

    def at(self, level: Level) -> float:
        return (self.show, self.preselect, self.write)[level]


class Silence(StrEnum):
    """Why nothing is said about a text."""

    EMPTY = "empty"
    TOO_SHORT = "too short"
    NOT_ENGLISH = "not English"
    BY_THE_BUSINESS = "written by the business"
    NOTHING_ABOVE = "nothing above the threshold"
    SET_ASIDE = "set aside by an agent"


@dataclass(frozen=True, slots=True)
class Evidence:
    """The smallest sentence or clause that carries a label.

    `start` and `end` (exclusive) are character offsets into the customer's own text: into `Message.text` of the
    message `message_id`, into the subject if `message_id` is None and a ticket was read, into the text if a text was.
    """

    complaint: Complaint
    start: int
    end: int
    text: str = field(repr=False)
    message_id: str | None = None


@dataclass(frozen=True, slots=True)
class Earlier:
    """A complaint in a customer's message that an agent has answered since."""

    complaint: Complaint
    probability: float
    message_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Reading:
    """What one text, or the open end of one ticket, reports.

    `scores` are calibrated probabilities, one per complaint, all 0.0 where the text was not scored. `evidence` covers
    every label at Level.SHOW, the strongest first within a label. `silence` is None exactly if there is such a label.
    `anchor` is the id of the newest customer message, `history` what earlier messages of the ticket reported.
    """

    scores: Mapping[Complaint, float]
    thresholds: Mapping[Complaint, Thresholds]
    evidence: tuple[Evidence, ...] = ()
    silence: Silence | None = None
    language: str = "und"
    anchor: str | None = None
    history: tuple[Earlier, ...] = ()

    def labels(self, level: Level = Level.SHOW) -> tuple[Complaint, ...]:
        """The complaints at or above this level's threshold, likeliest first."""
        if self.silence is not None:
            return ()
        sure = [c for c in Complaint if self.scores[c] >= self.thresholds[c].at(level)]
        return tuple(sorted(sure, key=lambda complaint: -self.scores[complaint]))

    def evidence_for(self, complaint: Complaint) -> tuple[Evidence, ...]:
        return tuple(item for item in self.evidence if item.complaint is complaint)

    @property
    def reason(self) -> str | None:
        """The silence in words: "nothing above 0.50", "not English (de)", "too short"; None if there is a label."""
        if self.silence is Silence.NOT_ENGLISH:
            return f"{self.silence} ({self.language})"
        if self.silence is Silence.NOTHING_ABOVE:
            lowest = min(self.thresholds[complaint].show for complaint in Complaint)
            return f"nothing above {lowest:.2f}"
        return str(self.silence) if self.silence is not None else None


def set_aside(reading: Reading, since: Mapping[Complaint, Reading | None]) -> Reading:
    """`reading` without the complaints that an agent said are none, except for what the customer has said *since*: each
    of them counts as the later messages alone read (None: there are no later ones)."""
    if not since:
        return reading
    scores = {**reading.scores, **{c: later.scores[c] if later else 0.0 for c, later in since.items()}}
    kept = [item for item in reading.evidence if item.complaint not in since]
    anew = [item for c, later in since.items() if later for item in later.evidence_for(c)]
    silence = reading.silence
    if silence is None and not any(scores[c] >= reading.thresholds[c].show for c in Complaint):
        silence = Silence.SET_ASIDE
    return replace(reading, scores=scores, evidence=(*kept, *anew), silence=silence)
