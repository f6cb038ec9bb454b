"""Whether everything that a job needs is there and well."""

from glasses.checkup.finding import Finding, State
from glasses.checkup.run import run

__all__ = ["Finding", "State", "run"]
