"""Evaluations: labelled photos classified or found in a job, and their figures for people."""
