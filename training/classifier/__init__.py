"""The classifier of face crops, from stored crops to a released model."""
