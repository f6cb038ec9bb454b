"""Evaluation: verdicts against known labels, for commands and training; needs numpy."""
