"""The shop's frontend: serves the page and passes /api/… on to the backend, whom it finds by its service name."""

import http.client
import os
import signal
import socket
import sys
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

BACKEND = os.environ.get("BACKEND", "backend:8080")
STATIC = str(Path(__file__).parent / "static")
LONGEST_BODY = 100_000


def backend_addresses():
    """All replicas, in the order of the hosts file."""
    host, port = BACKEND.rsplit(":", 1)
    found = socket.getaddrinfo(host, int(port), socket.AF_INET, socket.SOCK_STREAM)
    return list(dict.fromkeys(address for *_, address in found))


class Handler(SimpleHTTPRequestHandler):
    server_version = "shop-frontend"
    protocol_version = "HTTP/1.1"
    timeout = 30

    def __init__(self, *arguments, **named):
        super().__init__(*arguments, directory=STATIC, **named)

    def do_GET(self):
        if self.path == "/healthz":
            self.reply(200, "text/plain", b"ok\n")
        elif self.path.startswith("/api/"):
            self.forward(None)
        else:
            super().do_GET()

    def do_POST(self):
        length = self.headers.get("Content-Length", "")
        if not self.path.startswith("/api/") or not length.isdigit() or int(length) > LONGEST_BODY:
            self.close_connection = True
            self.reply(400, "application/json", b'{"error": "bad request"}')
            return
        self.forward(self.rfile.read(int(length)))

    def forward(self, body):
        headers = {"Content-Type": self.headers.get("Content-Type", "application/json")}
        for address in self.addresses():
            connection = http.client.HTTPConnection(*address, timeout=10)
            try:
                # Only a replica that cannot be reached at all is passed over: it has not seen the request.
                connection.connect()
            except OSError as error:
                print(f"backend {address[0]}: {error}", file=sys.stderr)
                continue
            try:
                connection.request(self.command, self.path.removeprefix("/api"), body, headers)
                answer = connection.getresponse()
                content = answer.read()
            except (OSError, http.client.HTTPException) as error:
                print(f"backend {address[0]}: {error}", file=sys.stderr)
                break
            finally:
                connection.close()
            self.reply(answer.status, answer.getheader("Content-Type", "application/json"), content)
            return
        self.reply(502, "application/json", b'{"error": "no backend answers"}')

    @staticmethod
    def addresses():
        try:
            return backend_addresses()
        except OSError as error:
            print(f"{BACKEND}: {error}", file=sys.stderr)
            return []

    def reply(self, status, content_type, content):
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(content)

    def end_headers(self):
        self.send_header("Content-Security-Policy", "default-src 'self'")
        self.send_header("X-Content-Type-Options", "nosniff")
        super().end_headers()

    def log_message(self, format, *arguments):
        if self.path != "/healthz":
            super().log_message(format, *arguments)


class Server(ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 128


if __name__ == "__main__":
    server = Server(("", 8080), Handler)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    print("frontend on :8080", flush=True)
    server.serve_forever(poll_interval=0.1)
    server.server_close()
