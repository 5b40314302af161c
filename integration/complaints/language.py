"""Which language a message is in. Only English is read; what is surely another language is left alone."""

from __future__ import annotations

import re
from functools import cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

ENGLISH = "en"
UNKNOWN = "und"

# Spoken by English-speaking customers and read by the same model: Nigerian Pidgin, Scots.
_KIN = frozenset({"pcm", "sco"})
_NOISE = re.compile(r"https?://\S+|www\.\S+|[@#]\w+|\S+@\S+|\w*\d\w*")
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_COMMON = frozenset(
    _WORD.findall(
        "the my is are was i you your to of and for in on it this that with have has not no where when what how why who "
        "please order refund still been can get got never we they do did don't"
    )
)
# Words that hardly any other language shares: so many different ones settle it without asking the identifier, which
# needs half a second and 80 MB when it is first asked.
_TELLING = frozenset(
    _WORD.findall(
        "the my you your and have haven't they this that with what where when still been would because could should about "
        "please i'm it's don't didn't can't nobody never"
    )
)
_ENOUGH_TELLING = 3
# Measured on some 3,000 English messages: none is taken for another language at these levels.
_SURE = 0.6
_SURE_WHEN_SHORT = 0.95
_SHORT = 4
_HARDLY_ENGLISH = 0.01
_ENOUGH = 1_000


def identify(text: str) -> str:
    """The language's ISO 639 code; "en" in every doubtful case, "und" where there are no words at all."""
    cleaned = _NOISE.sub(" ", text[: 4 * _ENOUGH])[:_ENOUGH]
    # Capitals look like German or Indonesian to the identifier.
    cleaned = cleaned.lower().replace("\u2019", "'")
    words = _WORD.findall(cleaned)
    if not words:
        return UNKNOWN
    if len(_TELLING.intersection(words)) >= _ENOUGH_TELLING:
        return ENGLISH
    ranked = [(str(code), float(probability)) for code, probability in _identifier().rank(cleaned)]
    code, probability = ranked[0]
    if code == ENGLISH or code in _KIN:
        return ENGLISH
    if probability >= (_SURE if len(words) >= _SHORT else _SURE_WHEN_SHORT):
        return code
    english = next((p for c, p in ranked if c == ENGLISH), 0.0)
    if len(words) >= _SHORT and english <= _HARDLY_ENGLISH and not _COMMON.intersection(words):
        return code
    return ENGLISH


def says_something(text: str) -> bool:
    """Whether there is more than a single word to judge."""
    return len(_WORD.findall(_NOISE.sub(" ", text[: 4 * _ENOUGH]))) >= 2


@cache
def _identifier() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
