"""Labelled photos -> crops -> folds -> fit -> quantize -> evaluate -> a released model."""
