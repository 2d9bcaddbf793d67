"""A small web of invented sites in the manner of real ones, whose every page has a known truth."""
