"""Requests over HTTP, tried again where that is safe."""

from __future__ import annotations

import http.client
import json
import random
import time
from typing import Any, Callable, Iterator, Mapping, Optional, Tuple, TypeVar
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import HTTPRedirectHandler, OpenerDirector, Request, build_opener

from .errors import ApiError, Unreachable

T = TypeVar("T")

#: Busy, or something behind the server is away: the same request may go through later.
_TRANSIENT = {429, 502, 503, 504}
_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 5.0


class _NoRedirects(HTTPRedirectHandler):
    """A redirect would carry the key to another host."""

    def redirect_request(self, *_: Any) -> None:
        return None


def path_of(*parts: str) -> str:
    """A path below /v1; each part is quoted, slashes too."""
    return "/v1/" + "/".join(quote(part, safe="") for part in parts)


class Transport:
    """Asks one server with one key. The key goes into a header and nowhere else."""

    def __init__(self, server: str, key: str, timeout: float, retry_for: float) -> None:
        self._server = server.rstrip("/")
        self._key = key
        self._timeout = timeout
        self._retry_for = retry_for
        self._opener: OpenerDirector = build_opener(_NoRedirects)

    def json(self, method: str, path: str, **asked: Any) -> Any:
        """The answer's content. Only requests that may be sent twice are given to it; arguments as of `open`."""

        def ask() -> bytes:
            with self._opener.open(self._request(method, path, **asked), timeout=self._timeout) as answer:
                return answer.read()

        text = self._retrying(ask)
        return json.loads(text) if text else None

    def open(self, method: str, path: str, **asked: Any) -> Any:
        """
        An answer whose body is still to be read. query=, body= (sent as JSON), headers=.
        Errors: ApiError; Unreachable after `retry_for` seconds.
        """
        return self._retrying(lambda: self._opener.open(self._request(method, path, **asked), timeout=self._timeout))

    def _retrying(self, ask: Callable[[], T]) -> T:
        deadline = time.monotonic() + self._retry_for
        pause = _FIRST_PAUSE
        while True:
            try:
                return ask()
            except HTTPError as error:
                problem, wait = _problem_of(error)
                if error.code not in _TRANSIENT or time.monotonic() + wait > deadline:
                    raise ApiError(error.code, problem) from None
            except (OSError, http.client.HTTPException) as error:
                wait = 0.0
                if time.monotonic() > deadline:
                    reason = getattr(error, "reason", error)
                    raise Unreachable(f"{self._server} is not reached: {reason}") from error
            time.sleep(max(wait, pause * (0.5 + random.random())))
            pause = min(pause * 2, _LONGEST_PAUSE)

    def _request(
        self,
        method: str,
        path: str,
        query: Optional[Mapping[str, Any]] = None,
        body: Any = None,
        headers: Optional[Mapping[str, str]] = None,
    ) -> Request:
        asked = urlencode(list(_pairs(query or {})))
        request = Request(f"{self._server}{path}{'?' + asked if asked else ''}", method=method)
        request.add_header("Authorization", f"Bearer {self._key}")
        request.add_header("User-Agent", "niyanta-python/0.1.0")
        for name, value in (headers or {}).items():
            request.add_header(name, value)
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        return request


def _pairs(query: Mapping[str, Any]) -> Iterator[Tuple[str, Any]]:
    for name, value in query.items():
        if isinstance(value, (list, tuple)):
            for item in value:
                yield name, item
        elif value is not None:
            yield name, value


def _problem_of(error: HTTPError) -> Tuple[Mapping[str, Any], float]:
    """The problem that an answer tells, and how many seconds it asks to wait."""
    try:
        problem = json.loads(error.read())
    except (ValueError, OSError, http.client.HTTPException):
        problem = {}
    finally:
        error.close()
    try:
        wait = float(error.headers.get("Retry-After", "0"))
    except ValueError:
        wait = 0.0
    return (problem if isinstance(problem, dict) else {}), wait
