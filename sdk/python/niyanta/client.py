"""The coordinator's API as methods. Workloads and answers are dictionaries with the keys of the API."""

from __future__ import annotations

import base64
import http.client
import os
import shutil
import time
import uuid
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence

from .errors import NiyantaError, Unreachable, WorkloadFailed
from .server_sent import messages
from .transport import Transport, path_of

#: States that a workload does not leave by itself.
ENDED = frozenset({"SUCCEEDED", "FAILED", "CANCELLED"})

_SHORTEST_LOOK = 0.05
_LONGEST_LOOK = 2.0

Json = Dict[str, Any]


class Client:
    """
    Asks one coordinator.

    server: its address; NIYANTA_SERVER when not given.
    key: an API key; NIYANTA_API_KEY when not given.
    timeout: seconds without a byte after which a request is given up.
    retry_for: seconds for which a busy or unreachable server is asked again.
    """

    def __init__(
        self,
        server: Optional[str] = None,
        key: Optional[str] = None,
        *,
        timeout: float = 60.0,
        retry_for: float = 30.0,
    ) -> None:
        server = server or os.environ.get("NIYANTA_SERVER")
        key = key or os.environ.get("NIYANTA_API_KEY")
        if not server:
            raise NiyantaError("no server: give Client(server=...) or set NIYANTA_SERVER")
        if not key:
            raise NiyantaError("no API key: give Client(key=...) or set NIYANTA_API_KEY")
        self._transport = Transport(server, key, timeout, retry_for)

    # Submitting

    def submit(
        self,
        workload: Mapping[str, Any],
        *,
        inputs: Optional[Mapping[str, bytes]] = None,
        idempotency_key: Optional[str] = None,
        customer: Optional[str] = None,
        **more: Any,
    ) -> Json:
        """
        Submits a workload; durable when it returns. `inputs`: content by path in the container.
        `more`: other keys of a submission (`after`, `notBefore`). Returns {"id", "seq", "doubled"}.
        """
        body = {"workload": dict(workload), **more}
        if inputs is not None:
            body["inputs"] = {path: base64.b64encode(content).decode() for path, content in inputs.items()}
        return self._post(path_of("workloads"), body, customer, idempotency_key or str(uuid.uuid4()))

    def submit_batch(
        self,
        workloads: Sequence[Mapping[str, Any]],
        *,
        idempotency_key: Optional[str] = None,
        customer: Optional[str] = None,
    ) -> Json:
        """Submits all of them or none, in their order. Each is a submission: {"workload": {...}, "after": [...]}."""
        body = {"workloads": [dict(one) for one in workloads]}
        return self._post(path_of("workloads", "batch"), body, customer, idempotency_key or str(uuid.uuid4()))

    # Looking

    def workload(self, id: str) -> Json:
        return self._get("workloads", id)

    def workloads(self, *, label: Optional[Mapping[str, str]] = None, **filters: Any) -> Iterator[Json]:
        """All that the filters leave, newest first: state=["RUNNING"], name=, version=, batch=, schedule=, worker=."""
        query: Json = {**filters, "label": [f"{name}={value}" for name, value in (label or {}).items()]}
        if isinstance(query.get("state"), (list, tuple)):
            query["state"] = ",".join(query["state"])
        while True:
            page = self._transport.json("GET", path_of("workloads"), query=query)
            yield from page["items"]
            if not page.get("next"):
                return
            query["after"] = page["next"]

    def why(self, id: str) -> Json:
        """Why it is where it is: {"state", "text", "waits", "rejected"}."""
        return self._get("workloads", id, "why")

    def attempts(self, id: str) -> List[Json]:
        return self._get("workloads", id, "attempts")["items"]

    def result(self, id: str) -> Json:
        return self._get("workloads", id, "result")

    def output(self, id: str, path: str, file: str) -> None:
        """Downloads a file that the workload left."""
        self._download(path_of("workloads", id, "outputs", path), file)

    # Waiting

    def wait(self, id: str, *, timeout: Optional[float] = None, check: bool = True) -> Json:
        """
        Returns the workload when it has ended. Errors: TimeoutError after `timeout` seconds; with `check`
        WorkloadFailed when it ended in another way than by success.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        pause = _SHORTEST_LOOK
        while True:
            workload = self.workload(id)
            if workload["state"] in ENDED:
                if check and workload["state"] != "SUCCEEDED":
                    raise WorkloadFailed(workload)
                return workload
            if deadline is not None and time.monotonic() >= deadline:
                raise TimeoutError(f"workload {id} is {workload['state']} after {timeout:g} s")
            left = pause if deadline is None else min(pause, max(deadline - time.monotonic(), 0))
            time.sleep(left)
            pause = min(pause * 1.5, _LONGEST_LOOK)

    # Logs

    def logs(self, id: str, *, attempt: Optional[int] = None) -> Iterator[Json]:
        """The lines so far: {"id", "at", "stream", "text", "attempt"}."""
        after: Optional[str] = None
        while True:
            query = {"attempt": attempt, "after": after}
            page = self._transport.json("GET", path_of("workloads", id, "logs"), query=query)
            yield from page["items"]
            if not page["items"]:
                return
            after = page.get("next")

    def follow(self, id: str, *, attempt: Optional[int] = None) -> Iterator[Json]:
        """Lines as they come, until the workload has ended. One that is cut off goes on after the last line."""
        last: Optional[str] = None
        while True:
            headers = {"Accept": "text/event-stream", **({"Last-Event-ID": last} if last else {})}
            path = path_of("workloads", id, "logs")
            with self._transport.open("GET", path, query={"attempt": attempt}, headers=headers) as answer:
                try:
                    for message in messages(answer):
                        if message.event == "line":
                            last = message.id or last
                            yield message.json()
                        elif message.event == "end":
                            return
                        elif message.event == "stop":
                            break
                except (OSError, http.client.HTTPException):
                    pass  # cut off: asked again below
            time.sleep(_SHORTEST_LOOK)

    # Checkpoints

    def take_checkpoint(self, id: str) -> Json:
        """Has a running workload write a checkpoint; returns it when it is stored."""
        return self._transport.json("POST", path_of("workloads", id, "checkpoint"))

    def checkpoints(self, id: str) -> List[Json]:
        """Newest first."""
        return self._get("workloads", id, "checkpoints")["items"]

    def download_checkpoint(self, id: str, number: int, file: str) -> None:
        """Its files, checked by the server against their checksums, as a tar."""
        self._download(path_of("workloads", id, "checkpoints", str(number)), file)

    # Wishes

    def cancel(self, id: str) -> Json:
        return self._wish(id, "cancel")

    def pause(self, id: str) -> Json:
        return self._wish(id, "pause")

    def resume(self, id: str) -> Json:
        return self._wish(id, "resume")

    def retry(self, id: str) -> Json:
        return self._wish(id, "retry")

    def _wish(self, id: str, wish: str) -> Json:
        return self._transport.json("POST", path_of("workloads", id, wish))

    def _get(self, *parts: str) -> Json:
        return self._transport.json("GET", path_of(*parts))

    def _post(self, path: str, body: Any, customer: Optional[str], key: str) -> Json:
        headers = {"Idempotency-Key": key}
        return self._transport.json("POST", path, query={"customer": customer}, body=body, headers=headers)

    def _download(self, path: str, file: str) -> None:
        # Under another name until it is whole.
        part = f"{file}.part"
        try:
            with self._transport.open("GET", path) as answer, open(part, "wb") as sink:
                try:
                    shutil.copyfileobj(answer, sink)
                except (OSError, http.client.HTTPException) as error:
                    raise Unreachable(f"the server broke off: {error}") from error
                if answer.length:
                    raise Unreachable(f"the server broke off: {answer.length} bytes are missing")
            os.replace(part, file)
        finally:
            if os.path.exists(part):
                os.unlink(part)
