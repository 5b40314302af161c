"""Public holidays by a short code: "US-NY", "GB-ENG", "IN". The dates come from the package `holidays`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from difflib import get_close_matches
from functools import lru_cache

import holidays

# Codes that people write and ISO 3166 does not have.
_MEANT = {"UK": ["GB"], "EL": ["GR"], "USA": ["US"]}


def check_holiday_code(code: str) -> None:
    """Raises ValueError unless `code` is a country, or a country and one of its parts, that the package knows."""
    country, dash, part = code.partition("-")
    countries = holidays.list_supported_countries(include_aliases=False)
    if country not in countries:
        near = _MEANT.get(country.upper()) or get_close_matches(country.upper(), countries, n=3, cutoff=0.5)
        meant = f" (did you mean {' or '.join(near)}?)" if near else ""
        raise ValueError(f'no public holidays are known by this code; write an ISO country like "US" or "US-NY"{meant}')
    if dash and part not in countries[country]:
        known = ", ".join(countries[country]) or "none"
        raise ValueError(f'{country} has no part "{part}" with holidays of its own; its parts: {known}')


@lru_cache(maxsize=512)
def public_holidays(code: str, year: int) -> Mapping[date, str]:
    """The days off of that year with their names, in English where the package has it."""
    country, _, part = code.partition("-")
    names = holidays.country_holidays(country)
    english = [language for language in ("en_US", "en_GB") if language in names.supported_languages]
    found = holidays.country_holidays(
        country, subdiv=part or None, years=year, expand=False, language=english[0] if english else None
    )
    return {day: name for day, name in found.items() if day.year == year}
