"""CPU workers: they fetch photos, find faces, classify them and record the results."""

import os

# Has to be set before ONNX Runtime is loaded. From 1.29 on ONNX Runtime sends telemetry by default
# (microsoft/onnxruntime#27379), with threads that would exist when a worker forks.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
