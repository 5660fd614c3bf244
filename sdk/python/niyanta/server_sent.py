"""Server-sent events (WHATWG HTML, section 9.2)."""

from __future__ import annotations

import json
from typing import Any, Iterable, Iterator, List, NamedTuple, Optional


class Message(NamedTuple):
    event: str
    data: str
    id: Optional[str]

    def json(self) -> Any:
        return json.loads(self.data)


def messages(lines: Iterable[bytes]) -> Iterator[Message]:
    """Messages of a stream of lines; one that is cut off in the middle is not told. Comments are left out."""
    event, id = "message", None
    data: List[str] = []
    for raw in lines:
        line = raw.decode("utf-8", "replace").rstrip("\r\n")
        if line == "":
            if data:
                yield Message(event, "\n".join(data), id)
            event, data = "message", []
            continue
        if line.startswith(":"):
            continue
        field, _, value = line.partition(":")
        value = value[1:] if value.startswith(" ") else value
        if field == "event":
            event = value
        elif field == "data":
            data.append(value)
        elif field == "id" and "\0" not in value:
            id = value
