"""Corrections as labels, and the model's agreement with them."""
