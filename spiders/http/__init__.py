"""How pages are asked for: politely, within bounds, each failure with its name."""
