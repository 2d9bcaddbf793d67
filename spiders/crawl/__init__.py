"""One crawl of one source: its spider, its ledger, its landing files."""
