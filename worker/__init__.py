"""CPU workers: photos in, verdicts out."""
