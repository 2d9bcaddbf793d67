"""Nights of a source in, what is wrong with it out, and who is told."""
