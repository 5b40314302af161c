"""`makeright.toml` as frozen dataclasses: read, checked, secrets resolved.

Every mistake is reported once, with its place (key and line), the value found and the fix, all of them together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
from adapters.hook_secrets import HookSecrets
from adapters.http import checked_base_url, is_loopback
from integration.complaints.reading import Thresholds
from integration.complaints.taxonomy import Complaint
from integration.configuration.console import ConsoleSchema, ConsoleSettings
from integration.configuration.reading import Reading, SettingsError, Stamp
from integration.recovery.calendar_forms import CalendarSchema, ZoneField
from integration.recovery.calendars import ALWAYS, BusinessCalendar
from integration.recovery.playbook import Playbook
from integration.recovery.rehearsal.exercises import Exercise, read_exercises
from integration.recovery.toml_mistakes import nearest
from integration.recovery.toml_places import Path as KeyPath

__all__ = ["Settings", "SettingsError", "load_settings"]

DEFAULT_FILE = Path("makeright.toml")
SECTIONS = ("service", "alerts", "console", "accounts")
# For an account that names no business hours: every hour is one.
ALWAYS_OPEN = BusinessCalendar("always open", ZoneInfo("UTC"), ALWAYS)
# Longest prefix that leaves room for our longest tag within Freshdesk's 32 characters (platform page: Freshdesk 2.3).
LONGEST_PREFIX = 4
# HS256 is as strong as its key, and a key below the hash's own size is refused by RFC 7518, 3.2.
SHORTEST_SIDEBAR_SECRET = 32


class Level(StrEnum):
    """How far an account lets us go: store only, show to agents, or write on the ticket."""

    SHADOW = "shadow"
    SUGGEST = "suggest"
    ANNOTATE = "annotate"


@dataclass(frozen=True, slots=True)
class Service:
    public_url: str
    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    listen: str
    workers: int
    web_threads: int
    data_folder: Path
    json_logs: bool
    trusted_proxies: int = 0


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
class GoodwillApproval:
    """Whose tag on a ticket approves a gesture: per role of the playbook the e-mail addresses or user ids of people.

    `unnamed_tags` lets a tag count whose setter the helpdesk does not tell: then whoever may tag may approve.
    """

    approvers: Mapping[str, frozenset[str]] = field(default_factory=dict, repr=False)
    unnamed_tags: bool = False


@dataclass(frozen=True, slots=True)
class Privacy:
    """How long what we store is kept, and whether the customer's whole message is; otherwise only the sentences are
    that carry a label."""

    keep: timedelta = timedelta(days=365)
    keep_text: bool = False


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
    goodwill: GoodwillApproval = GoodwillApproval()
    exercises: tuple[Exercise, ...] = field(default=(), repr=False)
    privacy: Privacy = Privacy()

    def handling(self, brand: str | None) -> Handling:
        """The brand's own playbook and calendar where it has them, else the account's."""
        return self.brands.get(brand or "", self.own)


@dataclass(frozen=True, slots=True)
class Settings:
    """`texts` are the TOML files that were read (this one and the playbooks); `files` are those and the secrets',
    as they were when they were read."""

    file: Path
    service: Service
    alerts: Alerts
    accounts: Mapping[str, AccountSettings]
    console: ConsoleSettings = field(default_factory=ConsoleSettings)
    texts: Mapping[Path, str] = field(default_factory=dict, repr=False)
    files: Mapping[Path, Stamp] = field(default_factory=dict, repr=False)


class AddressField(fields.String):
    """The address of a server of ours; one with a password in it is a secret, written as env:NAME or file:PATH."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        if isinstance(value, Secret):
            return value.reveal()
        address = str(super()._deserialize(value, attr, data, **kwargs))
        try:
            inline = urlsplit(address).password
        except ValueError:
            inline = None
        if inline:
            raise ValidationError("a password does not belong in this file: write the whole address as env:NAME")
        return address


