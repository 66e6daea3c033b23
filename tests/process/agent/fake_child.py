"""A computing child without data: adds integers, and misbehaves when the request asks it to.

Every reply holds fresh random bytes, so that an answer that was computed twice is seen to differ.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import time
from pathlib import Path

from syncline.compute.serve import serve
from syncline.errors import DataError, PolicyRefusal
from syncline.protocols.fake import FakeMemory, FakeRequest, FakeSupplier

SECRET = "/data/ann-smith.csv holds MRN4711"
DEFECTS = {
    type(one).__name__: one
    for one in (
        TypeError(SECRET),
        KeyError(SECRET),
        OSError(5, SECRET),
        MemoryError(),
        ArithmeticError(SECRET),
    )
}


def respond(header, blobs):
    spec, request, memory, *_ = blobs
    asked = json.loads(request.split(b"\n", 1)[0])
    if isinstance(asked, int):
        return answer_number(asked, memory)
    json.loads(spec)
    mark = Path(asked["mark"]) if "mark" in asked else None
    if mark is not None:
        with mark.open("a") as file:
            file.write("called\n")
    if asked.get("die_until") and len(mark.read_text().splitlines()) < asked["die_until"]:
        os.kill(os.getpid(), signal.SIGKILL)
    if "sleep" in asked:
        time.sleep(asked["sleep"])
    if "raise" in asked:
        raise DEFECTS[asked["raise"]]
    if asked.get("refuse") == "policy":
        raise PolicyRefusal("questions: questions of kind 'marginals' are not answered")
    if asked.get("refuse_until") and len(mark.read_text().splitlines()) < asked["refuse_until"]:
        raise DataError("/data/heart.csv: has no column 'age'", public="it has no column 'age'")
    if asked.get("refuse") == "data":
        raise DataError(
            "/data/heart.csv: has no column 'age'; did you mean MRN4711?", public="it has no column 'age'"
        )
    if asked.get("refuse") == "unreadable":
        raise DataError("/data/heart.csv: columns 1 and 2 are both called 'MRN4711'")
    total = asked["add"] + (json.loads(memory)["total"] if memory else 0)
    reply = {
        "total": total,
        "nonce": secrets.token_hex(8),
        "source": header["source"],
        "min_cell": header["policy"]["min_cell"],
        "flow": header.get("flow"),
    }
    body = json.dumps(reply).encode() + b"\n" + bytes(asked.get("reply_bytes", 0))
    questions = [{"kind": "marginals", "columns": ["age"], "cells": 7}]
    told = {"questions": questions, "forget_request": asked.get("forget", False)}
    return told, [body, json.dumps({"total": total}).encode()]


def answer_number(number, memory):
    """Answer the hub's fake child: a number on the first line, then what only this very answer has."""
    time.sleep(float(os.environ.get("FAKE_CHILD_SECONDS", "0")))
    filler = bytes(int(os.environ.get("FAKE_CHILD_REPLY_BYTES", "0")))
    seen = json.loads(memory)["rounds"] if memory else []
    reply, after = FakeSupplier().respond(FakeRequest(number), 1, FakeMemory(tuple(seen)))
    nonce = secrets.token_hex(8).encode()
    return {"questions": []}, [
        b"%d\n%s" % (reply.number, nonce) + filler,
        json.dumps({"rounds": after.rounds}).encode(),
    ]


if __name__ == "__main__":
    serve(respond)
