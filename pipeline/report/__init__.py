"""What people read: reports of runs, the story of a page, the data card."""