def _check_public_url(value: str) -> None:
    try:
        checked_base_url(value)
    except ValueError:
        raise ValidationError(
            "write the address helpdesks reach this service by, like https://makeright.example.com "
            "(plain http is for this machine's own addresses only)"
        ) from None


class ServiceSchema(Schema):
    class Meta:
        unknown = RAISE

    public_url = fields.String(load_default="http://127.0.0.1:8080", validate=_check_public_url)
    database_url = AddressField(load_default="sqlite:///var/makeright.db")
    redis_url = AddressField(load_default="embedded")
    listen = fields.String(
        load_default="127.0.0.1:8080",
        validate=validate.Regexp(r"^[^\s:]+:\d{1,5}$", error='write host and port like "127.0.0.1:8080"'),
    )
    workers = fields.Integer(
        load_default=2, strict=True, validate=validate.Range(1, 64, error="write a whole number from 1 to 64")
    )
    web_threads = fields.Integer(
        load_default=8, strict=True, validate=validate.Range(1, 256, error="write a whole number from 1 to 256")
    )
    trusted_proxies = fields.Integer(
        load_default=0, strict=True, validate=validate.Range(0, 9, error="write how many proxies of yours, 0 to 9")
    )
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

    every_minutes = fields.Float(
        load_default=10.0, validate=validate.Range(min=0.01, max=1440, error="write minutes from 0.01 to 1440 (a day)")
    )
    reach_hours = fields.Float(
        load_default=24.0, validate=validate.Range(min=0.1, max=24 * 90, error="write hours from 0.1 to 2160 (90 days)")
    )


class PrivacySchema(Schema):
    class Meta:
        unknown = RAISE

    keep_days = fields.Integer(load_default=365, strict=True, validate=validate.Range(1, 3650))
    keep_text = fields.Boolean(load_default=False, truthy={True}, falsy={False})

    @post_load
    def built(self, data: dict[str, Any], **_: Any) -> Privacy:
        return Privacy(timedelta(days=data["keep_days"]), data["keep_text"])


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


class GoodwillSchema(Schema):
    """`{ approvers = { lead = ["maria@acme.example"] } }`"""

    class Meta:
        unknown = RAISE

    approvers = fields.Dict(
        fields.String(), fields.List(fields.String(validate=validate.Length(min=1))), load_default=dict
    )
    unnamed_tags = fields.Boolean(load_default=False, truthy={True}, falsy={False})

    @post_load
    def built(self, data: dict[str, Any], **_: Any) -> GoodwillApproval:
        people = {role: frozenset(one.strip().casefold() for one in who) for role, who in data["approvers"].items()}
        return GoodwillApproval(people, data["unnamed_tags"])


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


_ONE_OR_TWO = validate.Length(max=2, error="two secrets at most: the one in use, and another while it is rotated")


