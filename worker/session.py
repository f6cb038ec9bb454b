"""ONNX Runtime as both networks use it."""

from __future__ import annotations

import onnxruntime


def session(network: bytes) -> onnxruntime.InferenceSession:
    """A session of one thread: processes are the unit of parallelism.

    Args:
        network: The ONNX file.

    Raises:
        Exception: It is none; ONNX Runtime's exceptions have no common base of their own.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # A plan for each size of input is no faster here, and holds 3 MB more.
    options.enable_mem_pattern = False
    return onnxruntime.InferenceSession(network, options, providers=["CPUExecutionProvider"])
