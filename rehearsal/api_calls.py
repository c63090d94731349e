"""Calls made of an OpenAPI document: for each operation one that fits it, about a thing that is named."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

Json = dict[str, Any]
WORDS = "some words"
MADE = {"string": WORDS, "integer": 1, "number": 1.0, "boolean": True, "array": [], "object": {}}


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One request."""

    operation: str
    method: str
    path: str
    body: Json | None = None


def calls_about(document: Json, ids: Mapping[str, str]) -> Iterator[Call]:
    """One or more per operation whose path names one of these ids; parameters that are lists of values have each."""
    for pattern, operations in document["paths"].items():
        named = re.findall(r"{(\w+)}", pattern)
        if not ids.keys() & set(named):
            continue
        for method, about in operations.items():
            for path in paths_of(pattern, about, ids):
                yield Call(
                    operation=about["operationId"], method=method.upper(), path=path, body=body_of(about, document)
                )


def paths_of(pattern: str, about: Json, ids: Mapping[str, str]) -> Iterator[str]:
    paths = [pattern]
    for parameter in about["parameters"]:
        if parameter["in"] == "path":
            name = parameter["name"]
            values = [ids[name]] if name in ids else parameter["schema"].get("enum", ["1"])
            paths = [path.replace(f"{{{name}}}", value) for path in paths for value in values]
    yield from paths


def body_of(about: Json, document: Json) -> Json | None:
    """What is required, and nothing else."""
    if "requestBody" not in about:
        return None
    schema = resolved(about["requestBody"]["content"]["application/json"]["schema"], document)
    return {name: value_of(resolved(schema["properties"][name], document)) for name in schema.get("required", [])}


def value_of(schema: Json) -> object:
    if examples := schema.get("examples"):
        return examples[0]
    return MADE.get(schema.get("type", "string"), WORDS)


def resolved(schema: Json, document: Json) -> Json:
    reference = schema.get("$ref")
    return document["components"]["schemas"][reference.rpartition("/")[2]] if reference else schema
