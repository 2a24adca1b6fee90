"""A graph of landmarks among the latents, in any dimension, for the start `landmarks`."""
