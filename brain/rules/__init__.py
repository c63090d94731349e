"""What answers and briefs without a language model: reading by rules. Pure.

The entries are `quoting.py` for answers; `decisions.py`, `tasks.py` and `points.py` for briefings.
"""
