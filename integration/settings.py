"""`makeright.toml` as frozen dataclasses: read, checked, secrets resolved.

Every mistake is reported with its place, the value found and the fix, all of them at once.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from marshmallow import EXCLUDE, RAISE, Schema, ValidationError, fields, post_load, validate, validates_schema

from adapters import helpdesk_class, helpdesk_kinds
from adapters.contract import Account, Secret
from adapters.fields import SecretField
from adapters.http import checked_base_url, is_loopback
from integration.complaints.reading import Thresholds
from integration.complaints.taxonomy import Complaint
from integration.console_settings import ConsoleSchema, ConsoleSettings
from integration.recovery.calendar_forms import CalendarSchema, ZoneField
from integration.recovery.calendars import ALWAYS, BusinessCalendar
from integration.recovery.playbook import Playbook, default_layer, default_playbook, read_playbook
from integration.recovery.playbook_layers import Layer, PlaybookError

DEFAULT_FILE = Path("makeright.toml")
# For an account that names no business hours: every hour is one.
ALWAYS_OPEN = BusinessCalendar("always open", ZoneInfo("UTC"), ALWAYS)
# Longest prefix that leaves room for our longest tag within Freshdesk's 32 characters (platform page: Freshdesk 2.3).
LONGEST_PREFIX = 4
# HS256 is as strong as its key, and a key below the hash's own size is refused by RFC 7518, 3.2.
SHORTEST_SIDEBAR_SECRET = 32
# What stands at such a place is not repeated in an error: it may be a secret in the wrong form.
_SENSITIVE = re.compile(r"secret|token|key|password")


class Level(StrEnum):
    """How far an account lets us go: store only, show to agents, or write on the ticket."""

    SHADOW = "shadow"
    SUGGEST = "suggest"
    ANNOTATE = "annotate"


@dataclass(frozen=True, slots=True)
class Service:
    public_url: str
    database_url: str
    redis_url: str
    listen: str
    workers: int
    web_threads: int
    data_folder: Path
    json_logs: bool


@dataclass(frozen=True, slots=True)
class Handling:
    """How one brand's complaints are dealt with: the playbook in force, on which calendar."""

    playbook: Playbook
    calendar: BusinessCalendar


@dataclass(frozen=True, slots=True)
class Alerts:
    """Where alerts go (apprise addresses), and from when to when nobody is to be disturbed."""

    urls: tuple[Secret, ...] = ()
    quiet_from: time | None = None
    quiet_to: time | None = None
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))

    def quiet_at(self, moment: datetime) -> bool:
        if self.quiet_from is None or self.quiet_to is None:
            return False
        clock = moment.astimezone(self.zone).time()
        if self.quiet_from <= self.quiet_to:
            return self.quiet_from <= clock < self.quiet_to
        return clock >= self.quiet_from or clock < self.quiet_to


@dataclass(frozen=True, slots=True)
class AccountSettings:
    """One account: what the adapter needs (`account`, of helpdesk `kind`) and what we decided about it."""

    name: str
    kind: str
    account: Account
    level: Level
    thresholds: Mapping[Complaint, Thresholds]
    tag_prefix: str
    sweep_every: timedelta
    sweep_reach: timedelta
    own: Handling
    brands: Mapping[str, Handling]
    sidebar_secrets: tuple[Secret, ...] = ()

    def handling(self, brand: str | None) -> Handling:
        """The brand's own playbook and calendar where it has them, else the account's."""
        return self.brands.get(brand or "", self.own)


@dataclass(frozen=True, slots=True)
class Settings:
    file: Path
    service: Service
    alerts: Alerts
    accounts: Mapping[str, AccountSettings]
    console: ConsoleSettings = field(default_factory=ConsoleSettings)


class SettingsError(Exception):
    """The configuration cannot be used. `problems` are lines of "place: value: what to do"."""

    def __init__(self, file: Path, problems: list[str]) -> None:
        self.file = file
        self.problems = problems
        super().__init__("\n".join(f"{file}: {problem}" for problem in problems))


