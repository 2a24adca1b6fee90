"""The VAEs: architecture, training, evaluation, and their files."""
