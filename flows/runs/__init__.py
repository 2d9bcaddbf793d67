"""The flows that Prefect runs, their tasks, and what they stand on."""