class AccountSchema(Schema):
    """The keys every account has. What is left over belongs to the adapter's own schema."""

    class Meta:
        unknown = EXCLUDE

    helpdesk = fields.String(required=True)
    level = fields.Enum(Level, by_value=True, load_default=Level.SHADOW)
    webhook_secrets = fields.List(SecretField(), load_default=list, validate=_ONE_OR_TWO)
    sidebar_secrets = fields.List(SecretField(), load_default=list, validate=_ONE_OR_TWO)
    base_url = fields.String(load_default=None)
    fields_ = fields.Dict(fields.String(), fields.String(), data_key="fields", load_default=dict)
    thresholds = fields.Dict(fields.Enum(Complaint, by_value=True), fields.Nested(ThresholdsSchema), load_default=dict)
    tag_prefix = fields.String(
        load_default="",
        validate=validate.Regexp(
            rf"^[a-z0-9_]{{0,{LONGEST_PREFIX}}}$", error=f"up to {LONGEST_PREFIX} of a-z, 0-9 and _"
        ),
    )
    share = fields.Float(
        load_default=0.8, validate=validate.Range(0.05, 1.0, error="write a part of the limits, from 0.05 to 1.0")
    )
    calendar = fields.Nested(CalendarSchema, load_default=None)
    playbook = fields.String(load_default=None)
    brands = fields.Dict(fields.String(), fields.Nested(BrandSchema), load_default=dict)
    sweep = fields.Nested(SweepSchema, load_default=lambda: SweepSchema().load({}))
    goodwill = fields.Nested(GoodwillSchema, load_default=GoodwillApproval)
    exercises = fields.String(load_default=None)
    privacy = fields.Nested(PrivacySchema, load_default=Privacy)

    @post_load
    def checked(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        if any(len(secret.reveal()) < SHORTEST_SIDEBAR_SECRET for secret in data["sidebar_secrets"]):
            raise ValidationError(
                f"a secret needs at least {SHORTEST_SIDEBAR_SECRET} characters: make one with `openssl rand -hex 32`",
                "sidebar_secrets",
            )
        if data["helpdesk"] not in helpdesk_kinds():
            raise ValidationError(f"is no helpdesk: {nearest(data['helpdesk'], helpdesk_kinds())}", "helpdesk")
        if data["base_url"] is not None:
            try:
                data["base_url"] = checked_base_url(data["base_url"])
            except ValueError as error:
                raise ValidationError(str(error), "base_url") from None
        return data


def load_settings(
    file: Path = DEFAULT_FILE, *, texts: Mapping[Path, str] | None = None, hooks_to_come: bool = False
) -> Settings:
    """Read and check a configuration file. Paths in it are relative to the file. Raises SettingsError.

    `texts` take the place of the files of these (resolved) paths: a configuration in force while its files change, or
    one that is to be tried before it is written. `hooks_to_come`: the files that webhook secrets stand in may be
    missing, since they are about to be written.
    """
    reading = Reading(file, texts, hooks_to_come=hooks_to_come)
    raw = reading.toml()
    found = reading.resolved(raw)
    for key in sorted(set(found) - set(SECTIONS)):
        reading.wrong((key,), f"unknown section: {nearest(key, SECTIONS)}")
    service = reading.load(ServiceSchema(), found.get("service", {}), ("service",))
    alerts = reading.load(AlertsSchema(), found.get("alerts", {}), ("alerts",))
    console = reading.load(ConsoleSchema(), found.get("console", {}), ("console",))
    accounts: dict[str, AccountSettings] = {}
    named = found.get("accounts", {})
    if not isinstance(named, dict):
        reading.wrong(("accounts",), "must be sections like [accounts.acme]", value=named)
        named = {}
    addresses: dict[tuple[str, str], str] = {}
    for name, section in named.items():
        account = _account(name, section, raw["accounts"][name], reading)
        if account is not None:
            accounts[name] = account
            address = (account.kind, helpdesk_class(account.kind).address(account.account))
            if address[1] and addresses.setdefault(address, name) != name:
                twin = f"is the same {account.kind} as accounts.{addresses[address]} ({address[1]})"
                reading.wrong(("accounts", name), f"{twin}: its tickets would be annotated twice; remove one of them")
    if reading.problems or service is None:
        raise SettingsError(file, reading.problems, reading.files)
    return Settings(file, _service(service, file.parent), alerts, accounts, console, reading.texts, reading.files)


def _service(data: dict[str, Any], folder: Path) -> Service:
    data_folder = (folder / data.pop("data_folder")).resolve()
    database_url = data.pop("database_url")
    if database_url.startswith("sqlite:///") and not database_url.startswith("sqlite:////"):
        database_url = f"sqlite:///{(folder / database_url.removeprefix('sqlite:///')).resolve()}"
    return Service(data_folder=data_folder, database_url=database_url, **data)


def _account(name: str, section: Any, raw: Any, reading: Reading) -> AccountSettings | None:
    path = ("accounts", name)
    if not isinstance(section, dict):
        reading.wrong(path, f"must be a section [accounts.{name}]", value=section)
        return None
    if not name.isascii() or not name.replace("-", "").replace("_", "").isalnum() or len(name) > 40:
        reading.wrong(path, f"{name!r} stands in web addresses: use up to 40 letters, digits, - and _")
    base = reading.load(AccountSchema(), section, path)
    if base is None:
        return None
    own_keys = [str(item.data_key or key) for key, item in AccountSchema().fields.items()]
    adapter = helpdesk_class(base["helpdesk"])
    told = {key: value for key, value in section.items() if key not in own_keys}
    options = reading.load(adapter.options_schema(unknown=RAISE), told, path, also=own_keys)
    if options is None:
        return None
    base_url = base["base_url"]
    account = Account(
        name=name,
        options=options,
        webhook_secrets=_hook_secrets(raw.get("webhook_secrets", []), base["webhook_secrets"], reading.folder),
        base_url=base_url,
        fields=base["fields_"],
        share=base["share"],
        sandbox=base_url is not None and is_loopback(urlsplit(base_url).hostname or ""),
    )
    if not base["webhook_secrets"]:
        fix = 'is missing, and a hook without a secret would believe anyone: write webhook_secrets = ["env:NAME"]'
        reading.wrong((*path, "webhook_secrets"), fix)
    try:
        adapter.address(account)
    except ValueError as error:
        reading.wrong(path, str(error))
        return None
    own, brands = _handlings(base, path, reading)
    for role in base["goodwill"].approvers:
        if role not in own.playbook.goodwill.limits:
            roles = ", ".join(own.playbook.goodwill.limits)
            reading.wrong((*path, "goodwill", "approvers", role), f"the playbook has no such role; use one of {roles}")
    return AccountSettings(
        name=name,
        kind=base["helpdesk"],
        account=account,
        level=base["level"],
        thresholds=base["thresholds"],
        tag_prefix=base["tag_prefix"],
        sweep_every=timedelta(minutes=base["sweep"]["every_minutes"]),
        sweep_reach=timedelta(hours=base["sweep"]["reach_hours"]),
        sidebar_secrets=tuple(base["sidebar_secrets"]),
        goodwill=base["goodwill"],
        exercises=_exercises(base["exercises"], reading, (*path, "exercises")),
        privacy=base["privacy"],
        own=own,
        brands=brands,
    )


def _hook_secrets(written: Sequence[str], resolved: Sequence[Secret], folder: Path) -> HookSecrets:
    """Those in files stay files: a rotation changes what stands there (adapters/hook_secrets.py)."""
    pairs = zip(written, resolved, strict=True)
    return HookSecrets(
        *(folder / text.removeprefix("file:") if text.startswith("file:") else secret for text, secret in pairs)
    )


def _handlings(base: Mapping[str, Any], path: KeyPath, reading: Reading) -> tuple[Handling, dict[str, Handling]]:
    """The account's own playbook and calendar, and those of its brands."""
    files = [base["playbook"]] if base["playbook"] else []
    before = len(reading.problems)
    own = Handling(reading.playbook(files, (*path, "playbook")), base["calendar"] or ALWAYS_OPEN)
    sound = len(reading.problems) == before
    brands = {}
    for brand, said in base["brands"].items():
        book = own.playbook
        # Laid over one that is broken, its mistakes would be told twice.
        if said["playbook"] and sound:
            book = reading.playbook([*files, said["playbook"]], (*path, "brands", brand, "playbook"))
        brands[brand] = Handling(book, said["calendar"] or own.calendar)
    return own, brands


def _exercises(name: str | None, reading: Reading, path: KeyPath) -> tuple[Exercise, ...]:
    """The account's own exercises for practice (docs/rehearsal.md)."""
    if name is None:
        return ()
    try:
        return tuple(read_exercises(reading.text(reading.folder / name).splitlines()))
    except (OSError, UnicodeDecodeError) as error:
        fix = f"cannot be read ({type(error).__name__}): name a file of UTF-8 text beside this one"
        reading.wrong(path, fix, value=name)
    except ValueError as error:
        reading.wrong(path, str(error), value=name)
    return ()
