"""Apologies in a draft: where each stands, so that the second and every later one can be shown.

Sympathy ("sorry to hear", condolences), "I'm afraid", an apology that is refused, quoted or reported, and one that is
asked for are no apologies of the writer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from integration.complaints.windows import clause_at

Span = tuple[int, int]

_APOLOGY = re.compile(
    r"\b(?:so+r+y+|apolog(?:y|ies|i[sz]e[ds]?|i[sz]ing|etic)|soz|sorrier|my bad|mea culpa|forgive (?:me|us|my|our|the)|(?:beg|ask) your pardon|"
    r"pardon (?:me|us|my|our|the)|excuse (?:me|us|my|our|the)|(?:your|our|my) forgiveness|please forgive|"
    r"(?:I|we) (?:(?:deeply|sincerely|very much|truly|also|both) )?regret)\b",
    re.IGNORECASE,
)
# What makes of those words something else than the writer's apology, by what follows and by what goes before.
_SYMPATHY_AFTER = re.compile(
    r"\s+(?:(?:I am |I'm )?to (?:hear|learn|read|see|lose|say|tell|report)|about your (?:loss|mum|dad|mother|father|dog|cat)|"
    r"for your loss|state|sight|not sorry|(?:is|was|are|were) (?:not )?(?:needed|necessary|due|owed|accepted))\b",
    re.IGNORECASE,
)
_NOT_OWN_BEFORE = re.compile(
    r"(?:\b(?:no need (?:to|for)(?: an)?|don't(?: be)?|do not(?: be)?|needn't|nothing to(?: be)?|never|no|not|without(?: an)?|"
    r"better safe than|not to|(?:he|she|they|who|s?he's|they're|he is|she is|they are|says? (?:he|she) (?:is|was)|"
    r"customers?|owed? an|owe an|accept(?:ed)? your|your|have you|had you))|[\"\u201c\u2018])\s*$",
    re.IGNORECASE,
)
_LOOK_BACK = 24
# An apology for a feeling, a possibility or to nobody in particular has one of these words; one without is direct.
_HOLLOW = re.compile(
    r"\b(?:if|any\w*|whatever|who\w*|those|some|but|how|however|though|although|should|in case|extent|way|situation|"
    r"possibl[ey]|potential\w*|perhaps|might|may|feel\w*|felt|perceiv\w*|imagin\w*|impression|expect\w*|hop(?:e|ed|ing)|"
    r"think|thought|believ\w*|consider\w*|sees?|seem\w*|saw|find\w*|found|view\w*|interpret\w*|learn\w*|took|tak(?:e|es|en|ing)|"
    r"upset\w*|disappoint\w*|unhapp\w*|happy|dissatisf\w*|satisf\w*|displeas\w*|ang(?:ry|er)|annoy\w*|frustrat\w*|offen[cds]\w*|"
    r"hurt|stress\w*|worr\w*|distress\w*|discomfort|un(?:pleasant|comfortable)|sad\w*|grief|nerves|fright\w*|bother\w*|strain|"
    r"headaches?|taste|liking|experienc\w*|enjoy\w*|lov(?:e|in)|sensitive|hard|having|mis(?:read|under)\w*|chosen|day|only|"
    r"answer|not|weren|didn|strikes?|approval|eyes|caused|regretted)\b",
    re.IGNORECASE,
)
_AGAIN = re.compile(r"\b(?:again|once more)\b", re.IGNORECASE)
_ONE_MORE = re.compile(r"\b(?:again|once more|also|too|really)\b", re.IGNORECASE)


def apologies(text: str, sentences: Sequence[Span]) -> list[Span]:
    """The writer's apologies in order: for each sentence that apologises, the clause that does so.

    A sentence apologises once, however many words it takes for it ("I am sorry and apologise"), unless another clause
    of it says that this is one more ("and I apologise again").
    """
    found: list[Span] = []
    for sentence in sentences:
        first = True
        for match in _APOLOGY.finditer(text, *sentence):
            if not _is_own(text, match):
                continue
            clause = clause_at(text, sentence, match.start())
            if first or (clause != found[-1] and _ONE_MORE.search(text, *clause)):
                found.append(clause)
                first = False
    return found


def is_direct(text: str, sentence: Span) -> bool:
    """Whether the sentence holds an apology of the writer with no word in it that could make it a hollow one."""
    own = any(_is_own(text, match) for match in _APOLOGY.finditer(text, *sentence))
    return own and _HOLLOW.search(text, *sentence) is None


def refers_back(text: str, apology: Span) -> bool:
    """Whether the apology says that it repeats one of an earlier message ("Sorry again"): that one was for no trifle."""
    return _AGAIN.search(text, *apology) is not None


def _is_own(text: str, match: re.Match[str]) -> bool:
    if _SYMPATHY_AFTER.match(text, match.end()):
        return False
    return _NOT_OWN_BEFORE.search(text[max(0, match.start() - _LOOK_BACK) : match.start()]) is None
