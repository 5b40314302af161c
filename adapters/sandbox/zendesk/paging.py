"""Both of Zendesk's paginations: offset (`page`, `per_page`) and cursor (`page[size]`, `page[after]`)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

from flask import request

from adapters.sandbox.shelf import Record
from adapters.sandbox.zendesk.blueprint import ApiError, base_url

T = TypeVar("T")
MAX_SIZE = 100
MAX_PAGES = 100


def paged(rows: Sequence[T], name: str, shape: Callable[[T], Record], key: Callable[[T], Any] | None = None) -> Record:
    """One page of `rows` under `name`, in the style the request asks for. `key` names a row in a cursor."""
    if any(arg.startswith("page[") for arg in request.args):
        return by_cursor(rows, name, shape, key)
    return _by_offset(rows, name, shape)


def chosen(rows: Sequence[T], key: Callable[[T], Any] | None = None) -> list[T]:
    """Just the rows of the requested page, for sideloading."""
    if any(arg.startswith("page[") for arg in request.args):
        start, size = _cursor_window(rows, key or _row_id)
    else:
        page, size = _offset_window()
        start = (page - 1) * size
    return list(rows[start : start + size])


def _row_id(row: Any) -> Any:
    return row["id"] if isinstance(row, dict) else row.id


def _invalid(code: str, title: str) -> ApiError:
    return ApiError(400, {"errors": [{"code": code, "title": title}]})


def _offset_window() -> tuple[int, int]:
    page = request.args.get("page", 1, type=int) or 1
    size = min(request.args.get("per_page", MAX_SIZE, type=int) or MAX_SIZE, MAX_SIZE)
    if page > MAX_PAGES:
        raise _invalid("InvalidPaginationDepth", "Page number beyond the limit of offset pagination")
    return max(page, 1), max(size, 1)


def _by_offset(rows: Sequence[T], name: str, shape: Callable[[T], Record]) -> Record:
    page, size = _offset_window()
    start = (page - 1) * size
    return {
        name: [shape(row) for row in rows[start : start + size]],
        "count": len(rows),
        "next_page": _link(page=page + 1) if start + size < len(rows) else None,
        "previous_page": _link(page=page - 1) if page > 1 else None,
    }


def _cursor_window(rows: Sequence[T], key: Callable[[T], Any]) -> tuple[int, int]:
    size = request.args.get("page[size]", MAX_SIZE, type=int)
    if not size or not 1 <= size <= MAX_SIZE:
        raise _invalid("InvalidPaginationParameter", f"page[size] must be between 1 and {MAX_SIZE}")
    after, before = request.args.get("page[after]"), request.args.get("page[before]")
    names = [str(key(row)) for row in rows]
    try:
        if after:
            return names.index(_decode(after)) + 1, size
        if before:
            end = names.index(_decode(before))
            return max(0, end - size), min(size, end)
    except ValueError:
        raise _invalid("InvalidPaginationParameter", f"page[{'after' if after else 'before'}] is not valid") from None
    return 0, size


def by_cursor(
    rows: Sequence[T], name: str, shape: Callable[[T], Record], key: Callable[[T], Any] | None = None
) -> Record:
    """One page of `rows` for an endpoint that knows cursors only."""
    key = key or _row_id
    start, size = _cursor_window(rows, key)
    some = rows[start : start + size]
    more = start + size < len(rows)
    after = _encode(str(key(some[-1]))) if some else None
    before = _encode(str(key(some[0]))) if some else None
    return {
        name: [shape(row) for row in some],
        "meta": {"has_more": more, "after_cursor": after, "before_cursor": before},
        "links": {
            "next": _link(after=after) if more else None,
            "prev": _link(before=before) if start > 0 else None,
        },
    }


def _link(page: int | None = None, after: str | None = None, before: str | None = None) -> str:
    args = {k: v for k, v in request.args.items() if k not in ("page", "page[after]", "page[before]")}
    if page is not None:
        args["page"] = str(page)
    if after is not None:
        args["page[after]"] = after
    if before is not None:
        args["page[before]"] = before
    return f"{base_url()}{request.path.removeprefix('/zendesk')}.json?{urlencode(args)}"


def _encode(text: str) -> str:
    return base64.urlsafe_b64encode(f"id|{text}".encode()).decode()


def _decode(cursor: str) -> str:
    try:
        kind, _, text = base64.urlsafe_b64decode(cursor.encode()).decode().partition("|")
    except (binascii.Error, UnicodeDecodeError):
        raise ValueError("not a cursor") from None
    if kind != "id":
        raise ValueError("not a cursor")
    return text
