"""The versions of Python that the chapter runs on; Python 3.6 must be able to import this."""

OLDEST_PYTHON = (3, 11)
# The newest that TensorFlow is published for.
NEWEST_PYTHON = (3, 13)
