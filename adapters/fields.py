"""Marshmallow fields that any adapter's options may use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError
from marshmallow.fields import Field

from adapters.contract import Secret


class SecretField(Field[Secret]):
    """A credential that the settings have resolved already; a plain text in the file is refused."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Secret:
        if not isinstance(value, Secret):
            raise ValidationError("a secret does not belong in this file: write it as env:NAME or file:PATH")
        if not value.reveal().strip():
            raise ValidationError("the secret is empty: look at what env:NAME or file:PATH holds")
        return value
