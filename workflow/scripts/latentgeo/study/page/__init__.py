"""The study on one page that needs nothing else: what was asked, what follows, all that it made."""
