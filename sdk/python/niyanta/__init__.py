"""Client of niyanta's coordinator: submit workloads, wait for them, follow their logs, fetch their checkpoints."""

from .client import ENDED, Client
from .errors import ApiError, NiyantaError, Unreachable, WorkloadFailed

__all__ = ["ENDED", "ApiError", "Client", "NiyantaError", "Unreachable", "WorkloadFailed"]
