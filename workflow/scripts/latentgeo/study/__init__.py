"""A study: its configuration, its experiments, what they ask for, and how results are read."""
