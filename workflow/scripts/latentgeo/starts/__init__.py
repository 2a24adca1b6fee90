"""Where a solver starts. A module for each start of the config, with a `make`."""
