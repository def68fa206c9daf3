class FilesAway(OSError):
    """The store does not answer, or not with what was put there; the message names the kind of error only."""
