"""A mail server on a loopback port, small enough to be told how to misbehave."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any


@dataclass
class MailServer:
    """What the server got, and its answers to commands where they are not 250."""

    port: int = 0
    answers: dict[str, str] = field(default_factory=dict)
    recipients: list[str] = field(default_factory=list)
    messages: list[EmailMessage] = field(default_factory=list)
    drops_at: str = ""

    @property
    def url(self) -> str:
        return f"smtp+plain://127.0.0.1:{self.port}"

    def answer(self, command: str) -> str:
        return self.answers.get(command, "354 Go on" if command == "DATA" else "250 OK")


class _Handler(socketserver.StreamRequestHandler):
    server: Any

    def handle(self) -> None:
        state: MailServer = self.server.state
        self._say("220 test")
        for line in self.rfile:
            command = line[:4].decode("ascii").strip().upper()
            if command == state.drops_at:
                return
            if command == "QUIT":
                self._say("221 Bye")
                return
            if command == "RCPT":
                state.recipients.append(line.decode("ascii").partition("<")[2].partition(">")[0])
            answer = state.answer(command)
            self._say(answer)
            if command == "DATA" and answer.startswith("354"):
                self._take(state)

    def _take(self, state: MailServer) -> None:
        lines = []
        for line in self.rfile:
            if line == b".\r\n":
                break
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        answer = state.answer("BODY")
        if answer.startswith("250"):
            state.messages.append(message_from_bytes(b"".join(lines), policy=policy.default))
        self._say(answer)

    def _say(self, answer: str) -> None:
        self.wfile.write(f"{answer}\r\n".encode())


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """Serve mail on a free loopback port meanwhile."""
    state = MailServer()
    with socketserver.TCPServer(("127.0.0.1", 0), _Handler) as server:
        server.state = state  # type: ignore[attr-defined]
        state.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield state
        finally:
            server.shutdown()
            thread.join()
