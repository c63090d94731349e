"""Webhooks out: what happens in a meeting becomes signed calls to the endpoints of its tenant."""
