"""ONNX Runtime as both networks use it."""

from __future__ import annotations

from functools import cache

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
    _shared_arena()
    options.add_session_config_entry("session.use_env_allocators", "1")
    made = onnxruntime.InferenceSession(network, options, providers=["CPUExecutionProvider"])
    # It keeps the file, to fall back from other providers.
    made._model_bytes = None
    return made


def shrinking() -> onnxruntime.RunOptions:
    """For a run after which the shared memory goes back."""
    options = onnxruntime.RunOptions()
    options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
    return options


@cache
def _shared_arena() -> None:
    """One store of memory for all networks of the process, of which one works at a time."""
    where = onnxruntime.OrtMemoryInfo(
        "Cpu",
        onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR,
        0,
        onnxruntime.OrtMemType.DEFAULT,
    )
    onnxruntime.create_and_register_allocator(where, None)
