"""What can go wrong, as exceptions. All of them are a NiyantaError."""

from __future__ import annotations

from typing import Any, Mapping


class NiyantaError(Exception):
    """Base of all errors of this package."""


class Unreachable(NiyantaError):
    """The server could not be reached, or broke off, for as long as it was tried again."""


class ApiError(NiyantaError):
    """The server refused a request (RFC 9457). `code` is stable and for programs, `hint` says what to do next."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        self.status = status
        self.code = str(problem.get("code", "unknown"))
        self.detail = str(problem.get("detail") or problem.get("title") or f"HTTP {status}")
        self.hint = problem.get("hint")
        self.errors = list(problem.get("errors") or [])
        self.request_id = problem.get("requestId")
        super().__init__(f"{self.detail} ({self.code}, HTTP {status})")


class WorkloadFailed(NiyantaError):
    """A workload that was waited for ended, and did not succeed. `workload` is as the API has it."""

    def __init__(self, workload: Mapping[str, Any]) -> None:
        self.workload = workload
        reason = workload.get("reason")
        super().__init__(f"workload {workload['id']} is {workload['state']}" + (f": {reason}" if reason else ""))
