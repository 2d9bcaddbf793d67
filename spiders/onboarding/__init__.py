"""A list page in, the draft of a source out."""
