"""What may reach a model, `injections.py`, and what may leave, `outgoing.py` (docs/decisions/0006)."""
