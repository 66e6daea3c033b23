"""What the figures say, in sentences for somebody who decides and does not compute.

Each sentence follows from a figure by a rule that is written here, so that two reports with the same figures
say the same. Where something was not measured, the sentence says that it was not, and never that all is well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from syncline.validation.report.names import percent, plain_name, stem

NEAR = 1.25
"""A figure up to so many times its floor is as good as that of another real sample: our choice."""

FAR = 3.0
"""A figure beyond so many times its floor is too far for more than trying programs: our choice."""

TOO_NEAR = 0.5
"""A figure under so many times its floor is as near as copies are: our choice."""

TOLD_APART = 0.6
"""From this area under the curve on a classifier tells synthetic rows from real ones: our choice."""

AS_GOOD = 0.02
"""A model that learns from synthetic rows is as good within so much area under the curve: our choice."""

MATCHED_BY_CHANCE = 0.02
"""Rows of people who were not used may stand in a table by chance beyond what repeats in it: our choice."""

WORSE_BY = 0.05
"""An area under the curve that is so much less than its floor is worth a word: our choice."""

_MOST_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Answer:
    """One question of the verdict; ``kind`` is good, mild or stop.

    The first line says it in short, unless the lines are ``listed`` as equals.
    """

    question: str
    kind: str
    lines: tuple[str, ...]
    listed: bool = False


def answers(d: Mapping[str, Any]) -> tuple[Answer, Answer, Answer]:
    """Return the verdict: is it safe, is it useful, what must one not do."""
    return _safe(d), _useful(d), Answer("What must one not do with it?", "mild", _forbidden(d), listed=True)


def gate_line(gate: Mapping[str, Any]) -> str:
    """Return in one line what the gate says."""
    if gate["passed"]:
        return "passes"
    return f"{'FAILS' if is_failed(gate) else 'not judged'}: {gate['failures'][0]}"


def is_failed(gate: Mapping[str, Any]) -> bool:
    """Tell a gate that fails from one that could only not judge."""
    return len(gate["failures"]) > len(gate.get("unjudged", ()))


def _safe(d: Mapping[str, Any]) -> Answer:
    gate, question = d["gate"], "Is it safe to share?"
    if gate["passed"] and _looser(gate):
        warning = "The disclosure gate passes, but by thresholds that are looser than the default ones."
        return Answer(question, "mild", (warning, *_looser(gate), *list(_passed(d))[1:]))
    if gate["passed"] and _matched(d["metrics"]):
        return Answer(question, "mild", (_matched(d["metrics"]), *_passed(d)))
    if gate["passed"]:
        return Answer(question, "good", tuple(_passed(d)))
    if not is_failed(gate):
        return Answer(
            question,
            "mild",
            (
                "Not judged: treat this table like the real data until it has been.",
                *(f"The reason: {reason}." for reason in gate["failures"]),
            ),
        )
    failed = [f"{failure}." for failure in gate["failures"]]
    more = len(failed) - _MOST_SHOWN
    return Answer(
        question,
        "stop",
        (
            "No. The disclosure gate FAILS: do not share this table.",
            "People whom it was made from are recognised in it more often than people who were not used, or"
            " a row stands in it again and again. Whoever holds it may learn things about real people.",
            *failed[:_MOST_SHOWN],
            *([f"{more} more failures are listed under the disclosure gate."] if more > 0 else []),
        ),
    )


def _passed(d: Mapping[str, Any]) -> Iterator[str]:
    gate = d["gate"]
    yield "The disclosure gate passes: no leak was found. This is evidence, not proof."
    leak, people = gate["smallest_leak"], (d.get("people") or {}).get("train")
    number = "" if not people else f", {ceil(leak * people):,} of {people:,}"
    yield (
        "People whom the table was made from are not surely recognised in it more often than people who were"
        f" not used, beyond what is tolerated. The gate can see verbatim copies of {percent(leak)} of the"
        f" people used{number}, at best; of twice as many it sees nearly all. Smaller leaks it cannot see."
    )
    known = [rung["excess"] for rung in gate.get("rungs") or [] if rung["excess"] is not None]
    if known:
        yield (
            f"The largest excess of recognised people that is shown is {percent(max(*known, 0.0))} of those"
            " used; it is not surely beyond what is tolerated."
        )
    yield from _traces(d["metrics"])


def _matched(metrics: Mapping[str, Any]) -> str:
    """Say that rows of people who were not used stand in the table as well, as the gate cannot see."""
    exact = _measured(metrics, "exact_matches")
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
    near = _measured(metrics, "nearer_to_train")
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


def _useful(d: Mapping[str, Any]) -> Answer:
    question, metrics = "Is it useful?", d["metrics"]
    pairs = _measured(metrics, "tv_2way") or _measured(metrics, "tv_1way")
    if pairs is None:
        return Answer(
            question, "mild", ("Not measured: the table was not compared with real rows.", *_severe(d))
        )
    kind, short = _level(pairs, _measured(metrics, "auc_holdout"))
    return Answer(question, kind, (short, *_severe(d), *_likeness(metrics), *_learning(metrics)))


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
    pairs, auc = _measured(metrics, "tv_2way"), _measured(metrics, "auc_holdout")
    if pairs is not None:
        yield (
            f"Of the rows, {percent(pairs['value'])} would have to change for a pair of columns to agree with"
            f" the real table, on average; {_beside(pairs)}."
        )
    if auc is not None:
        telling = "can hardly tell" if auc["value"] < TOLD_APART else "can tell"
        yield f"A classifier {telling} its rows from real ones (area {auc['value']:.3f}; 0.5 is guessing)."


def _learning(metrics: Mapping[str, Any]) -> Iterator[str]:
    tstr = _measured(metrics, "tstr")
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
        lines.insert(0, "Do not pass it on: the disclosure gate has not passed.")
    return tuple(lines)


def trusted(d: Mapping[str, Any]) -> list[str]:
    """Return what the table can be used for, by its figures."""
    metrics = d["metrics"]
    found = [
        f"{what}: {percent(metrics[name]['value'])} from the real table, {_beside(metrics[name])}."
        for name, what in (
            ("tv_1way", "Shares in single columns"),
            ("tv_2way", "Relations of two columns"),
            ("tv_3way", "Relations of three columns"),
        )
        if _is_near(metrics.get(name))
    ]
    tstr = metrics.get("tstr")
    if tstr and tstr["value"] is not None and tstr["floor"] and tstr["value"] > tstr["floor"] - AS_GOOD:
        found.append("Developing prediction models, to be fitted to real data before they are used.")
    found.append("Its form: columns, types, codes and ranges are those of the schema; programs can be tried.")
    if len(found) == 1:
        found.append("Nothing more: no figure shows it as near to the real table as another real sample.")
    return found


def doubted(d: Mapping[str, Any]) -> list[str]:
    """Return what the table should not be used for without a look at the real one."""
    metrics = d["metrics"]
    whose = "its rows may be records of real people" if is_failed(d["gate"]) else "its rows are nobody's"
    found = [f"Anything about single people or small groups: {whose}."]
    for name, what in (
        ("tv_1way", "single columns"),
        ("tv_2way", "pairs of columns"),
        ("tv_3way", "sets of three columns"),
    ):
        metric = metrics.get(name)
        if metric and metric["value"] is not None and not _is_near(metric):
            worst = ", ".join(" and ".join(row["columns"]) for row in _worst(metric)[:_MOST_SHOWN])
            found.append(
                f"Details of {what}: {percent(metric['value'])} from the real table, {_beside(metric)}"
                + (f". Farthest: {worst}." if worst else ".")
            )
    if not metrics:
        found.append("Any figure from it: nothing says how near it is to the real table.")
    for name, what in (
        ("association", "The strength of relations: Cramer's V"),
        ("correlation", "Correlations of numbers: Spearman's coefficient"),
    ):
        relation = _measured(metrics, name)
        if relation and not _is_near(relation):
            beside = (
                "" if relation["floor"] is None else f", between two real samples {relation['floor']:.3f}"
            )
            found.append(f"{what} is {relation['value']:.3f} off on average{beside}.")
    rare = metrics.get("rare_categories")
    if rare and rare["value"] is not None and rare["value"] < 1:
        found.append(f"Rare categories: {1 - rare['value']:.0%} of them are missing.")
    return [*found, *_lost_effects(metrics), *_uneven(d)]


def _lost_effects(metrics: Mapping[str, Any]) -> Iterator[str]:
    """Name the coefficients of declared models of which the table says something else than the real rows."""
    for name, metric in metrics.items():
        if stem(name) != "regression" or metric["value"] is None:
            continue
        apart = [each["name"] for each in metric["detail"]["coefficients"] if each["overlap"] == 0]
        more = len(apart) - _MOST_SHOWN
        rest = f" and {more} more" if more > 0 else ""
        where = f"Effects in {name.partition(':')[2]}"
        if apart:
            yield f"{where}: those of {', '.join(apart[:_MOST_SHOWN])}{rest} lie outside what real rows say."
        elif metric["floor"] and metric["value"] < metric["floor"] / NEAR:
            yield (
                f"{where}: intervals overlap by {percent(metric['value'])}, between two real samples"
                f" {percent(metric['floor'])}."
            )


def _uneven(d: Mapping[str, Any]) -> Iterator[str]:
    """Say of which suppliers and subgroups the table is a worse picture than of the whole."""
    far = [row for row in d.get("subgroups", ()) if row["floor"] and row["value"] > FAR * row["floor"]]
    far.sort(key=lambda row: row["floor"] / row["value"])
    if far:
        named = ", ".join(f"{row['column']} = {row['subgroup']}" for row in far[:_MOST_SHOWN])
        yield f"Comparisons between subgroups: much farther from the real rows than their floors are {named}."
    yield from _unlike_predictions(d.get("subgroups", ()))
    whole = d["metrics"].get("tv_2way") or {}
    distances = [
        (row["metrics"]["tv_2way"]["value"], row["name"])
        for row in d.get("by_supplier", ())
        if "tv_2way" in row["metrics"] and row["metrics"]["tv_2way"]["value"] is not None
    ]
    if len(distances) > 1 and whole.get("value") is not None:
        value, name = max(distances)
        yield (
            f"Statements about one supplier: the table describes all of them together. Farthest from it are"
            f" the rows of {name} ({percent(value)} in pairs, all together {percent(whole['value'])})."
        )


def _unlike_predictions(subgroups: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Say about which subgroups synthetic rows surely teach less than real ones."""
    worse = []
    for row in subgroups:
        metric = _measured(row.get("metrics") or {}, "tstr")
        if metric and metric["floor"] and metric["interval"]:
            lost = metric["floor"] - metric["value"]
            if lost > WORSE_BY and metric["interval"][1] < metric["floor"]:
                worse.append((lost, f"{row['column']} = {row['subgroup']}"))
    if worse:
        named = ", ".join(name for _, name in sorted(worse, reverse=True)[:_MOST_SHOWN])
        yield f"Predictions for some subgroups: synthetic rows teach less than real ones about {named}."


def _measured(metrics: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    metric = metrics.get(name)
    return metric if metric and metric["value"] is not None else None


def _worst(metric: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list((metric.get("detail") or {}).get("worst", ()))


def _beside(metric: Mapping[str, Any]) -> str:
    if metric["floor"] is None:
        return "there is no second real sample to compare with"
    return f"two real samples are {percent(metric['floor'])} apart"


def _is_near(metric: Mapping[str, Any] | None) -> bool:
    if not metric or metric["value"] is None or not metric["floor"]:
        return False
    return bool(metric["value"] <= NEAR * metric["floor"])
