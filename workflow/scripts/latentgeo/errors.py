"""The one error that a user can mend: its message names the key or file, the value and the cure."""

AGAIN = "delete it and run again"
"""The cure of a damaged result."""


class StudyError(Exception):
    """Bad configuration, data or files; the message alone is shown to the user."""
