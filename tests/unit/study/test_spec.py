"""A specification is complete in its canonical form and refuses, by name, what this version does not do."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from pathlib import Path

import pytest

from syncline.data.section import build, parse_canonical
from syncline.errors import DocumentError
from syncline.study.sections import Format, OnLoss, ValidationSection, shown_period
from syncline.study.spec import StudySpec
from syncline.validation.comparison.candidate import MOST_SCORED
from syncline.validation.disclosure.gate import ALPHA, TOLERATED

SCHEMA = """\
variables:
  - {name: age, kind: integer, range: [1, 100]}
  - {name: zper, kind: integer, role: person}
  - {name: sex, kind: categorical, categories: [f, m]}
  - {name: note, kind: text}
"""
HEAD = """\
syncline: 1
study: heart-2026
schema: schema.yaml
suppliers:
  - {name: cleveland, dataset: heart}
  - {name: budapest}
"""


def read(directory: Path, text: str) -> StudySpec:
    (directory / "schema.yaml").write_text(SCHEMA)
    path = directory / "study.yaml"
    path.write_text(text)
    return StudySpec.from_yaml(path)


def test_what_is_left_out_has_the_documented_values(tmp_path: Path) -> None:
    spec = read(tmp_path, HEAD)
    assert spec.synthesizer.method == "cart"
    assert (spec.synthesizer.min_leaf, spec.synthesizer.max_depth) == (0, 12)
    assert spec.synthesizer.visit_sequence is None
    assert (spec.synthesizer.seed, spec.synthesizer.rows) == (None, None)
    assert spec.privacy.min_cell == 11
    assert spec.validation is not None
    assert spec.validation.most_scored == MOST_SCORED
    assert spec.quorum.deadline == dt.timedelta(hours=24)
    assert spec.quorum.then is OnLoss.PAUSE
    assert spec.holdout is None  # it follows from the number of persons
    assert spec.salt is None  # all parties draw it
    assert spec.release.formats == (Format.PARQUET,)
    assert spec.supplier_names == ("budapest", "cleveland")
    assert spec.fewest_suppliers == 2


def test_a_whole_specification_is_read(tmp_path: Path) -> None:
    spec = read(
        tmp_path,
        HEAD
        + """\
purpose: |
  Method development.
  No single person is looked at.
