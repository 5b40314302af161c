import pytest

from integration.complaints.windows import sentences
from integration.recovery.coach.apologies import apologies

CASES = [
    ("We are sorry. I apologise for the call.", ["We are sorry.", "I apologise for the call."]),
    ("I am sorry and I apologise.", ["I am sorry"]),
    ("sorry sorry sorry", ["sorry sorry sorry"]),
    ("Sorry to hear that.", []),
    ("I'm so sorry to hear that.", []),
    ("I am sorry for your loss.", []),
    ("I'm afraid it's gone.", []),
    ("There is no need to apologise.", []),
    ("Don't be sorry!", []),
    ("He says he's sorry.", []),
    ("You wrote “sorry for nothing”.", []),
    ("My bad, it's the 14th.", ["My bad, it's the 14th."]),
    ("Please forgive me.", ["Please forgive me."]),
    ("We regret the mistake.", ["We regret the mistake."]),
    ("Excuse my typos.", ["Excuse my typos."]),
]


@pytest.mark.parametrize(("text", "found"), CASES)
def test_the_writer_s_own_apologies_are_found(text: str, found: list[str]) -> None:
    assert [text[slice(*span)] for span in apologies(text, sentences(text, [(0, len(text))]))] == found
