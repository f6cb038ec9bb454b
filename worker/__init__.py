"""CPU workers: photos in, verdicts out."""

import os

# Before ONNX Runtime is loaded. From 1.29 on it tells its maker about the machine and the models by
# default (microsoft/onnxruntime#27379), with threads that would be there when a worker forks.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
