"""Nobody is reported to: libraries that would tell their makers how they are used are told not to."""

import os

SILENCED = {
    "ORT_DISABLE_TELEMETRY": "1",  # onnxruntime: to Microsoft, with an identifier of the machine
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
}


def keep_to_ourselves() -> None:
    """Before any of them is loaded: they look once."""
    os.environ.update(SILENCED)
