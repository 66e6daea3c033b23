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
from syncline.protocols.fake import Fake, FakeDeed, FakeReply, FakeState
from syncline.protocols.opening import COMMITMENT_BYTES
from syncline.protocols.transition import Finish, PartyId
from tests.process.hub.fake_report import report
from trusted_party.synthesis.calls import StepInput, kept_of_call

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
    match header["op"]:
        case "start":
            _fail_at("start")
            assert {len(told) for told in header["commitments"].values()} <= {2 * COMMITMENT_BYTES}
            assert len(blobs[1]) == 16
            begun = FAKE.start((PartyId("north"),))
            return _told({"done": False, "stage": begun.stage, "round": 0}, state=b"0", request=_request(0))
        case "step":
            return _step(StepInput.of(header, blobs[1:]), header["round"], json.loads(blobs[0]))
        case "release":
            _fail_at("release")
            return _release(header, kept_of_call(header, blobs[1:]))


def _fail_at(point):
    """Fail in the way that the environment asks for, where it asks for it here."""
    if os.environ.get("FAKE_CHILD_DEFECT") == point:
        raise DEFECTS[os.environ["FAKE_CHILD_RAISES"]]


def _told_apart():
    """Return who is asked by itself."""
    return [name for name in os.environ.get("FAKE_CHILD_ASKS_ALONE", "").split() if name]


def _told(header, **new):
    """Return an answer, and what is new to be kept."""
    return {**header, "kept": list(new)}, list(new.values())


def _step(given, number, spec):
    assert given.shipments == {}
    assert given.request.startswith(b"%d" % number)
    opens, compares = "draw" not in given.kept, "result" in given.kept
    _fail_at("open" if opens else "compare" if compares else "step")
    if b"hang" in given.replies.values():
        time.sleep(3600)
    if compares:
        return _told({"done": True, "stage": "assessed"}, assessment=b"{}")
    answered = {party: _reply(number, reply) for party, reply in given.replies.items()}
    transition = FAKE.step(FakeState(number, int(given.kept["state"])), answered, frozenset())
    told = {"hazards": _hazards(number + 1)}
    if isinstance(transition, Finish):
        made = {"result": str(transition.result).encode(), "seed": given.kept["seed"]}
        if spec["validation"] == "none":
            return _told({"done": True, "stage": "sample", **told}, **made)
        _fail_at("draw")
        told |= {"done": False, "stage": "compare", "round": number + 1, "candidate": CANDIDATE}
        return _told(told, state=b"0", request=_request(number + 1), **made)
    after = transition.state
    told |= {"done": False, "stage": transition.stage, "round": after.round, "expected": EXPECTED}
    new = {"state": str(after.total).encode(), "request": _request(after.round)}
    new |= {f"request for {name}": _request(after.round) + f"\nfor {name}".encode() for name in _told_apart()}
    return _told({**told, "drawn": DRAWN}, **new, draw=b"draw") if opens else _told(told, **new)


def _reply(number, content):
    """Return what stands on the first line of a reply: a number, or what it makes the hub's half do."""
    word = content.split(b"\n")[0].decode()
    if word in (FakeDeed.LIE, FakeDeed.FAIL):
        return FakeReply(number, deed=FakeDeed(word))
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


def _release(header, kept):
    assert kept["draw"] == b"draw"
    out = Path(header["out"])
    (out / "synthetic.parquet").write_bytes(kept["result"])
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
