"""Whether something said in a meeting is said to the assistant. Pure; the entry is `addressing.py`."""
