"""Reads what another company sends, as it means it: a null is as good as nothing, and a number may come as text."""

from typing import Any, TypeVar

import msgspec

Kind = TypeVar("Kind")


def decode(content: str | bytes, kind: type[Kind]) -> Kind:
    """Raises msgspec.DecodeError, UnicodeDecodeError, RecursionError."""
    return msgspec.convert(without_nulls(msgspec.json.decode(content)), kind, strict=False)


def without_nulls(value: Any) -> Any:  # JSON of any form
    if isinstance(value, dict):
        return {name: without_nulls(inner) for name, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [without_nulls(inner) for inner in value if inner is not None]
    return value
