"""A child for the tests: it echoes, fails in every way, computes for ever or dies."""

from __future__ import annotations

import os
import resource
import sys
import time
import warnings
from collections.abc import Sequence

import numpy
import pyarrow

from syncline.compute.frames import Header, Json
from syncline.compute.serve import log_event, serve
from syncline.errors import DataError

SECRET = "patient-4711"


class MissingColumn(DataError):
    """An error of a room of its own, below one of the catalogue."""


def handle(header: dict[str, Json], blobs: list[bytes]) -> tuple[Header, Sequence[bytes]]:
    match header["op"]:
        case "echo":
            return {"echo": header, "args": sys.argv[1:]}, blobs
        case "environment":
            return {"threads": os.environ.get("OMP_NUM_THREADS"), "extra": os.environ.get("EXTRA")}, []
        case "make an array":
            pyarrow.array([1, 2])
            return {"pandas": "pandas" in sys.modules}, []
        case "talk":
            print(SECRET)
            warnings.warn(SECRET, stacklevel=1)
            sys.stderr.write("x" * 3_000_000 + "\n")
            log_event("progress", rounds=3)
            return {}, []
        case "data error":
            raise MissingColumn("column 'age': it is not in the table", public="it has no column 'age'")
        case "defect":
            raise KeyError(SECRET)
        case "no JSON":
            return {"value": {1, 2}}, []  # type: ignore[dict-item]
        case "allocate":
            return {}, [bytes(2 << 30)]
        case "allocate in numpy":
            numpy.zeros(4 << 30, numpy.uint8).sum()
        case "allocate in Arrow":
            pyarrow.allocate_buffer(4 << 30)
        case "hide want of memory":
            try:
                pyarrow.allocate_buffer(4 << 30)
            except pyarrow.ArrowException:
                raise DataError("the file is damaged") from None
        case "compute":
            until = time.process_time() + float(str(header["seconds"]))
            while time.process_time() < until:
                pass
        case "compute in C":
            pow(3, 1 << 40)
        case "core limit":
            return {"core": list(resource.getrlimit(resource.RLIMIT_CORE))}, []
        case "sleep":
            time.sleep(60)
        case "exit":
            os._exit(3)
        case "print a frame":
            os.write(1, b"\x00" * 64)
            return {}, []
    return {}, []


if __name__ == "__main__":
    serve(handle)
