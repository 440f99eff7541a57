"""Receive an upload of strangers: in memory up to a limit, never on disk, refused before its body is read."""

import io
from typing import Any

from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest

_FORM_BYTES = 16 * 1024  # what a form holds besides its file


class TooLargeError(Exception):
    """The request says, or shows, that it is larger than what is taken."""


def receive_in_memory(request: HttpRequest, *, limit: int) -> None:
    """Prepare `request` so that its files stay in memory; raise TooLargeError when it announces too much.

    To be called before anything looks at request.POST, which reads the body and raises TooLargeError too.
    """
    announced = request.META.get("CONTENT_LENGTH") or "0"
    if not announced.isdecimal() or int(announced) > limit + _FORM_BYTES:
        raise TooLargeError
    request.upload_handlers = [_MemoryHandler(request, limit)]


class _MemoryHandler(FileUploadHandler):
    """Keeps the files of one request; raises TooLargeError as soon as all of them together exceed the limit."""

    def __init__(self, request: HttpRequest, limit: int) -> None:
        super().__init__(request)
        self._left = limit
        self._content = io.BytesIO()

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._content = io.BytesIO()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:  # noqa: ARG002 - Django's signature
        self._left -= len(raw_data)
        if self._left < 0:
            raise TooLargeError
        self._content.write(raw_data)

    def file_complete(self, file_size: int) -> InMemoryUploadedFile:
        self._content.seek(0)
        return InMemoryUploadedFile(
            file=self._content,
            field_name=self.field_name,
            name=self.file_name,
            content_type=self.content_type,
            size=file_size,
            charset=self.charset,
            content_type_extra=self.content_type_extra,
        )
