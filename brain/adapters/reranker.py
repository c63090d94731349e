"""A small cross-encoder that reads question and passage together; only its model files are used."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime
import tokenizers

LONGEST = 256
"""Tokens of question and passage together."""


class Reranker:
    """About 5 ms of one core a passage. Its packages are optional, so this file is imported only where they are."""

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
