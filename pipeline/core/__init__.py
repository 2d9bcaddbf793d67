"""What everything else stands on: the data that moves, addresses, dates, sources, configuration, errors, counts."""
