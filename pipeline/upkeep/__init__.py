"""What keeps a store well: housekeeping, back-ups, and texts that must go."""
