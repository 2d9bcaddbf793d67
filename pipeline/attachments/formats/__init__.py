"""One module a format: bytes in, lines or printed sheets out."""
