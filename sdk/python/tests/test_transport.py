"""Against a server of this test that misbehaves on purpose; the real one is in test_coordinator.py."""

import http.server
import json
import os
import tempfile
import threading
import unittest

from niyanta import ApiError, Client, Unreachable


class Misbehaving(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, answers):
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers = list(answers)
        self.asked = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server_port}"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        self.server.asked.append((self.command, self.path, self.headers))
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status, headers, body = self.server.answers.pop(0)
        if status is None:
            self.close_connection = True
            return
        self.send_response(status)
        headers = {"Content-Length": str(len(body)), **headers}
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    do_GET = do_POST = answer

    def log_message(self, *_):
        pass


def ok(content):
    return 200, {}, json.dumps(content).encode()


class Transport(unittest.TestCase):
    def serve(self, *answers, **options):
        server = Misbehaving(answers)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return server, Client(server.address, "nyk_test_key", **options)

    def test_a_submission_that_broke_off_is_sent_again_with_the_same_idempotency_key(self):
        accepted = {"id": "a", "seq": 1, "doubled": False}
        server, client = self.serve((None, {}, b""), (503, {}, b"{}"), ok(accepted))
        self.assertEqual(client.submit({"name": "x"}), accepted)
        keys = {headers["Idempotency-Key"] for _, _, headers in server.asked}
        self.assertEqual((len(server.asked), len(keys)), (3, 1))

    def test_an_answer_that_is_cut_short_is_asked_for_again(self):
        server, client = self.serve((200, {"Content-Length": "100"}, b'{"id"'), ok({"id": "a"}))
        self.assertEqual(client.workload("a"), {"id": "a"})

    def test_a_refusal_is_told_as_the_server_says_it_and_not_repeated(self):
        problem = {"detail": "no such workload", "code": "not-found", "requestId": "r1"}
        server, client = self.serve((404, {}, json.dumps(problem).encode()))
        with self.assertRaises(ApiError) as caught:
            client.workload("a")
        error = caught.exception
        self.assertEqual((error.status, error.code, error.request_id), (404, "not-found", "r1"))
        self.assertEqual(len(server.asked), 1)

    def test_a_pause_that_is_longer_than_there_is_patience_is_not_waited_for(self):
        _, client = self.serve((429, {"Retry-After": "60"}, b'{"code": "rate-limited"}'), retry_for=5)
        with self.assertRaises(ApiError) as caught:
            client.workload("a")
        self.assertEqual(caught.exception.code, "rate-limited")

    def test_a_redirect_does_not_carry_the_key_away(self):
        server, client = self.serve((302, {"Location": "http://127.0.0.1:1/"}, b""))
        with self.assertRaises(ApiError):
            client.workload("a")
        self.assertEqual(len(server.asked), 1)

    def test_nobody_there(self):
        client = Client("http://127.0.0.1:1", "nyk_test_key", retry_for=0)
        with self.assertRaises(Unreachable) as caught:
            client.workload("a")
        self.assertNotIn("nyk_", str(caught.exception))

    def test_ids_and_paths_are_quoted(self):
        server, client = self.serve(ok({"id": "a"}))
        client.workload("../keys?x=1")
        self.assertEqual(server.asked[0][1], "/v1/workloads/..%2Fkeys%3Fx%3D1")

    def test_a_stream_that_is_cut_off_goes_on_after_the_last_line(self):
        line = b'id: %d\nevent: line\ndata: {"text": "%d"}\n\n'
        end = b'event: end\ndata: {"state": "SUCCEEDED"}\n\n'
        stream = {"Content-Type": "text/event-stream"}
        first = {**stream, "Content-Length": "9999"}
        server, client = self.serve((200, first, line % (1, 1)), (200, stream, line % (2, 2) + end))
        self.assertEqual([one["text"] for one in client.follow("a")], ["1", "2"])
        self.assertEqual(server.asked[1][2]["Last-Event-ID"], "1")

    def test_a_download_that_is_cut_short_leaves_no_file(self):
        _, client = self.serve((200, {"Content-Length": "100"}, b"half"))
        with tempfile.TemporaryDirectory() as folder:
            with self.assertRaises(Unreachable):
                client.download_checkpoint("a", 1, os.path.join(folder, "c.tar"))
            self.assertEqual(os.listdir(folder), [])


if __name__ == "__main__":
    unittest.main()
