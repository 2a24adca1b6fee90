"""Whether geodesics are the lowest there are: a module for each metric of which that is known."""
