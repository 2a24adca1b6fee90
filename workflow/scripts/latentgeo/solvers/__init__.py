"""Minimisers of curve energies. A module for each `method` of the config, with a `make`."""
