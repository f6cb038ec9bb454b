"""Checks of everything that a job needs, for `glasses doctor`."""

from producer.doctor.finding import CheckState, Finding
from producer.doctor.run import run_checks

__all__ = ["CheckState", "Finding", "run_checks"]
