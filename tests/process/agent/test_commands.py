"""The agent's command line: words, JSON and exit status."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import sqlite3
import stat
import subprocess
import sys

import openpyxl
import pytest

import syncline.wire  # noqa: F401  (before gRPC)

# isort: split

from supplier_agent.cli import main
from supplier_agent.consent.decision import Seal
from supplier_agent.consent.proposals import PolicyJudgement, receive_proposal
from supplier_agent.datasets.catalogue import Dataset, add_dataset, choose_dataset, find_dataset
from supplier_agent.home import AgentHome
from supplier_agent.tasks.journal import open_journal
from syncline.clock import SystemClock
from syncline.durable.audit_table import AuditLog
from syncline.errors import DataError
from syncline.questions.regression import NEWTON_ROUNDS
from syncline.wire.membership import load_membership
from tests.process.agent.fake_hub import FakeHub
from tests.process.agent.harness import enrolled_home, heart_table, rows
from tests.unit.agent.small_study import POLICY, STUDY, specification


@pytest.fixture
def command(capsys, monkeypatch):
    """Run the command in this process; return its exit status and what it printed."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["supplier-agent", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        return ended.value.code or 0, captured.out, captured.err

    return run


@pytest.fixture
def home(tmp_path):
    async def make():
        hub = FakeHub()
        await hub.start()
        try:
            return await enrolled_home(hub, tmp_path / "agent")
        finally:
            await hub.stop()

    return asyncio.run(make())


def propose(home, text=STUDY, is_pending=False, study_id="study-1", name="heart-2026", now_us=1):
    """Put a proposal into the journal, as the running agent does."""
    member, content = load_membership(home.identity, ""), specification(text)
    seal = Seal(member.signing_key(), AuditLog(member.signing_key(), SystemClock()), member.name)
    proposal = FakeHub().proposal(content, study_id)
    judgement = PolicyJudgement(name, (), automatic=False, is_pending=is_pending)
    with open_journal(home) as journal:
        journal.write_now(lambda c: receive_proposal(c, seal, proposal, judgement, now_us))


def test_without_a_home_the_remedy_is_named(command, tmp_path):
    for arguments in (["status"], ["check"], ["run"], ["studies", "list"], ["datasets", "list"]):
        code, out, error = command(*arguments, "--home", tmp_path / "none")
        assert (code, out) == (2, "")
        assert "run 'supplier-agent enrol TOKEN --hub HOST:PORT'" in error
        assert error.count("\n") == 1


def test_wrong_usage_exits_with_2(command):
    code, _, error = command("datasets", "add")
    assert code == 2
    assert error == "error: missing argument 'name'; see 'supplier-agent datasets add --help'\n"


def test_the_daemons_own_options_are_refused_in_the_same_form(command):
    code, _, error = command("run", "--foo")
    assert code == 2
    assert error == "error: unrecognized arguments: --foo; see 'supplier-agent run --help'\n"


def test_enroll_is_an_alias(command, tmp_path):
    code, _, error = command("enroll", "nonsense", "--hub", "localhost:1", "--home", tmp_path / "agent")
    assert code == 2
    assert error.startswith("error: token: ")


def test_the_first_policy_permits_nothing_and_is_closed_to_others(command, tmp_path):
    from supplier_agent.cli.enrolment import write_first_policy
    from syncline.study.policy import Policy

    place = AgentHome(tmp_path / "agent")
    place.create()
    write_first_policy(place)
    assert stat.S_IMODE(place.policy.stat().st_mode) == 0o600
    assert Policy.from_yaml(place.policy).flows == ()
    place.policy.write_text(POLICY)
    write_first_policy(place)
    assert place.policy.read_text() == POLICY


