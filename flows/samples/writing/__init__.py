"""What the sample sites say: texts out of a grammar, in each script."""
