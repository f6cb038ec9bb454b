"""The report: a job's verdicts as one self-contained HTML file."""
