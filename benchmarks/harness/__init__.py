"""Measures the real jars as processes, beside their peers, in one run on one machine."""
