"""What the figures say, in sentences for somebody who decides and does not compute.

Each sentence follows from a figure by a rule that is written here, so that two reports with the same figures
say the same. Where something was not measured, the sentence says that it was not, and never that all is well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from syncline.privacy.people_rule import TOO_FEW
from syncline.validation.report.names import percent, plain_name, stem

NEAR = 1.25
"""A figure up to so many times its floor is as good as that of another real sample: our choice."""

FAR = 3.0
"""A figure beyond so many times its floor is too far for more than trying programs: our choice."""

TOO_NEAR = 0.5
"""A figure under so many times its floor is as near as copies are: our choice."""

TOLD_APART = 0.6
"""From this area under the curve on a classifier tells synthetic rows from real ones: our choice."""

MATCHED_BY_CHANCE = 0.02
"""Rows of people who were not used may stand in a table by chance beyond what repeats in it: our choice."""

MOST_SHOWN = 3


@dataclass(frozen=True, slots=True)
class VerdictLine:
    """One question of the verdict; ``kind`` is good, mild or stop.

    The first line says it in short, unless the lines are ``listed`` as equals.
    """

    question: str
    kind: str
    lines: tuple[str, ...]
    listed: bool = False


def answers(d: Mapping[str, Any]) -> tuple[VerdictLine, VerdictLine, VerdictLine]:
    """Return the verdict: is it safe, is it useful, what must one not do."""
    return (
        _safe(d),
        _useful(d),
        VerdictLine("What must one not do with it?", "mild", _forbidden(d), listed=True),
    )


NOT_REQUIRED = "No disclosure gate was run: the study says gate: none, so nothing stopped this table."
"""What a report says first where no gate stood before the release."""


def is_required(gate: Mapping[str, Any]) -> bool:
    """Tell whether the gate stood before the release; else its tests are figures that stop nothing."""
    return gate.get("required") is not False


def gate_name(gate: Mapping[str, Any]) -> str:
    """Return what the tests are called that say whether a table gives people away."""
    return "the disclosure gate" if is_required(gate) else "the test that a gate would make"


def gate_line(gate: Mapping[str, Any]) -> str:
    """Return in one line what the gate says."""
    if not is_required(gate):
        return f"none was run, as the study says; its tests would say: {_said(gate)}"
    return _said(gate)


def _said(gate: Mapping[str, Any]) -> str:
    if gate["passed"]:
        blind = _blind(gate)
        return f"passes, with {' and '.join(blind)} blind" if blind else "passes"
    return f"{'FAILS' if is_failed(gate) else 'not judged'}: {gate['failures'][0]}"


def gate_lines(gate: Mapping[str, Any]) -> list[str]:
    """Return what the gate says, and below it what it could see and what else keeps it from passing."""
    below = [*gate["failures"][1:], *gate.get("words", ())]
    return [f"disclosure gate: {gate_line(gate)}", *(f"  {line}" for line in below)]


def _blind(gate: Mapping[str, Any]) -> list[str]:
    """Return the series of the gate that could not have failed."""
    return [series["name"] for series in gate.get("ladders", ()) if series["blind"]]


def is_failed(gate: Mapping[str, Any]) -> bool:
    """Tell a gate that fails from one that could only not judge."""
    return len(gate["failures"]) > len(gate.get("unjudged", ()))


def _safe(d: Mapping[str, Any]) -> VerdictLine:
    """Return what the gate says; where none was run, that first, and what its tests say behind it."""
    found = _judged(d)
    if is_required(d["gate"]):
        return found
    kind = "mild" if found.kind == "good" else found.kind
    return VerdictLine(found.question, kind, (NOT_REQUIRED, *found.lines))


def _judged(d: Mapping[str, Any]) -> VerdictLine:
    gate, question, name = d["gate"], "Is it safe to share?", gate_name(d["gate"])
    if gate["passed"] and _looser(gate):
        warning = "The disclosure gate passes, but by thresholds that are looser than the default ones."
        return VerdictLine(question, "mild", (warning, *_looser(gate), *list(_passed(d))[1:]))
    if gate["passed"] and _matched(d["metrics"]):
        return VerdictLine(question, "mild", (_matched(d["metrics"]), *_passed(d)))
    if gate["passed"]:
        return VerdictLine(question, "mild" if _blind(gate) else "good", tuple(_passed(d)))
    if not is_failed(gate):
        return VerdictLine(
            question,
            "mild",
            (
                "Not judged: treat this table like the real data until it has been.",
                *(f"The reason: {reason}." for reason in gate["failures"]),
                *gate.get("words", ()),
            ),
        )
    failed = [f"{failure}." for failure in gate["failures"]]
    more = len(failed) - MOST_SHOWN
    return VerdictLine(
        question,
        "stop",
        (
            f"No. {name[0].upper()}{name[1:]} FAILS: do not share this table.",
            "People whom it was made from are recognised in it more often than people who were not used, or"
            " a row stands in it again and again. Whoever holds it may learn things about real people.",
            *failed[:MOST_SHOWN],
            *([f"{more} more failures are listed under the disclosure gate."] if more > 0 else []),
        ),
    )


def _passed(d: Mapping[str, Any]) -> Iterator[str]:
    gate = d["gate"]
    name = gate_name(gate)
    yield f"{name[0].upper()}{name[1:]} passes: no leak was found. This is evidence, not proof."
    yield (
        "People whom the table was made from are not surely recognised in it more often than people who were"
        " not used, beyond what is tolerated."
    )
    yield from gate.get("words", ())
    known = [test["excess"] for test in gate.get("rungs") or [] if test["excess"] is not None]
    if known:
        yield (
            f"The largest excess of recognised people that is shown is {percent(max(*known, 0.0))} of those"
            " used; it is not surely beyond what is tolerated."
        )
    yield from _traces(d["metrics"])


def _matched(metrics: Mapping[str, Any]) -> str:
    """Say that rows of people who were not used stand in the table as well, as the gate cannot see."""
    exact = measured(metrics, "exact_matches")
    if exact is None or exact["floor"] is None or exact.get("floor_at_most"):
        return ""
    repeated = (exact.get("detail") or {}).get("repeated", 0.0)
    if exact["floor"] <= repeated + MATCHED_BY_CHANCE:
        return ""
    return (
        f"Look first: {percent(exact['floor'])} of the people who were not used have a row in the table, of"
        f" which only {percent(repeated)} repeat. Where their data leaked too, the gate cannot see any leak."
    )


def _traces(metrics: Mapping[str, Any]) -> Iterator[str]:
    """Say where used people differ from others in a figure that the gate does not judge."""
    near = measured(metrics, "nearer_to_train")
    if near and near["interval"] and near["interval"][0] > near["floor"]:
        yield (
            "A trace of learning: the table is surely a little nearer to people who were used than to others"
            f" ({percent(near['value'])} of the pairs, 50% were it not). Nobody is recognised by that alone."
        )
    for name, metric in metrics.items():
        limits = metric.get("interval")
        if stem(name) == "inferential" and metric["value"] is not None and limits and limits[0] > 0:
            yield (
                f"{plain_name(name).partition(': ')[2]} is surely guessed better from the keys of people who"
                f" were used than of others: {percent(metric['value'])} of what is left to guess"
                f" (from {percent(limits[0])} to {percent(limits[1])})."
            )


def _looser(gate: Mapping[str, Any]) -> list[str]:
    """Say where the study's thresholds are looser than the default ones."""
    usual = gate.get("defaults")
    if not usual:
        return []
    found = []
    if gate["alpha"] < usual["alpha"]:
        found.append(("alpha", "level, the chance of stopping a harmless table,"))
    if gate["tolerated"] > usual["tolerated"]:
        found.append(("tolerated", "tolerated share of recognisable people"))
    return [
        f"Its {words} is {percent(gate[name])}, looser than the default of {percent(usual[name])}."
        for name, words in found
    ]


