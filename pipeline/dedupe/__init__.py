"""Texts in, out: which of them say the same, and which only look alike."""
