"""Labelled photos -> crops -> folds -> fit -> quantize -> evaluate -> a released model."""

import worker  # first: it keeps ONNX Runtime to itself

assert worker
