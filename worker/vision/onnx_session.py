"""ONNX Runtime sessions, configured alike for all networks."""

from __future__ import annotations

from functools import cache

import onnxruntime


def session(network: bytes) -> onnxruntime.InferenceSession:
    """Create a single-threaded CPU session; processes provide the parallelism.

    Args:
        network: The ONNX file's bytes.

    Raises:
        Exception: The bytes are not an ONNX model. ONNX Runtime's exceptions have no common base.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # A memory plan per input size is no faster here and needs 3 MB more.
    options.enable_mem_pattern = False
    _register_shared_arena()
    options.add_session_config_entry("session.use_env_allocators", "1")
    created = onnxruntime.InferenceSession(network, options, providers=["CPUExecutionProvider"])
    # The session keeps a copy of the file only to fall back from other providers.
    created._model_bytes = None
    return created


def shrinking() -> onnxruntime.RunOptions:
    """Return options for a run that frees the shared memory arena afterwards."""
    options = onnxruntime.RunOptions()
    options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
    return options


@cache
def _register_shared_arena() -> None:
    """Register one memory arena for all networks of the process; only one runs at a time."""
    info = onnxruntime.OrtMemoryInfo(
        "Cpu",
        onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR,
        0,
        onnxruntime.OrtMemType.DEFAULT,
    )
    onnxruntime.create_and_register_allocator(info, None)
