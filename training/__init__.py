"""Training of both networks: from labelled photos to released models."""

import worker  # turns off ONNX Runtime's telemetry before it is loaded

assert worker
