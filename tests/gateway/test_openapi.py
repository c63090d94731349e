"""The OpenAPI document holds every route and refers to nothing that is not in it."""

import re

import pytest

from gateway.openapi import document_of
from gateway.routes import ROUTES

DOCUMENT = document_of(ROUTES, needs_key=True)
OPERATIONS = [(path, method, about) for path, item in DOCUMENT["paths"].items() for method, about in item.items()]
TYPES = {"string", "integer", "number", "boolean", "object", "array", "null"}


HIDDEN = {route.path for route in ROUTES if route.is_hidden}
"""Pages and their files."""


def nodes(value):
    """Every object inside."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from nodes(inner)
    if isinstance(value, list | tuple):
        for inner in value:
            yield from nodes(inner)


def test_every_route_of_the_application_is_in_it(fake_app):
    served = {
        (route.resource.canonical, route.method.lower())
        for route in fake_app.router.routes()
        if route.method != "HEAD" and route.resource.canonical not in HIDDEN
    }
    assert served == {(path, method) for path, method, _ in OPERATIONS}


def test_it_is_openapi_3_1_with_a_title_and_a_version():
    assert DOCUMENT["openapi"] == "3.1.0"
    assert DOCUMENT["info"]["title"] == "chimein"
    assert re.fullmatch(r"\d+\.\d+", DOCUMENT["info"]["version"])


def test_every_reference_leads_somewhere():
    references = {node["$ref"] for node in nodes(DOCUMENT) if "$ref" in node}
    schemas = DOCUMENT["components"]["schemas"]
    assert references
    assert {reference.removeprefix("#/components/schemas/") for reference in references} <= schemas.keys()


def test_every_schema_uses_types_of_json_schema():
    found = [node["type"] for node in nodes(DOCUMENT["components"]["schemas"]) if isinstance(node.get("type"), str)]
    assert set(found) <= TYPES


def test_operation_ids_are_unique():
    ids = [about["operationId"] for _, _, about in OPERATIONS]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    ("path", "method", "about"), OPERATIONS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_operation_describes_itself(path, method, about):
    named = [parameter["name"] for parameter in about["parameters"] if parameter["in"] == "path"]
    assert about["summary"]
    assert named == re.findall(r"{(\w+)}", path)
    assert all(re.fullmatch("[1-5][0-9][0-9]", status) for status in about["responses"])
    assert all("description" in response for response in about["responses"].values())
    assert all({"name", "in", "schema"} <= parameter.keys() for parameter in about["parameters"])


def test_errors_are_problem_json():
    for _, _, about in OPERATIONS:
        for status, response in about["responses"].items():
            if status.startswith("4"):
                assert response["content"]["application/problem+json"]["schema"] == {
                    "$ref": "#/components/schemas/Problem"
                }


def test_guarded_operations_name_key_and_session_and_how_they_refuse():
    for route in (route for route in ROUTES if not route.is_hidden):
        about = DOCUMENT["paths"][route.path][route.method.lower()]
        assert about["security"] == ([] if route.is_open else [{"key": []}, {"session": []}])
        if not route.is_open:
            assert {"401", "403", "429"} <= about["responses"].keys()
            assert f"`{route.needs}`" in about["description"]
    assert DOCUMENT["components"]["securitySchemes"].keys() == {"key", "session"}


def test_where_no_key_is_needed_none_is_one_of_the_ways():
    open_ = document_of(ROUTES, needs_key=False)
    assert {} in open_["paths"]["/meetings/join"]["post"]["security"]


def test_posts_take_an_idempotency_key():
    for path, method, about in OPERATIONS:
        headers = {parameter["name"] for parameter in about["parameters"] if parameter["in"] == "header"}
        assert ("Idempotency-Key" in headers) == (method == "post" and path != "/webhooks/recall")


async def test_it_is_served(fake_rig):
    response = await fake_rig.client.get("/openapi.json")
    assert (response.status, response.content_type) == (200, "application/json")
    assert (await response.json())["paths"].keys() == DOCUMENT["paths"].keys()