class ServiceSchema(Schema):
    class Meta:
        unknown = RAISE

    public_url = fields.Url(load_default="http://127.0.0.1:8080", require_tld=False, schemes={"http", "https"})
    database_url = fields.String(load_default="sqlite:///var/makeright.db")
    redis_url = fields.String(load_default="embedded")
    listen = fields.String(load_default="127.0.0.1:8080", validate=validate.Regexp(r"^[^\s:]+:\d{1,5}$"))
    workers = fields.Integer(load_default=2, strict=True, validate=validate.Range(1, 64))
    web_threads = fields.Integer(load_default=8, strict=True, validate=validate.Range(1, 256))
    data_folder = fields.String(load_default="var")
    json_logs = fields.Boolean(load_default=False, truthy={True}, falsy={False})

    @validates_schema
    def known_schemes(self, data: dict[str, Any], **_: Any) -> None:
        database = data["database_url"].split(":", 1)[0]
        if database not in ("sqlite", "postgresql", "postgresql+psycopg"):
            raise ValidationError("use sqlite:///path or postgresql+psycopg://user@host/name", "database_url")
        if data["redis_url"] != "embedded" and urlsplit(data["redis_url"]).scheme not in ("redis", "rediss", "unix"):
            raise ValidationError('use "embedded", redis://host:port/0, rediss://... or unix:///path', "redis_url")


class SweepSchema(Schema):
    class Meta:
        unknown = RAISE

    every_minutes = fields.Float(load_default=10.0, validate=validate.Range(min=0.01, max=1440))
    reach_hours = fields.Float(load_default=24.0, validate=validate.Range(min=0.1, max=24 * 90))


class AlertsSchema(Schema):
    class Meta:
        unknown = RAISE

    urls = fields.List(SecretField(), load_default=list)
    quiet_hours = fields.String(
        load_default=None,
        validate=validate.Regexp(
            r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$", error='write it like "22:00-07:00"'
        ),
    )
    time_zone = ZoneField(load_default=ZoneInfo("UTC"))

    @post_load
    def built(self, data: dict[str, Any], **_: Any) -> Alerts:
        begin, end = (data["quiet_hours"] or "-").split("-")
        return Alerts(
            tuple(data["urls"]),
            time.fromisoformat(begin) if begin else None,
            time.fromisoformat(end) if end else None,
            data["time_zone"],
        )


class BrandSchema(Schema):
    """A brand's own calendar and playbook; what it does not say is the account's."""

    class Meta:
        unknown = RAISE

    calendar = fields.Nested(CalendarSchema, load_default=None)
    playbook = fields.String(load_default=None)


class ThresholdsSchema(Schema):
    """How sure to be before a label is shown, preselected, written: `{ show = 0.5, preselect = 0.7, write = 0.9 }`."""

    class Meta:
        unknown = RAISE

    show = fields.Float(required=True)
    preselect = fields.Float(required=True)
    write = fields.Float(required=True)

    @post_load
    def ordered(self, data: dict[str, float], **_: Any) -> Thresholds:
        try:
            return Thresholds(**data)
        except ValueError as error:
            raise ValidationError(str(error)) from None


