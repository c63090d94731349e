"""Calls made of a document fit it, and are about what they are to be about."""

from rehearsal.api_calls import calls_about

IDS = {"meeting_id": "m-1", "request_id": "r-1"}


def operation(name, *parameters, body=None):
    about = {"operationId": name, "parameters": list(parameters)}
    if body:
        about["requestBody"] = {"content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{body}"}}}}
    return about


def named(name, **schema):
    return {"name": name, "in": "path", "schema": {"type": "string", **schema}}


DOCUMENT = {
    "paths": {
        "/meetings": {"get": operation("list")},
        "/meetings/{meeting_id}/ask": {"post": operation("ask", named("meeting_id"), body="Ask")},
        "/meetings/{meeting_id}/requests/{request_id}": {
            "get": operation("look", named("meeting_id"), named("request_id"))
        },
        "/meetings/{meeting_id}/transcript.{format}": {
            "get": operation("export", named("meeting_id"), named("format", enum=["txt", "srt"]))
        },
    },
    "components": {
        "schemas": {
            "Ask": {
                "properties": {
                    "question": {"type": "string", "examples": ["Why?"]},
                    "tags": {"type": "array"},
                    "who": {"$ref": "#/components/schemas/Who"},
                    "speak": {"type": "boolean"},
                },
                "required": ["question", "tags", "who"],
            },
            "Who": {"type": "integer"},
        }
    },
}


def test_every_operation_about_the_thing_is_called_with_every_listed_value():
    found = [(call.method, call.path) for call in calls_about(DOCUMENT, IDS)]
    assert found == [
        ("POST", "/meetings/m-1/ask"),
        ("GET", "/meetings/m-1/requests/r-1"),
        ("GET", "/meetings/m-1/transcript.txt"),
        ("GET", "/meetings/m-1/transcript.srt"),
    ]


def test_a_body_has_what_is_required():
    bodies = {call.operation: call.body for call in calls_about(DOCUMENT, IDS)}
    assert bodies["ask"] == {"question": "Why?", "tags": [], "who": 1}
    assert bodies["look"] is None
