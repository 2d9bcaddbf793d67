"""The pages of one source in, what they have in common out, kept in the store: its template, learned, not described."""