class AccountSchema(Schema):
    """The keys every account has. What is left over belongs to the adapter's own schema."""

    class Meta:
        unknown = EXCLUDE

    helpdesk = fields.String(required=True)
    level = fields.Enum(Level, by_value=True, load_default=Level.SHADOW)
    webhook_secrets = fields.List(SecretField(), load_default=list, validate=validate.Length(max=2))
    sidebar_secrets = fields.List(SecretField(), load_default=list, validate=validate.Length(max=2))
    base_url = fields.String(load_default=None)
    fields_ = fields.Dict(fields.String(), fields.String(), data_key="fields", load_default=dict)
    thresholds = fields.Dict(fields.Enum(Complaint, by_value=True), fields.Nested(ThresholdsSchema), load_default=dict)
    tag_prefix = fields.String(
        load_default="",
        validate=validate.Regexp(
            rf"^[a-z0-9_]{{0,{LONGEST_PREFIX}}}$", error=f"up to {LONGEST_PREFIX} of a-z, 0-9 and _"
        ),
    )
    share = fields.Float(load_default=0.8, validate=validate.Range(0.05, 1.0))
    calendar = fields.Nested(CalendarSchema, load_default=None)
    playbook = fields.String(load_default=None)
    brands = fields.Dict(fields.String(), fields.Nested(BrandSchema), load_default=dict)
    sweep = fields.Nested(SweepSchema, load_default=lambda: SweepSchema().load({}))

    @post_load
    def checked(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        if any(len(secret.reveal()) < SHORTEST_SIDEBAR_SECRET for secret in data["sidebar_secrets"]):
            raise ValidationError(
                f"a secret needs at least {SHORTEST_SIDEBAR_SECRET} characters: make one with `openssl rand -hex 32`",
                "sidebar_secrets",
            )
        if data["helpdesk"] not in helpdesk_kinds():
            raise ValidationError(f"choose one of: {', '.join(helpdesk_kinds())}", "helpdesk")
        if data["base_url"] is not None:
            try:
                data["base_url"] = checked_base_url(data["base_url"])
            except ValueError as error:
                raise ValidationError(str(error), "base_url") from None
        return data


def load_settings(file: Path = DEFAULT_FILE) -> Settings:
    """Read and check a configuration file. Paths in it are relative to the file. Raises SettingsError."""
    try:
        raw = tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        raise SettingsError(
            file, ["there is no such file: write one with `makeright init`, or name another with --config"]
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(file, [f"is not TOML: {error}"]) from None
    problems: list[str] = []
    found = _resolved(raw, (), file.parent, problems)
    for key in sorted(set(found) - {"service", "alerts", "console", "accounts"}):
        problems.append(f"{key}: unknown section; there are [service], [alerts], [console] and [accounts.NAME]")
    service = _load(ServiceSchema(), found.get("service", {}), "service", problems)
    alerts = _load(AlertsSchema(), found.get("alerts", {}), "alerts", problems)
    console = _load(ConsoleSchema(), found.get("console", {}), "console", problems)
    accounts: dict[str, AccountSettings] = {}
    sections = found.get("accounts", {})
    if not isinstance(sections, dict):
        problems.append("accounts: must be sections like [accounts.acme]")
        sections = {}
    for name, section in sections.items():
        account = _account(name, section, file.parent, problems)
        if account is not None:
            accounts[name] = account
    if problems or service is None:
        raise SettingsError(file, problems)
    return Settings(file, _service(service, file.parent), alerts, accounts, console)


def _service(data: dict[str, Any], folder: Path) -> Service:
    data_folder = (folder / data.pop("data_folder")).resolve()
    database_url = data.pop("database_url")
    if database_url.startswith("sqlite:///") and not database_url.startswith("sqlite:////"):
        database_url = f"sqlite:///{(folder / database_url.removeprefix('sqlite:///')).resolve()}"
    return Service(data_folder=data_folder, database_url=database_url, **data)


def _account(name: str, section: Any, folder: Path, problems: list[str]) -> AccountSettings | None:
    place = f"accounts.{name}"
    if not isinstance(section, dict):
        problems.append(f"{place}: must be a section [accounts.{name}]")
        return None
    if not name.isascii() or not name.replace("-", "").replace("_", "").isalnum() or len(name) > 40:
        problems.append(f"{place}: {name!r} stands in web addresses: use up to 40 letters, digits, - and _")
    base = _load(AccountSchema(), section, place, problems)
    if base is None:
        return None
    own_keys = {item.data_key or key for key, item in AccountSchema().fields.items()}
    adapter = helpdesk_class(base["helpdesk"])
    options = _load(
        adapter.options_schema(unknown=RAISE),
        {key: value for key, value in section.items() if key not in own_keys},
        place,
        problems,
    )
    if options is None:
        return None
    own = Handling(
        _playbook([base["playbook"]], folder, f"{place}.playbook", problems),
        base["calendar"] or ALWAYS_OPEN,
    )
    brands = {
        brand: Handling(
            _playbook([base["playbook"], said["playbook"]], folder, f"{place}.brands.{brand}.playbook", problems)
            if said["playbook"]
            else own.playbook,
            said["calendar"] or own.calendar,
        )
        for brand, said in base["brands"].items()
    }
    base_url = base["base_url"]
    sandbox = base_url is not None and is_loopback(urlsplit(base_url).hostname or "")
    if not base["webhook_secrets"]:
        problems.append(
            f'{place}.webhook_secrets: missing; a hook without a secret would believe anyone. Write ["env:NAME"]'
        )
    return AccountSettings(
        name=name,
        kind=base["helpdesk"],
        account=Account(
            name=name,
            options=options,
            webhook_secrets=tuple(base["webhook_secrets"]),
            base_url=base_url,
            fields=base["fields_"],
            share=base["share"],
            sandbox=sandbox,
        ),
        level=base["level"],
        thresholds=base["thresholds"],
        tag_prefix=base["tag_prefix"],
        sweep_every=timedelta(minutes=base["sweep"]["every_minutes"]),
        sweep_reach=timedelta(hours=base["sweep"]["reach_hours"]),
        sidebar_secrets=tuple(base["sidebar_secrets"]),
        own=own,
        brands=brands,
    )


def _playbook(files: list[str | None], folder: Path, place: str, problems: list[str]) -> Playbook:
    """The default playbook with these files laid over it; the default alone where one of them cannot be used."""
    layers = [default_layer()]
    for name in filter(None, files):
        try:
            layers.append(Layer(name, (folder / name).read_text("utf-8")))
        except (OSError, UnicodeDecodeError) as error:
            problems.append(f"{place}: {name!r}: cannot be read ({type(error).__name__}): name a file beside this one")
    try:
        return read_playbook(*layers)
    except PlaybookError as error:
        problems.extend(f"{place}: {problem}" for problem in error.problems)
        return default_playbook()


def _load(schema: Schema, data: Any, place: str, problems: list[str]) -> Any:
    try:
        return schema.load(data)
    except ValidationError as error:
        problems.extend(_lines(error.messages, place, data))
        return None


def _lines(messages: Any, place: str, data: Any) -> Iterator[str]:
    """marshmallow's nested messages as "place: value: message" lines."""
    if isinstance(messages, dict):
        for key, below in messages.items():
            inner = "" if key == "_schema" else str(key)
            value = data.get(key) if isinstance(data, dict) else data[key] if _has(data, key) else data
            yield from _lines(below, ".".join(part for part in (place, inner) if part), value)
    else:
        for message in messages if isinstance(messages, list) else [messages]:
            hidden = data is None or isinstance(data, (Secret, dict, list)) or _SENSITIVE.search(place)
            shown = "" if hidden else f" {data!r}:"
            yield f"{place}:{shown} {message}"


def _has(data: Any, key: Any) -> bool:
    return isinstance(data, list) and isinstance(key, int) and key < len(data)


def _resolved(value: Any, place: tuple[str, ...], folder: Path, problems: list[str]) -> Any:
    """`value` with every `env:NAME` and `file:PATH` replaced by the Secret it names."""
    if isinstance(value, dict):
        return {key: _resolved(item, (*place, key), folder, problems) for key, item in value.items()}
    if isinstance(value, list):
        return [_resolved(item, (*place, str(number)), folder, problems) for number, item in enumerate(value)]
    if isinstance(value, str) and value.startswith(("env:", "file:")):
        kind, _, name = value.partition(":")
        found = os.environ.get(name, "") if kind == "env" else _content(folder / name)
        if not found:
            fix = f"set the environment variable {name}" if kind == "env" else f"put the secret into the file {name}"
            problems.append(f"{'.'.join(place)}: {value!r} is missing or empty: {fix}")
        return Secret(found)
    return value


def _content(path: Path) -> str:
    try:
        return path.read_text("utf-8").strip()
    except OSError:
        return ""
