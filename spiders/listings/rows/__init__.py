"""Rows of a listing that no selector describes."""
