"""Likelihoods p(x|z), each an exponential family; `base` says what a family must offer."""
