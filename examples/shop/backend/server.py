"""The shop's backend: a list of items in PostgreSQL.

GET  /healthz  200 when the database answers, 503 otherwise
GET  /items    {"items": [{"id", "name"}], "version", "replica"}
POST /items    {"name": "…"} → 201 and the item
"""

import json
import os
import queue
import signal
import socket
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import psycopg2

DATABASE_URL = os.environ["DATABASE_URL"]
VERSION = os.environ.get("APP_VERSION", "dev")
LONGEST_BODY = 10_000
LONGEST_NAME = 200

SCHEMA = "CREATE TABLE IF NOT EXISTS items (id serial PRIMARY KEY, name text NOT NULL)"


class Database:
    """A few connections, kept open; one that broke is replaced when it is next needed."""

    def __init__(self, size=4):
        self._slots = queue.Queue()
        for _ in range(size):
            self._slots.put(None)

    def query(self, sql, parameters=()):
        connection = self._slots.get(timeout=5)
        try:
            if connection is None:
                connection = self._connect()
            try:
                return self._run(connection, sql, parameters)
            except (psycopg2.OperationalError, psycopg2.InterfaceError):
                # The database restarted since the last query. Once more, on a new connection; a write that failed
                # this way was rolled back with its connection.
                connection = self._connect()
                return self._run(connection, sql, parameters)
        except psycopg2.Error:
            connection = None
            raise
        finally:
            self._slots.put(connection)

    @staticmethod
    def _connect():
        connection = psycopg2.connect(DATABASE_URL, connect_timeout=3)
        try:
            with connection, connection.cursor() as cursor:
                # Several replicas start at once: one of them makes the table.
                cursor.execute("SELECT pg_advisory_xact_lock(7305)")
                cursor.execute(SCHEMA)
        except psycopg2.Error:
            connection.close()
            raise
        return connection

    @staticmethod
    def _run(connection, sql, parameters):
        with connection, connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            return cursor.fetchall()


def own_address():
    """What tells this replica from the others: its address."""
    try:
        return socket.gethostbyname(socket.gethostname())
    except OSError:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            # Sends nothing: connecting a datagram socket only chooses the local address (192.0.2.0/24, RFC 5737).
            probe.connect(("192.0.2.1", 9))
            return probe.getsockname()[0]


class Handler(BaseHTTPRequestHandler):
    server_version = "shop-backend"
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_GET(self):
        if self.path == "/healthz":
            self.answer(lambda: (200, {"ok": database.query("SELECT 1") == [(1,)]}))
        elif self.path == "/items":
            self.answer(self.items)
        else:
            self.send(404, {"error": "not found"})

    def do_POST(self):
        if self.path != "/items":
            self.send(404, {"error": "not found"})
            return
        name = self.name_in_body()
        if name is None:
            self.close_connection = True
            self.send(400, {"error": f'send {{"name": "…"}} with 1 to {LONGEST_NAME} characters'})
            return
        self.answer(lambda: self.add(name))

    def items(self):
        rows = database.query("SELECT id, name FROM items ORDER BY id DESC LIMIT 200")
        return 200, {"items": [{"id": i, "name": name} for i, name in rows], "version": VERSION, "replica": REPLICA}

    def add(self, name):
        [(item,)] = database.query("INSERT INTO items (name) VALUES (%s) RETURNING id", (name,))
        return 201, {"id": item, "name": name}

    def name_in_body(self):
        try:
            length = int(self.headers.get("Content-Length", ""))
            if not 0 < length <= LONGEST_BODY:
                return None
            name = json.loads(self.rfile.read(length))["name"].strip()
        except (ValueError, KeyError, TypeError, AttributeError):
            return None
        return name if 0 < len(name) <= LONGEST_NAME and "\0" not in name else None

    def answer(self, work):
        try:
            status, body = work()
        except (psycopg2.Error, queue.Empty) as error:
            print(f"database: {str(error).strip()}", file=sys.stderr)
            status, body = 503, {"error": "the database does not answer"}
        self.send(status, body)

    def send(self, status, body):
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format, *arguments):
        if self.path != "/healthz":
            super().log_message(format, *arguments)


class Server(ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 128


database = Database()
REPLICA = own_address()

if __name__ == "__main__":
    server = Server(("", 8080), Handler)
    # shutdown() waits for the loop that this thread runs, so it is asked for from another.
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    print(f"backend {VERSION} on {REPLICA}:8080", flush=True)
    server.serve_forever(poll_interval=0.1)
    # Requests under way are answered before the process ends.
    server.server_close()
