"""The images of a study and pairs of them. A module for each `data.source` of the config."""
