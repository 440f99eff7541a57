"""Why a file was not read."""


class FileRefused(Exception):
    """The file as a whole cannot be read; `message` is a Turkish sentence for the person who chose it."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
