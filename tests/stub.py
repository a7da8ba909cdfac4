"""A mail provider, or an API, on loopback that does as told, and keeps every request that it read to the end."""

from __future__ import annotations

import json
import socket
import struct
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HANG, RESET_UNREAD, RESET, HALF, GARBAGE = "hang", "reset unread", "reset", "half a reply", "garbage"


class Stub:
    """`with Stub(reply) as stub:`; `reply` is (status, headers, body) or one of the acts; `stub.requests` what came.

    A list of replies is used up one by one, its last one for ever.
    """

    def __init__(self, reply: Any) -> None:
        self.replies = reply if isinstance(reply, list) else [reply]
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.released = threading.Event()
        self.lock = threading.Lock()
        stub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                stub.answer(self)

            do_GET = do_POST

            def log_message(self, *_: Any) -> None:
                """Keep quiet."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: Any) -> None:
                """The client went away: nothing to tell."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/"

    def __enter__(self) -> Stub:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        reply = self.replies[0] if len(self.replies) == 1 else self.replies.pop(0)
        if reply == RESET_UNREAD:
            return self._reset(request)
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        self.requests.append((request.path, dict(request.headers.items()), body))
        if reply == HANG:
            self.released.wait(20)
        if reply in (HANG, RESET):
            return self._reset(request)
        if reply == GARBAGE:
            request.wfile.write(b"no HTTP at all\r\n\r\n")
        elif reply == HALF:
            request.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"id')
        else:
            return self._say(request, *reply)
        request.close_connection = True
        return None

    def _say(self, request: BaseHTTPRequestHandler, status: int, headers: dict[str, str], body: Any) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        request.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(data)), **headers}.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(data)

    def _reset(self, request: BaseHTTPRequestHandler) -> None:
        request.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        request.close_connection = True
        request.connection.close()
