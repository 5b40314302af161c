"""Time zones by either of their names: IANA's, and those of Ruby on Rails, which Zendesk and Freshdesk send."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

# Facts from ActiveSupport::TimeZone (Rails 3 to 8; where releases differ, the newest counts). IANA's present spellings
# are used (Kyiv, Yangon, Nuuk); spellings that Rails has dropped (Kyev, Ulaan Bataar) are kept: accounts remember them.
_NAMES_BY_ZONE: Mapping[str, tuple[str, ...]] = {
    "Africa/Algiers": ("West Central Africa",),
    "Africa/Cairo": ("Cairo",),
    "Africa/Casablanca": ("Casablanca",),
    "Africa/Harare": ("Harare",),
    "Africa/Johannesburg": ("Pretoria",),
    "Africa/Monrovia": ("Monrovia",),
    "Africa/Nairobi": ("Nairobi",),
    "America/Argentina/Buenos_Aires": ("Buenos Aires",),
    "America/Asuncion": ("Asuncion",),
    "America/Bogota": ("Bogota",),
    "America/Caracas": ("Caracas",),
    "America/Chicago": ("Central Time (US & Canada)",),
    "America/Chihuahua": ("Chihuahua",),
    "America/Denver": ("Mountain Time (US & Canada)",),
    "America/Guatemala": ("Central America",),
    "America/Guyana": ("Georgetown",),
    "America/Halifax": ("Atlantic Time (Canada)",),
    "America/Indiana/Indianapolis": ("Indiana (East)",),
    "America/Juneau": ("Alaska",),
    "America/La_Paz": ("La Paz",),
    "America/Lima": ("Lima", "Quito"),
    "America/Los_Angeles": ("Pacific Time (US & Canada)",),
    "America/Mazatlan": ("Mazatlan",),
    "America/Mexico_City": ("Guadalajara", "Mexico City"),
    "America/Monterrey": ("Monterrey",),
    "America/Montevideo": ("Montevideo",),
    "America/New_York": ("Eastern Time (US & Canada)",),
    "America/Nuuk": ("Greenland",),
    "America/Phoenix": ("Arizona",),
    "America/Puerto_Rico": ("Puerto Rico",),
    "America/Regina": ("Saskatchewan",),
    "America/Santiago": ("Santiago",),
    "America/Sao_Paulo": ("Brasilia",),
    "America/St_Johns": ("Newfoundland",),
    "America/Tijuana": ("Tijuana",),
    "Asia/Almaty": ("Almaty", "Astana"),
    "Asia/Baghdad": ("Baghdad",),
    "Asia/Baku": ("Baku",),
    "Asia/Bangkok": ("Bangkok", "Hanoi"),
    "Asia/Colombo": ("Sri Jayawardenepura",),
    "Asia/Dhaka": ("Dhaka",),
    "Asia/Hong_Kong": ("Hong Kong",),
    "Asia/Irkutsk": ("Irkutsk",),
    "Asia/Jakarta": ("Jakarta",),
    "Asia/Jerusalem": ("Jerusalem",),
    "Asia/Kabul": ("Kabul",),
    "Asia/Kamchatka": ("Kamchatka",),
    "Asia/Karachi": ("Islamabad", "Karachi"),
    "Asia/Kathmandu": ("Kathmandu",),
    "Asia/Kolkata": ("Chennai", "Kolkata", "Mumbai", "New Delhi"),
    "Asia/Krasnoyarsk": ("Krasnoyarsk",),
    "Asia/Kuala_Lumpur": ("Kuala Lumpur",),
    "Asia/Kuwait": ("Kuwait",),
    "Asia/Magadan": ("Magadan",),
    "Asia/Muscat": ("Abu Dhabi", "Muscat"),
    "Asia/Novosibirsk": ("Novosibirsk",),
    "Asia/Riyadh": ("Riyadh",),
    "Asia/Seoul": ("Seoul",),
    "Asia/Shanghai": ("Beijing", "Chongqing"),
    "Asia/Singapore": ("Singapore",),
    "Asia/Srednekolymsk": ("Srednekolymsk",),
    "Asia/Taipei": ("Taipei",),
    "Asia/Tashkent": ("Tashkent",),
    "Asia/Tbilisi": ("Tbilisi",),
    "Asia/Tehran": ("Tehran",),
    "Asia/Tokyo": ("Osaka", "Sapporo", "Tokyo"),
    "Asia/Ulaanbaatar": ("Ulaanbaatar", "Ulaan Bataar"),
    "Asia/Urumqi": ("Urumqi",),
    "Asia/Vladivostok": ("Vladivostok",),
    "Asia/Yakutsk": ("Yakutsk",),
    "Asia/Yangon": ("Rangoon",),
    "Asia/Yekaterinburg": ("Ekaterinburg",),
    "Asia/Yerevan": ("Yerevan",),
    "Atlantic/Azores": ("Azores",),
    "Atlantic/Cape_Verde": ("Cape Verde Is.",),
    "Atlantic/South_Georgia": ("Mid-Atlantic",),
    "Australia/Adelaide": ("Adelaide",),
    "Australia/Brisbane": ("Brisbane",),
    "Australia/Darwin": ("Darwin",),
    "Australia/Hobart": ("Hobart",),
    "Australia/Melbourne": ("Melbourne",),
    "Australia/Perth": ("Perth",),
    "Australia/Sydney": ("Canberra", "Sydney"),
    "Etc/GMT+12": ("International Date Line West",),
    "Etc/UTC": ("UTC",),
    "Europe/Amsterdam": ("Amsterdam",),
    "Europe/Athens": ("Athens",),
    "Europe/Belgrade": ("Belgrade",),
    "Europe/Berlin": ("Berlin",),
    "Europe/Bratislava": ("Bratislava",),
    "Europe/Brussels": ("Brussels",),
    "Europe/Bucharest": ("Bucharest",),
    "Europe/Budapest": ("Budapest",),
    "Europe/Copenhagen": ("Copenhagen",),
    "Europe/Dublin": ("Dublin",),
    "Europe/Helsinki": ("Helsinki",),
    "Europe/Istanbul": ("Istanbul",),
    "Europe/Kaliningrad": ("Kaliningrad",),
    "Europe/Kyiv": ("Kyiv", "Kyev"),
    "Europe/Lisbon": ("Lisbon",),
    "Europe/Ljubljana": ("Ljubljana",),
    "Europe/London": ("Edinburgh", "London"),
    "Europe/Madrid": ("Madrid",),
    "Europe/Minsk": ("Minsk",),
    "Europe/Moscow": ("Moscow", "St. Petersburg"),
    "Europe/Paris": ("Paris",),
    "Europe/Prague": ("Prague",),
    "Europe/Riga": ("Riga",),
    "Europe/Rome": ("Rome",),
    "Europe/Samara": ("Samara",),
    "Europe/Sarajevo": ("Sarajevo",),
    "Europe/Skopje": ("Skopje",),
    "Europe/Sofia": ("Sofia",),
    "Europe/Stockholm": ("Stockholm",),
    "Europe/Tallinn": ("Tallinn",),
    "Europe/Vienna": ("Vienna",),
    "Europe/Vilnius": ("Vilnius",),
    "Europe/Volgograd": ("Volgograd",),
    "Europe/Warsaw": ("Warsaw",),
    "Europe/Zagreb": ("Zagreb",),
    "Europe/Zurich": ("Bern", "Zurich"),
    "Pacific/Apia": ("Samoa",),
    "Pacific/Auckland": ("Auckland", "Wellington"),
    "Pacific/Chatham": ("Chatham Is.",),
    "Pacific/Fakaofo": ("Tokelau Is.",),
    "Pacific/Fiji": ("Fiji",),
    "Pacific/Guadalcanal": ("Solomon Is.",),
    "Pacific/Guam": ("Guam",),
    "Pacific/Honolulu": ("Hawaii",),
    "Pacific/Majuro": ("Marshall Is.",),
    "Pacific/Midway": ("Midway Island",),
    "Pacific/Noumea": ("New Caledonia",),
    "Pacific/Pago_Pago": ("American Samoa",),
    "Pacific/Port_Moresby": ("Port Moresby",),
    "Pacific/Tongatapu": ("Nuku'alofa",),
}

RAILS_ZONES: Mapping[str, str] = {name: zone for zone, names in _NAMES_BY_ZONE.items() for name in names}
"""Rails name to IANA name: "Eastern Time (US & Canada)" to "America/New_York"."""


def zone_named(name: str) -> ZoneInfo:
    """The zone of an IANA or Rails name. Raises ValueError with the nearest names there are."""
    key = RAILS_ZONES.get(name, name)
    if key not in _iana_names():
        near = get_close_matches(name, [*RAILS_ZONES, *_iana_names()], n=3, cutoff=0.6)
        meant = f"did you mean {' or '.join(near)}?" if near else "see the list of tz database time zones"
        raise ValueError(f'no time zone has this name; write one like "America/New_York" ({meant})')
    return ZoneInfo(key)


def place_name(zone: ZoneInfo) -> str:
    """The zone as a person would say it: "New York", "UTC", "UTC-12"."""
    last = (zone.key or "UTC").rsplit("/", 1)[-1]
    # POSIX counts the other way round: Etc/GMT+12 is twelve hours behind UTC (IANA, file etcetera).
    fixed = re.fullmatch(r"GMT([+-])(\d+)", last)
    if fixed:
        return f"UTC{'-' if fixed[1] == '+' else '+'}{fixed[2]}" if fixed[2] != "0" else "UTC"
    return last.replace("_", " ")


@cache
def _iana_names() -> frozenset[str]:
    return frozenset(available_timezones()) - {"localtime", "Factory"}
