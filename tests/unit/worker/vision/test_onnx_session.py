from __future__ import annotations

import sys

from worker.vision.model_store import load
from worker.vision.onnx_session import session


def test_a_session_does_not_keep_its_file_open() -> None:
    network = load("default").data
    before = sys.getrefcount(network)
    made = session(network)
    assert sys.getrefcount(network) == before
    assert made.get_inputs()[0].name