def test_a_data_set_is_read_before_it_is_added(command, home, tmp_path):
    table = tmp_path / "lung.csv"
    table.write_text("pid,age\n1,40\n2,50\n")
    code, out, _ = command("datasets", "add", "lung", table, "--person", "pid", "--json", "--home", home.root)
    assert code == 0
    assert json.loads(out) == {
        "name": "lung",
        "source": str(table),
        "person": "pid",
        "preparation": None,
        "rows": 2,
        "unread": [],
    }
    code, _, error = command("datasets", "add", "lung", table, "--home", home.root)
    assert code == 2
    assert "remove it first" in error
    code, _, error = command("datasets", "add", "x", table, "--person", "pidd", "--home", home.root)
    assert code == 2
    assert error == "error: --person 'pidd': there is no such column; did you mean pid?\n"
    code, _, error = command("datasets", "add", "y", tmp_path / "none.csv", "--home", home.root)
    assert code == 2
    assert f"SOURCE {tmp_path / 'none.csv'}: no such file" in error
    assert command("datasets", "remove", "lung", "--home", home.root)[0] == 0
    assert command("datasets", "remove", "lung", "--home", home.root)[0] == 2


def test_other_sources_are_added_listed_and_checked(command, home, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with contextlib.closing(sqlite3.connect("lung.db")) as connection, connection:
        connection.execute("CREATE TABLE visits AS SELECT 1 AS pid, 40 AS age")
    book = openpyxl.Workbook()
    book.create_sheet("Visits").append(["pid"])
    book.save("lung.xlsx")
    for name, source, stored in (
        ("base", "sqlite:///lung.db?table=visits", f"sqlite:///{tmp_path}/lung.db?table=visits"),
        ("book", "lung.xlsx#Visits", f"{tmp_path}/lung.xlsx#Visits"),
    ):
        code, out, _ = command("datasets", "add", name, source, "--json", "--home", home.root)
        assert (code, json.loads(out)["source"]) == (0, stored)
    code, out, _ = command("datasets", "check", "base", "--home", home.root)
    assert code == 0
    assert out.splitlines() == [
        "base can be read: 1 rows, 2 columns",
        f"sqlite:///{tmp_path}/lung.db?table=visits, table of SQLite, 2 columns",
    ]
    code, out, _ = command("datasets", "check", "book", "--json", "--home", home.root)
    assert "sheet 'Visits', 1 columns" in json.loads(out)["description"]


def test_a_secret_is_stored_as_its_place_and_shown_as_stars(command, home, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("geheim")
    secret.chmod(0o600)
    url = f"postgresql://ada:${{file:{secret}}}@127.0.0.1:1/lung?table=visits"
    code, out, error = command("datasets", "add", "lung", url, "--home", home.root)
    assert (code, out) == (1, "")
    assert "postgresql://ada:***@127.0.0.1:1/lung?table=visits: the server cannot be reached" in error
    with open_journal(home) as journal:
        journal.write_now(lambda connection: add_dataset(connection, Dataset("lung", url, None), 1))
        assert journal.read_now(lambda connection: find_dataset(connection, "lung")).source == url
    code, out, _ = command("datasets", "list", "--home", home.root)
    assert "ada:***@" in out.replace("\n", "")
    assert str(secret) not in out


def test_show_says_in_plain_words_what_would_leave(command, home):
    propose(home)
    code, out, _ = command("studies", "show", "heart-2026", "--home", home.root)
    assert code == 0
    digest = hashlib.sha256(specification()).hexdigest()
    for words in (
        "Method development",
        digest,
        "additive summaries, never a row",
        "2: age, sex",
        "rank_counts: per numeric column, and per gap between",
        "min_cell 11",
        "not compared with rows here",
        "compare by telephone",
    ):
        assert words in out
    assert "tree_level" not in out
    assert "each combination" not in out, "marginals are not asked for columns on their own"


DECIDING = STUDY.replace(
    "synthesizer: {method: marginals}\nvalidation: none\nrelease: {gate: none, approvals: 0}\n",
    """\
synthesizer: {method: cart, min_leaf: 7, max_depth: 9, rows: 1234, seed: 77, visit_sequence: [sex]}
hazards: {absent: exclude}
validation: {target: sex, keys: [age], sensitive: [sex], models: [age ~ sex]}
release:
  gate: {alpha: 0.0005, tolerated: 0.04}
  approvals: 2
  approvers: [eva, adam]
  intended_use: Teaching in Zurich
""",
)


def shown(text):
    """Return what a page says, with its lines joined."""
    return " ".join(text.split())


def test_show_and_policy_test_say_what_decides(command, home, tmp_path):
    propose(home, DECIDING)
    study = tmp_path / "study.yaml"
    study.write_text(DECIDING)
    _, page, _ = command("studies", "show", "heart-2026", "--home", home.root)
    _, tested, _ = command("policy", "test", study, "--home", home.root)
    for words in (
        "Gate LOOSER THAN THE DEFAULT: alpha 0.0005 is below the default 0.01; tolerated 0.04 is above the"
        " default 0.0025",
        "Signed by 2 of eva, adam",
        "Intended use Teaching in Zurich",
        "target: sex; keys that an attacker may know: age; sensitive: sex; models: 1",
        f"Models age ~ sex: in up to {NEWTON_ROUNDS} steps",
        "Releases 1234 rows, parquet",
        "at most 9 splits to a leaf (max_depth) and leaves of at least 7 rows (min_leaf)",
        "visit sequence sex first",
        "a column absent here: exclude",
    ):
        assert words in shown(page)
        assert words in shown(tested)
    assert "of at most three columns together; for its models sums of products leave as well" in shown(page)


def test_show_says_that_keys_and_sensitive_columns_are_counted_all_together(command, home):
    """Their number is the study's: no limit of three columns holds for them."""
    variables = "".join(f"\n    - {{name: k{n}, kind: categorical, categories: [a, b]}}" for n in range(5))
    study = DECIDING.replace(
        "keys: [age], sensitive: [sex]", "keys: [age, k0, k1, k2, k3], sensitive: [sex, k4]"
    )
    propose(home, study.replace("variables:", f"variables:{variables}", 1))
    _, page, _ = command("studies", "show", "heart-2026", "--home", home.root)
    said = "of persons who are found by age, k0, k1, k2, k3, sex, k4, ALL 7 TOGETHER"
    assert said in shown(page)
    assert "of persons by how close their whole rows are to the table" in shown(page)


@pytest.mark.parametrize(("study", "compares"), [(DECIDING, True), (STUDY, False)])
def test_show_names_what_the_hub_needs_of_each_supplier(command, home, study, compares):
    propose(home, study)
    _, page, _ = command("studies", "show", "heart-2026", "--home", home.root)
    _, told, _ = command("studies", "show", "heart-2026", "--json", "--home", home.root)
    needed = {one["question"]: one["why"] for one in json.loads(told)["needed_of_each"]}
    assert "Apart what the hub needs of each supplier, and not only summed over all: row_count:" in shown(
        page
    )
    assert all(f"{question}: {why}" in shown(page) for question, why in needed.items())
    assert ("score_candidate" in needed) is ("formula_check" in needed) is compares
    assert {"row_count", "profile", "rank_counts"} <= set(needed)
    assert not {"tree_level", "moments", "person_count"} & set(needed)


def test_show_and_policy_test_say_it_to_programs_too(command, home, tmp_path):
    propose(home, DECIDING)
    study = tmp_path / "study.yaml"
    study.write_text(DECIDING)
    _, page, _ = command("studies", "show", "heart-2026", "--json", "--home", home.root)
    _, tested, _ = command("policy", "test", study, "--json", "--home", home.root)
    found = json.loads(page)["conditions"]
    assert found == json.loads(tested)["conditions"]
    assert (found["gate"]["alpha"], found["gate"]["tolerated"], len(found["gate"]["looser"])) == (
        0.0005,
        0.04,
        2,
    )
    assert (found["approvals"], found["approvers"]) == (2, ["eva", "adam"])
    assert found["intended_use"] == "Teaching in Zurich"
    assert found["validation"]["keys"] == ["age"]
    assert found["validation"]["models"] == ["age ~ sex"]
    assert found["synthesizer"] == {
        "method": "cart",
        "visit_sequence": ["sex"],
        "min_leaf": 7,
        "max_depth": 9,
        "draws": "systematic",
        "rows": 1234,
        "seed_in_study": True,
    }
    assert "77" not in json.dumps(found)


@pytest.mark.parametrize(
    ("gate", "words"),
    [
        ("none", "Gate NONE: no disclosure gate is run"),
        ("default", "Gate default: alpha 0.01, tolerated 0.0025"),
        ("{alpha: 0.05}", "Gate at least as strict as the default: alpha 0.05, tolerated 0.0025"),
        ("{tolerated: 0.01}", "Gate LOOSER THAN THE DEFAULT: tolerated 0.01"),
    ],
)
def test_show_says_which_gate_and_whose_signature(command, home, gate, words):
    text = STUDY.replace("validation: none", "validation: {holdout: 0.5}")
    propose(home, text.replace("gate: none, approvals: 0", f"gate: {gate}, approvals: 0"))
    _, out, _ = command("studies", "show", "heart-2026", "--home", home.root)
    assert words in shown(out)
    assert "Signed by NOBODY (approvals 0)" in shown(out)
    assert "Intended use not stated" in shown(out)
    assert "Models" not in out


def test_a_person_approves_and_withdraws(command, home):
    propose(home)
    digest = hashlib.sha256(specification()).hexdigest()
    code, _, error = command("studies", "approve", "heart-2026", "--digest", "0" * 64, "--home", home.root)
    assert code == 2
    assert digest in error
    code, out, _ = command("studies", "approve", "heart-2026", "--digest", digest, "--home", home.root)
    assert code == 0
    assert out.index(f"study heart-2026, digest {digest}") < out.index("is approved")
    code, _, error = command("studies", "approve", "heart-2026", "--home", home.root)
    assert code == 2
    assert "is approved and cannot become approved" in error
    assert command("studies", "refuse", "heart-2026", "--reason", "no", "--home", home.root)[0] == 0
    assert rows(home, "SELECT state, reason, decided_by FROM study") == [("refused", "no", "person")]
    assert command("audit", "verify", "--home", home.root)[0] == 0


def test_a_person_cannot_approve_what_the_policy_forbids(command, home):
    propose(home)
    home.policy.write_text(POLICY.replace("[summaries]", "[]"))
    code, _, error = command("studies", "approve", "heart-2026", "--home", home.root)
    assert code == 1
    assert "flows: the flow 'summaries' is not listed" in error
    assert rows(home, "SELECT state FROM study") == [("waiting",)]


def test_while_the_policy_cannot_be_read_studies_keep_their_names_and_say_so(command, home):
    propose(home, is_pending=True)
    code, out, _ = command("studies", "list", "--home", home.root)
    assert "heart-2026  waiting: the policy cannot be read" in out
    home.policy.write_text("syncline: 1\nflow: [summaries]\n")
    code, out, _ = command("studies", "show", "heart-2026", "--home", home.root)
    assert (code, "waiting: the policy cannot be read" in out) == (0, True)
    code, _, error = command("studies", "approve", "heart-2026", "--home", home.root)
    assert (code, error.startswith(f"error: {home.policy}: ")) == (2, True)
    assert rows(home, "SELECT state FROM study") == [("waiting",)]
    code, out, _ = command("status", "--home", home.root)
    assert f"policy       cannot be read, so nothing is decided or answered: {home.policy}: " in out
    code, out, _ = command("status", "--json", "--home", home.root)
    assert json.loads(out)["policy_fault"].startswith(f"{home.policy}: ")
    home.policy.write_text(POLICY)
    assert command("studies", "approve", "heart-2026", "--home", home.root)[0] == 0
    home.policy.unlink()
    code, out, _ = command("studies", "list", "--home", home.root)
    assert "approved: the policy cannot be read" in out


def test_a_refusal_is_taken_back_while_the_study_has_not_begun(command, home):
    propose(home)
    approve = ("studies", "approve", "heart-2026", "--home", home.root)
    refuse = ("studies", "refuse", "heart-2026", "--home", home.root)
    drawn = []
    for _ in range(2):
        assert command(*refuse)[0] == 0
        _, out, _ = command("studies", "show", "heart-2026", "--home", home.root)
        assert "Data here     fits the study" in out
        assert "until the study ends: supplier-agent studies approve heart-2026" in out
        code, out, _ = command(*approve)
        assert (code, "study heart-2026 is approved" in out) == (0, True)
        drawn += rows(home, "SELECT contribution FROM study")
    assert drawn[0] == drawn[1]  # the commitment is the first one's: nobody draws until it pleases
    kinds = [kind for (kind,) in rows(home, "SELECT kind FROM audit ORDER BY seq")]
    assert kinds == ["study-proposed", *["study-decided"] * 4]


def test_an_approval_that_cannot_be_is_not_announced(command, home):
    propose(home)
    assert command("studies", "approve", "heart-2026", "--home", home.root)[0] == 0
    again = command("studies", "approve", "heart-2026", "--home", home.root)
    assert (again[:2], "is approved and cannot become approved" in again[2]) == ((2, ""), True)
    with open_journal(home) as journal:  # a round came, and the approval was withdrawn
        journal.write_now(
            lambda c: c.execute(
                "INSERT INTO round (study_id, round, task_id, attempt, request_sha256, request_size, state,"
                " received_us) VALUES ('study-1', 0, 't', 1, 'd', 1, 'received', 1)"
            )
        )
    assert command("studies", "refuse", "heart-2026", "--home", home.root)[0] == 0
    code, out, error = command("studies", "approve", "heart-2026", "--home", home.root)
    assert (code, out) == (2, "")
    assert "had begun when its approval was withdrawn, which is not taken back" in error
    _, out, _ = command("studies", "show", "heart-2026", "--home", home.root)
    assert "until the study ends" not in out


@pytest.mark.parametrize("content", ["syncline: 1\nflow: [summaries]\n", None])
def test_the_daemon_does_not_start_without_a_policy_that_reads(home, content):
    if content is None:
        home.policy.unlink()
    else:
        home.policy.write_text(content)
    done = subprocess.run(
        [sys.executable, "-m", "supplier_agent", "run", "--home", str(home.root)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error: {home.policy}: ")
    assert done.stderr.count("\n") == 1


def test_policy_test_prints_every_refusal(command, home, tmp_path):
    study = tmp_path / "study.yaml"
    study.write_text(STUDY)
    assert command("policy", "test", study, "--home", home.root)[0] == 0
    home.policy.write_text(
        POLICY.replace("[heart]", "[lung]").replace("min_suppliers: 1", "min_suppliers: 2")
    )
    code, out, _ = command("policy", "test", study, "--json", "--home", home.root)
    assert code == 1
    keys = [refusal.split(":")[0] for refusal in json.loads(out)["refusals"]]
    assert keys == ["min_suppliers", "datasets"]


def test_policy_test_refuses_a_loose_gate_few_signatures_and_models(command, home, tmp_path):
    study = tmp_path / "study.yaml"
    study.write_text(DECIDING)
    demands = "validation: {models: false}\nrelease: {gate: required, min_approvals: 3}\n"
    home.policy.write_text(
        POLICY.replace("marginals]", "marginals, moments, tree_level, formula_check]") + demands
    )
    code, out, _ = command("policy", "test", study, "--json", "--home", home.root)
    assert code == 1
    keys = [refusal.split(":")[0] for refusal in json.loads(out)["refusals"]]
    assert keys == ["validation.models", "release.gate", "release.min_approvals"]
    propose(home, DECIDING)
    code, _, error = command("studies", "approve", "heart-2026", "--home", home.root)
    assert code == 1
    assert "release.gate: the study's gate is too loose" in error
    _, out, _ = command("policy", "show", "--home", home.root)
    assert "permitted, but no declared models" in out
    assert "a disclosure gate as strict as the default and at least 3 approvals" in out
    home.policy.write_text(POLICY)
    assert "release     nothing is demanded" in command("policy", "show", "--home", home.root)[1]


def test_a_method_that_asks_too_much_is_refused_before_it_starts(command, home, tmp_path):
    study = tmp_path / "study.yaml"
    study.write_text(STUDY.replace("marginals", "cart"))
    code, out, _ = command("policy", "test", study, "--json", "--home", home.root)
    assert code == 1
    kinds = [refusal.split("'")[1] for refusal in json.loads(out)["refusals"]]
    assert kinds == ["formula_check", "moments", "tree_level"]


@pytest.mark.parametrize("flow", ["summaries", "prepared", "raw"])
def test_no_column_leaves_because_a_study_calls_it_a_person(command, home, tmp_path, flow):
    """Buckets of a hash of few values give them away: only the supplier says what tells persons apart."""
    study = tmp_path / "study.yaml"
    flows = "flows: [summaries, prepared, raw]"
    listed = POLICY.replace("flows: [summaries]", flows).replace('["*"]', "[age, sex], deny: [hiv]")
    for person, key in (("hiv", "columns.deny"), ("diagnosis", "columns.allow")):
        column = f"  variables:\n    - {{name: {person}, kind: text, role: person}}\n"
        text = STUDY.replace("  variables:\n", column).replace(
            "{name: cleveland}", f"{{name: cleveland, flow: {flow}}}"
        )
        study.write_text(text)
        home.policy.write_text(listed)
        code, out, _ = command("policy", "test", study, "--json", "--home", home.root)
        assert (code, [reason.split(":")[0] for reason in json.loads(out)["refusals"]]) == (1, [key])
    with open_journal(home) as journal:
        table = tmp_path / "heart.csv"
        table.write_text("age,sex,diagnosis\n40,F,d1\n")
        known = ("diagnosis", str(table))
        journal.write_now(lambda c: c.execute("UPDATE dataset SET person = ?, source = ?", known))
    assert command("policy", "test", study, "--home", home.root)[0] == 0


def test_the_approval_page_names_the_column_of_persons_in_every_flow(command, home):
    person = "  variables:\n    - {name: pid, kind: text, role: person}\n"
    propose(home, STUDY.replace("  variables:\n", person))
    _, out, _ = command("studies", "show", "heart-2026", "--home", home.root)
    assert "Persons       pid: the ids stay; of each count goes which of 64 buckets" in out
    assert "Not used" not in out


def test_a_person_sees_which_columns_of_the_source_would_leave(command, home, tmp_path):
    table, steps = tmp_path / "heart.csv", tmp_path / "steps.yaml"
    table.write_text("years,sex,hiv\n40,F,1\n")
    steps.write_text("syncline: 1\nsteps:\n  - {step: rename, columns: {years: age}}\n")
    assert command("datasets", "remove", "heart", "--home", home.root)[0] == 0
    add = ("datasets", "add", "heart", table, "--preparation", steps, "--home", home.root)
    assert command(*add)[0] == 0
    propose(home, STUDY.replace("{name: cleveland}", "{name: cleveland, flow: raw}"))
    _, out, _ = command("studies", "show", "heart-2026", "--home", home.root)
    assert "Sent          2 of the source: years, sex\n" in out
    home.policy.write_text(POLICY.replace("[summaries]", "[raw]").replace('["*"]', "[age, sex]"))
    code, _, error = command("studies", "approve", "heart-2026", "--yes", "--home", home.root)
    assert code == 1
    assert "columns.allow: of the source the column 'years' is not listed" in error
    home.policy.write_text(POLICY.replace("[summaries]", "[raw]").replace('["*"]', "[age, sex, years]"))
    assert command("studies", "approve", "heart-2026", "--yes", "--home", home.root)[0] == 0


def test_policy_show_is_in_plain_words(command, home):
    code, out, _ = command("policy", "show", "--home", home.root)
    assert code == 0
    assert "a person approves each study" in out


def test_check_names_what_fails_with_a_remedy(command, home):
    home.policy.write_text("syncline: 1\nflow: [summaries]\n")
    (home.identity / "tls.pem").chmod(0o644)
    heart_table(home.root).unlink()
    code, out, _ = command("check", "--json", "--home", home.root)
    assert code == 1
    failed = {item["check"]: item["text"] for item in json.loads(out)["checks"] if not item["passed"]}
    assert set(failed) == {"keys", "certificate", "policy", "data set heart", "hub"}
    assert "chmod 600" in failed["keys"]
    assert "flows" in failed["policy"]


def test_status_without_a_run(command, home):
    code, out, _ = command("status", "--home", home.root)
    assert code == 0
    assert "never ran: supplier-agent run" in out


def test_a_data_set_is_chosen_by_name_or_because_it_is_the_only_one():
    heart, lung = Dataset("heart", "/h.csv", None), Dataset("lung", "/l.csv", None)
    assert choose_dataset([heart], None) is heart
    assert choose_dataset([heart, lung], "lung") is lung
    with pytest.raises(DataError, match="has 2: name one as 'dataset'"):
        choose_dataset([heart, lung], None)
    with pytest.raises(DataError, match="'supplier-agent datasets add'"):
        choose_dataset([], None)
    with pytest.raises(DataError, match="datasets add brain SOURCE"):
        choose_dataset([heart], "brain")


def test_the_password_of_a_database_is_never_shown():
    shown = Dataset("heart", "postgresql://ada:secret@db.example.org/heart", None).shown_source
    assert "secret" not in shown
    assert "ada" in shown
