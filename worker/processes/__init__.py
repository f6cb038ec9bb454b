"""Child processes with memory and time limits. A child that dies is replaced."""
