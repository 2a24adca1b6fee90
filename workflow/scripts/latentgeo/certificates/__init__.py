"""Whether geodesics are the lowest that there are. A module for each metric."""
