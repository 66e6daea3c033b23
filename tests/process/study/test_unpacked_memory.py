"""Rows that would fill the memory are refused before they fill it."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pyarrow as pa

from tests.unit.study.test_shipment import sent

_UNPACK = """
import resource, sys
from tests.unit.study import test_shipment as here
from syncline.compute.work_limits import WorkLimits
from syncline.errors import WorkLimitReached
content = sys.stdin.buffer.read()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    here.unpacked(content, limits=WorkLimits(memory_bytes=64 << 20))
except WorkLimitReached as error:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, error)
"""


def test_what_unpacks_to_too_much_is_refused_before_it_is_unpacked():
    bomb = sent(pa.array(np.zeros(1 << 25)), compression="zstd")
    assert len(bomb) < 1 << 18
    done = subprocess.run(
        [sys.executable, "-c", _UNPACK], input=bomb, capture_output=True, check=True, timeout=100
    )
    grown, _, sentence = done.stdout.decode().partition(" ")
    assert "more than its 64 MiB of memory" in sentence
    assert int(grown) < 64 << 10, "KiB, of 256 MiB"
