"""Interrupted runs of `glasses classify`: rows are kept, and the next run continues after them."""