def _useful(d: Mapping[str, Any]) -> VerdictLine:
    question, metrics = "Is it useful?", d["metrics"]
    pairs = measured(metrics, "tv_2way") or measured(metrics, "tv_1way")
    if pairs is None and hidden_figures(metrics):
        said = "Not shown: too few people would stand behind each figure. Compare with more people."
        return VerdictLine(question, "mild", (said, *_severe(d)))
    if pairs is None:
        return VerdictLine(
            question, "mild", ("Not measured: the table was not compared with real rows.", *_severe(d))
        )
    kind, short = _level(pairs, measured(metrics, "auc_holdout"))
    lost = list(_lost_models(metrics))
    lines = (short, *_severe(d), *lost, *_likeness(metrics), *_learning(metrics))
    return VerdictLine(question, "mild" if lost and kind == "good" else kind, lines)


def hidden_figures(metrics: Mapping[str, Any]) -> list[str]:
    """Return the names of figures that are not shown because they would rest on too few people."""
    return [name for name, metric in metrics.items() if metric.get("reason") == TOO_FEW]


def _level(pairs: Mapping[str, Any], auc: Mapping[str, Any] | None) -> tuple[str, str]:
    if not pairs["floor"]:
        return "mild", "Perhaps: no second real sample says how near a table of this size can be."
    ratio = pairs["value"] / pairs["floor"]
    if ratio < TOO_NEAR:
        return "mild", "It is much nearer to the real rows than other real rows are, as a copy would be."
    if ratio <= NEAR and (auc is None or auc["value"] < TOLD_APART):
        return "good", "Yes: on average it is as near to the real table as a second real sample would be."
    if ratio <= NEAR:
        return "mild", "Largely: columns and pairs are near, and a classifier sees finer differences."
    if ratio <= FAR:
        return "mild", "Partly: its overall shape is right, and fine details are not."
    return "stop", "Hardly: it is far from the real table. Use it for trying programs only."


