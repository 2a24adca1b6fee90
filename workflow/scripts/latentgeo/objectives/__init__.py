"""Energies of discretised curves: what solvers minimise. A module for each metric of the config."""
