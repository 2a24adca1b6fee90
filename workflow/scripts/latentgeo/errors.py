"""The one error that a user can mend: its message names the key or file, the value and the cure."""


class StudyError(Exception):
    """Bad configuration, data or files; the message alone is shown to the user."""
