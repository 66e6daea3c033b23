"""A child as the hub sees one: in each of three rounds a reply is an integer; the result is their sum.

The first of them stands for the opening round: what follows from it is kept as what the salt was drawn from.
Where the study compares its table, one more round does.
"""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

from syncline.compute.serve import serve
from syncline.errors import Contradiction, StudyFailed
from tests.hub.fake_report import report

ROUNDS = 3
EXPECTED = 5
CANDIDATE = "ca" * 32
DRAWN = {"holdout": 0.5, "salt_from": "a test", "salt_sha256": "5a" * 32, "hub_commitment": "cc" * 32}


SECRET = "/data/ann-smith.csv holds 4711"
DEFECTS = {
    type(one).__name__: one
    for one in (
        TypeError(SECRET),
        KeyError(SECRET),
        IndexError(SECRET),
        ZeroDivisionError(SECRET),
        OSError(5, SECRET),
        AssertionError(SECRET),
        RecursionError(SECRET),
        UnicodeDecodeError("utf-8", SECRET.encode(), 0, 1, SECRET),
        StopIteration(SECRET),
        NotImplementedError(SECRET),
    )
}


def handle(header, blobs):
    """Answer one call of the hub."""
    crash = os.environ.get("FAKE_CHILD_DIES_ONCE")
    if crash and not Path(crash).exists():
        Path(crash).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    defect = os.environ.get("FAKE_CHILD_DEFECT")
    if defect == header["op"]:
        raise DEFECTS[os.environ["FAKE_CHILD_RAISES"]]
    match header["op"]:
        case "start":
            assert all(len(bytes.fromhex(sha256)) == 32 for sha256 in header["commitments"].values())
            assert len(blobs[1]) == 16
            return {"done": False, "stage": "open", "round": 0}, [b"0", _request(0)]
        case "open":
            spec, state, *replies, request = blobs
            answer, given = _step({**header, "rows": [], "round": 0}, [spec, b"", state, *replies, request])
            return {**answer, "drawn": DRAWN}, [*given, b"draw"]
        case "step":
            assert blobs[1] == b"draw"
            return _step(header, blobs)
        case "compare":
            number = header["round"]
            answer = {"done": False, "stage": "compare", "round": number, "candidate": CANDIDATE}
            return answer, [b"0", _request(number)]
        case "compare_step":
            return {"done": True, "stage": "assessed"}, [b"{}"]
        case "release":
            return _release(header, blobs)


def _step(header, blobs):
    _, _, state, *replies, request = blobs
    assert len(replies) == len(header["parties"])
    assert header["rows"] == []
    assert request.startswith(b"%d" % header["round"])
    if b"hang" in replies:
        time.sleep(3600)
    if b"lie" in replies:
        liar = header["parties"][replies.index(b"lie")]
        raise Contradiction(
            f"supplier {liar!r} contradicted itself in round {header['round']} (tree_level): a test said so",
            public=f"the answers of supplier {liar!r} cannot be used",
        )
    if b"fail" in replies:
        raise StudyFailed("the study cannot go on: a test said so")
    total = int(state) + sum(int(reply.split(b"\n")[0]) for reply in replies)
    following = header["round"] + 1
    hazards = _hazards(following)
    if following == ROUNDS:
        return {"done": True, "stage": "sample", "hazards": hazards}, [str(total).encode()]
    answer = {"done": False, "stage": "fit", "round": following, "hazards": hazards, "expected": EXPECTED}
    return answer, [str(total).encode(), _request(following)]


def _hazards(following):
    """Return the severe hazards that are known after so many rounds: one each, but for the opening round."""
    if not os.environ.get("FAKE_CHILD_HAZARDS"):
        return []
    return [
        {"kind": "units", "suppliers": ["north"], "column": f"c{place}", "words": f"column c{place} differs"}
        for place in range(following - 1)
    ]


def _request(number):
    if os.environ.get("FAKE_CHILD_BIG_REQUESTS"):
        return b"%d\n" % number + bytes(2_500_000)
    return b"%d" % number


def _release(header, blobs):
    _, _, result, _, *_ = blobs
    out = Path(header["out"])
    (out / "synthetic.parquet").write_bytes(result)
    if os.environ.get("FAKE_CHILD_RELEASES_FOR_EVER"):
        time.sleep(3600)
    reported = _gate(os.environ.get("FAKE_CHILD_REPORTED_GATE", os.environ.get("FAKE_CHILD_GATE")))
    told = report(header["provenance"], reported, os.environ.get("FAKE_CHILD_REPORTS", ""))
    (out / "report.json").write_text(json.dumps(told))
    page = os.environ.get("FAKE_CHILD_PAGE")
    if page is not None:
        (out / "report.html").write_text(page)
    return {
        "files": sorted(path.name for path in out.iterdir()),
        "content_sha256": {"synthetic.parquet": "ab" * 32},
        "gate": _gate(os.environ.get("FAKE_CHILD_GATE")),
    }, []


def _gate(said):
    """Return what the disclosure gate said: nothing, unless it is passed or failed."""
    if said is None:
        return None
    failures = ["xgap: 50 persons who were used and 2 who were not are recognised"]
    words = ["A leak of fewer than 18 of these 669 people (2.69%) would not be seen."]
    return {"passed": said == "passed", "failures": [] if said == "passed" else failures, "words": words}


if __name__ == "__main__":
    serve(handle)
