"""A child as the hub sees one: a process around the fake protocol, with numbers as text in three rounds.

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
from syncline.protocols.fake import Deed, Fake, FakeReply, FakeState
from syncline.protocols.transition import Finish, PartyId
from tests.hub.fake_report import report

ROUNDS = 3
FAKE = Fake(ROUNDS)
EXPECTED = 5
CANDIDATE = "ca" * 32
DRAWN = {"holdout": 0.5, "salt_from": "a test", "salt_sha256": "5a" * 32, "hub_commitment": "cc" * 32}


SECRET = "/data/ann-smith.csv holds MRN4711"
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
            begun = FAKE.start((PartyId("north"),))
            return {"done": False, "stage": begun.stage, "round": 0}, [b"0", _request(0)]
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
    number = header["round"]
    answered = {party: _reply(number, reply) for party, reply in zip(header["parties"], replies, strict=True)}
    transition = FAKE.step(FakeState(number, int(state)), answered, frozenset())
    hazards = _hazards(number + 1)
    if isinstance(transition, Finish):
        return {"done": True, "stage": "sample", "hazards": hazards}, [str(transition.result).encode()]
    after = transition.state
    answer = {"done": False, "stage": transition.stage, "round": after.round}
    total = str(after.total).encode()
    return {**answer, "hazards": hazards, "expected": EXPECTED}, [total, _request(after.round)]


def _reply(number, content):
    """Return what stands on the first line of a reply: a number, or what it makes the hub's half do."""
    word = content.split(b"\n")[0].decode()
    if word in (Deed.LIE, Deed.FAIL):
        return FakeReply(number, deed=Deed(word))
    return FakeReply(number, int(word))


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
