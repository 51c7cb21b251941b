"""Sources that name other files, and which files these are."""

from posixpath import dirname, join, normpath

from ecsplan_convert.source import Source


class Reading:
    """Reads the files that a source names, and keeps their names, as seen from where the source is.

    Attributes:
        names: The names of the files that could be read.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self.names: list[str] = []

    def read(self, name: str) -> str:
        """Return the text of a file beside the source."""
        text = self._source.read(name)
        self.names.append(normpath(join(dirname(self._source.name), name)))
        return text