quorum: {min_suppliers: 1, deadline: 90m, then: proceed}
linkage: none
synthesizer: {method: marginals, visit_sequence: [sex, age], min_leaf: 20, max_depth: 8, rows: 10000, seed: 7}
privacy: {secure_aggregation: false, min_cell: 1, differential_privacy: none}
validation: {holdout: 0, target: sex, keys: [age, sex], sensitive: [sex], salt: pepper}
release: {gate: none, approvals: 0, formats: [parquet, csv]}
""",
    )
    assert spec.synthesizer.visit_sequence == ("sex", "age")
    assert spec.synthesizer.seed == 7
    assert spec.quorum.deadline == dt.timedelta(minutes=90)
    assert spec.fewest_suppliers == 1
    assert spec.salt == b"pepper"
    assert spec.release.formats == (Format.PARQUET, Format.CSV)
    assert StudySpec.from_canonical(spec.canonical()) == spec


@pytest.mark.parametrize(
    "extra",
    [
        "",
        "validation: none\nrelease: {gate: none}\n",
        "synthesizer: {visit_sequence: auto, seed: 0}\n",
        "release: {gate: {alpha: 0.05, tolerated: 0}, approvals: 2, approvers: [eva@dpo, max]}\n",
    ],
)
def test_the_canonical_form_reads_back_and_names_the_study(tmp_path: Path, extra: str) -> None:
    spec = read(tmp_path, HEAD + extra)
    again = StudySpec.from_canonical(spec.canonical())
    assert again == spec
    assert again.canonical() == spec.canonical()
    assert again.digest == hashlib.sha256(spec.canonical()).hexdigest()


def test_the_canonical_form_states_every_default(tmp_path: Path) -> None:
    written = json.loads(read(tmp_path, HEAD).canonical())
    assert written["privacy"] == {"differential_privacy": "none", "min_cell": 11, "secure_aggregation": False}
    assert written["quorum"] == {"deadline": "86400s", "min_suppliers": 2, "then": "pause"}
    gate = {"alpha": 0.01, "tolerated": 0.0025}
    assert written["release"] == {"approvals": 1, "approvers": [], "formats": ["parquet"], "gate": gate}
    nothing = {"keys": [], "sensitive": [], "models": []}
    assert written["validation"] == {"holdout": "auto", "most_scored": 50_000, **nothing}
    without = HEAD + "validation: none\nrelease: {gate: none}\n"
    written = json.loads(read(tmp_path, without).canonical())
    assert (written["validation"], written["release"]["gate"]) == ("none", "none")


def test_the_default_thresholds_are_those_of_the_gate(tmp_path: Path) -> None:
    gate = read(tmp_path, HEAD).release.gate
    assert gate is not None
    assert (gate.alpha, gate.tolerated) == (ALPHA, TOLERATED)
    assert read(tmp_path, HEAD + "release: {gate: default}\n").release.gate == gate
    own = read(tmp_path, HEAD + "release: {gate: {alpha: 0.05}}\n").release.gate
    assert own is not None
    assert (own.alpha, own.tolerated) == (0.05, TOLERATED)


def test_defaults_written_out_do_not_change_the_digest(tmp_path: Path) -> None:
    plain = read(tmp_path, HEAD)
    written = read(tmp_path, HEAD + "privacy: {min_cell: 11}\nquorum: {deadline: 1d, min_suppliers: 2}\n")
    assert plain.digest == written.digest
    assert read(tmp_path, HEAD + "privacy: {min_cell: 12}\n").digest != plain.digest


def test_an_inline_schema_gives_the_same_study(tmp_path: Path) -> None:
    inline = "schema:\n" + "".join(f"  {line}\n" for line in SCHEMA.splitlines())
    assert read(tmp_path, HEAD.replace("schema: schema.yaml\n", inline)) == read(tmp_path, HEAD)


def test_a_salt_is_the_one_that_stands_there_or_none(tmp_path: Path) -> None:
    assert read(tmp_path, HEAD.replace("heart-2026", "heart-2027")).salt is None
    stated = read(tmp_path, HEAD + "validation: {salt: pepper}\n")
    assert stated.salt == b"pepper"
    assert "pepper" not in json.dumps(stated.parameters())
    assert stated.parameters()["validation"]["holdout"] == "auto"
    assert StudySpec.from_canonical(stated.canonical()) == stated


def test_an_automatic_holdout_may_be_said(tmp_path: Path) -> None:
    said = read(tmp_path, HEAD + "validation: {holdout: auto}\n")
    assert said.digest == read(tmp_path, HEAD).digest
    assert read(tmp_path, HEAD + "validation: {holdout: 0.2}\n").digest != said.digest


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ("synthesizer: {min_leef: 3}\n", "synthesizer.min_leef is not a known key; did you mean min_leaf?"),
        ("supplier: []\n", "supplier is not a known key; did you mean suppliers?"),
        ("synthesizer: {method: crt}\n", "synthesizer.method 'crt' is not known; did you mean cart?"),
        ("synthesizer: {min_leaf: -1}\n", "synthesizer.min_leaf must be from 0 to"),
        ("synthesizer: {min_leaf: 1e3}\n", "synthesizer.min_leaf must be a whole number"),
        ("synthesizer: {max_depth: 99}\n", "synthesizer.max_depth must be from 1 to 30"),
        ("synthesizer: {seed: -1}\n", "synthesizer.seed must be from 0"),
        ("synthesizer: {rows: 0}\n", "synthesizer.rows must be from 1"),
        ("synthesizer: {visit_sequence: [sex, sex]}\n", "names 'sex' twice"),
        ("synthesizer: {visit_sequence: [sx]}\n", "'sx' is not a column; did you mean sex?"),
        ("synthesizer: {visit_sequence: sex}\n", "synthesizer.visit_sequence must be a list"),
        ("synthesizer:\n", "synthesizer must be a mapping"),
        ("validation: {target: zper}\n", "column 'zper' has role person and cannot be used as a variable"),
        ("validation: {sensitive: [note]}\n", "column 'note' has kind text and cannot be used as a variable"),
        ("validation: {keys: [agee]}\n", "validation.keys: 'agee' is not a column; did you mean age?"),
        ("validation: {holdout: 0.95}\n", "validation.holdout must be from 0 to 0.9"),
        ("validation: {holdout: nan}\n", "validation.holdout must be a finite number"),
        ("validation: {holdout: 50%}\n", "must be a finite number: write 50% as 0.5"),
        ("validation: {holdout: 12.5 %}\n", "must be a finite number: write 12.5 % as 0.125"),
        ("quorum: {min_suppliers: 3}\n", "quorum.min_suppliers: 3 exceeds the number of suppliers, 2"),
        ("quorum: {deadline: 24}\n", "quorum.deadline must be a number with s, m, h or d"),
        ("quorum: {deadline: 0s}\n", "quorum.deadline must be from 1s to 365d"),
        ("quorum: {then: wait}\n", "quorum.then must be one of pause,"),
        ("privacy: {min_cell: 0}\n", "privacy.min_cell must be from 1"),
        ("release: {formats: [csv]}\n", "release.formats must name parquet"),
        ("release: {formats: [parqet]}\n", "did you mean parquet?"),
        ("release: {gate: defualt}\n", "release.gate must be default, none, or a mapping"),
        ("release: {gate: {alfa: 0.1}}\n", "release.gate.alfa is not a known key; did you mean alpha?"),
        ("release: {gate: {alpha: 0.2}}\n", "release.gate.alpha must be from 0.0001 to 0.1"),
        ("release: {gate: {tolerated: -1}}\n", "release.gate.tolerated must be from 0 to 0.05"),
        ("release: {approvals: 17}\n", "release.approvals must be from 0 to 16"),
        (
            "release: {approvals: 2, approvers: [eva]}\n",
            "release.approvals: 2 exceeds the number of approvers, 1",
        ),
        ("release: {approvers: [eva, Eva]}\n", "release.approvers: somebody is named twice"),
        ("release: {approvers: [e v a]}\n", "release.approvers[0] must be a person's name"),
        ("validation: none\n", "holds out nobody; give release: {gate: none}, or hold out"),
        ("validation: {holdout: 0}\n", "holds out nobody; give release: {gate: none}, or hold out"),
        ("study: other\n", "line 7: the key 'study' is given twice"),
    ],
)
def test_wrong_keys_and_values_are_refused(tmp_path: Path, extra: str, said: str) -> None:
    with pytest.raises(DocumentError, match=r"study\.yaml: ") as caught:
        read(tmp_path, HEAD + extra)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        (
            "privacy: {secure_aggregation: true}\n",
            "privacy.secure_aggregation: this version does not implement it",
        ),
        (
            "privacy: {differential_privacy: {epsilon: 1}}\n",
            "privacy.differential_privacy: this version does not",
        ),
        ("privacy: {differential_privacy: {epsilon: 1}}\n", "leave it none"),
        ("privacy: {min_cell_at: supplier}\n", "privacy.min_cell_at: this version does not implement it"),
        ("synthesizer: {method: ctgan}\n", "'ctgan' is not implemented by this version"),
        ("linkage: exact\n", "this version does not implement linkage"),
        ("governance: {contact: me}\n", "governance: this version does not implement it; leave it out"),
        ("validation: {models: [age ~ sx]}\n", "validation.models: 'sx' is not a column; did you mean sex?"),
        ("validation: {models: [age ~ sex, age~sex]}\n", "validation.models names a model twice; keep one"),
        ("validation: {models: [age ~ log(sex)]}\n", "validation.models 'age ~ log(sex)': write y ~ a + b"),
        *(
            (
                f"synthesizer: {{{key}: x}}\n",
                f"synthesizer.{key}: this version does not implement it; leave it out",
            )
            for key in (
                "methods",
                "predictors",
                "synthesize",
                "conditions",
                "balance",
                "replicates",
                "proper",
            )
        ),
    ],
)
def test_what_this_version_lacks_is_refused_by_name(tmp_path: Path, extra: str, said: str) -> None:
    with pytest.raises(DocumentError) as caught:
        read(tmp_path, HEAD + extra)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("{name: budapest}", "{name: budapest, flow: sumaries}", "did you mean summaries?"),
        ("{name: budapest}", "{name: Cleveland}", "is named twice"),
        ("{name: budapest}", "{name: ../etc}", "suppliers[../etc].name must be 1 to 63 letters"),
        ("{name: budapest}", "{name: .hidden}", "must be 1 to 63 letters"),
        ("study: heart-2026", "study: heart 2026", "study must be 1 to 63 letters"),
        ("study: heart-2026\n", "", "study is missing"),
        ("syncline: 1", "syncline: 2", "syncline must be 1"),
        ("syncline: 1\n", "", "syncline is missing"),
        (
            "schema: schema.yaml",
            "schema: other.yaml",
            "study.yaml: schema names 'other.yaml', and there is no such file in",
        ),
        ("schema: schema.yaml\n", "", "schema is missing"),
        (
            "schema: schema.yaml",
            "schema: {variables: [{name: a, kind: text}]}",
            "no column that can be modelled",
        ),
        (
            "schema: schema.yaml",
            "schema: {variables: [{name: a, kid: text}]}",
            "schema.variables[a].kid is not",
        ),
    ],
)
def test_wrong_heads_are_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(DocumentError) as caught:
        read(tmp_path, HEAD.replace(old, new))
    assert said in str(caught.value)


def test_a_study_needs_a_supplier(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="suppliers must name 1 to 1000"):
        read(tmp_path, HEAD[: HEAD.index("suppliers:")] + "suppliers: []\n")


def test_a_wrong_schema_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("variables: [{name: a, kind: integer, range: [2, 1]}]\n")
    with pytest.raises(DocumentError, match=r"bad\.yaml: column 'a': lower bound 2 exceeds upper 1"):
        read(tmp_path, HEAD.replace("schema.yaml", "bad.yaml"))


def _changed(content: bytes, **changes: object) -> bytes:
    document = json.loads(content) | changes
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


def test_only_canonical_bytes_are_taken(tmp_path: Path) -> None:
    content = read(tmp_path, HEAD).canonical()
    bad = [
        b"",
        b"[]",
        content + b" ",
        content.replace(b'"syncline":1', b'"syncline":"1"'),
        content.replace(b'"min_cell":11,', b""),
        content.replace(b'"min_cell":11,', b'"min_cell":11,"min_cell":11,'),
        _changed(content, study=["x"]),
        _changed(content, schema="/etc/passwd"),
        _changed(content, extra=1),
        b"{" * 100_000,
        content[:-1] + b" " * 5_000_000 + b"}",
    ]
    for document in bad:
        with pytest.raises(DocumentError, match=r"^study: "):
            StudySpec.from_canonical(document)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(12, "12 s"), (60, "1 min"), (5400, "90 min"), (86_400, "24 h"), (7 * 86_400, "7 days")],
)
def test_a_period_is_told_as_people_say_it(seconds: int, words: str) -> None:
    assert shown_period(dt.timedelta(seconds=seconds)) == words


def test_a_number_beyond_every_float_is_refused_by_its_field() -> None:
    content = b'{"holdout":1' + b"0" * 400 + b"}"
    with pytest.raises(DocumentError, match="study: holdout must be a finite number"):
        build(ValidationSection, parse_canonical(content, "study"), "study")