def _severe(d: Mapping[str, Any]) -> list[str]:
    """Return the warning that suppliers' codings disagree, which no figure would show."""
    if not any(hazard["severe"] for hazard in d.get("hazards", ())):
        return []
    return ["Warning: codings of suppliers seem to disagree. Read the hazards before anything is computed."]


def _likeness(metrics: Mapping[str, Any]) -> Iterator[str]:
    pairs, auc = measured(metrics, "tv_2way"), measured(metrics, "auc_holdout")
    if pairs is not None:
        yield (
            f"Of the rows, {percent(pairs['value'])} would have to change for a pair of columns to agree with"
            f" the real table, on average; {beside_floor(pairs)}."
        )
    if auc is not None:
        telling = "can hardly tell" if auc["value"] < TOLD_APART else "can tell"
        yield f"A classifier {telling} its rows from real ones (area {auc['value']:.3f}; 0.5 is guessing)."


def _lost_models(metrics: Mapping[str, Any]) -> Iterator[str]:
    """Name the declared models of which the table says something else: what the study is for, most likely."""
    for name, metric in metrics.items():
        if stem(name) != "regression" or metric["value"] is None or not metric["floor"]:
            continue
        if metric["value"] < metric["floor"] / FAR:
            yield (
                f"Not for the model {name.partition(':')[2]}: its intervals overlap those of the real rows by"
                f" {percent(metric['value'])}, between two real samples {percent(metric['floor'])}."
            )


def _learning(metrics: Mapping[str, Any]) -> Iterator[str]:
    tstr = measured(metrics, "tstr")
    if tstr is not None:
        other = "" if tstr["floor"] is None else f"; one that learns from real rows {tstr['floor']:.3f}"
        yield (
            f"A prediction model that learns from it reaches an area of {tstr['value']:.3f} on real"
            f" people{other}."
        )


def _forbidden(d: Mapping[str, Any]) -> tuple[str, ...]:
    lines = [
        "Do not draw conclusions about any single person, or about groups of a few people.",
        "Do not try to find people in it, and do not link it with other records of people.",
        "Do not report a result from it as a finding about real people, and decide nothing about anybody by"
        " it, before the result was repeated on the real data.",
        "Do not count its rows as a sample: more synthetic rows are not more knowledge, and standard errors"
        " that are computed from them are too small.",
        "Do not call it anonymous because it is synthetic: whether it is, is a legal judgement about all the"
        " means of those who hold it. This page is evidence for that judgement.",
    ]
    if not d["gate"]["passed"]:
        lines.insert(0, f"Do not pass it on: {gate_name(d['gate'])} has not passed.")
    return tuple(lines)


def measured(metrics: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    """Return a figure that was computed, None where it was not."""
    metric = metrics.get(name)
    return metric if metric and metric["value"] is not None else None


def beside_floor(metric: Mapping[str, Any]) -> str:
    """Say how far two real samples are from each other."""
    if metric["floor"] is None:
        return "there is no second real sample to compare with"
    return f"two real samples are {percent(metric['floor'])} apart"
