"""Bytes of a page in, the lines of its article and what the page says beside them out."""
