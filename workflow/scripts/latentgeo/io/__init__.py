"""Files: whole or not at all, without pickles, damage noticed. Knows nothing of what is in them."""
