"""A job's verdicts as one HTML file that needs nothing but a browser."""
