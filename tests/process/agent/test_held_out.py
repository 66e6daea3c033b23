"""What a supplier reads of who is held out: the share in persons, the salt, and which study asks alike."""

from __future__ import annotations

import json

import pytest

from supplier_agent.consent.study_record import set_salt
from supplier_agent.datasets.catalogue import set_people
from supplier_agent.tasks.journal import open_journal
from tests.process.agent.harness import rows
from tests.process.agent.test_commands import command, home, propose, shown  # noqa: F401  (fixtures)
from tests.unit.agent.small_study import STUDY

COMPARED = STUDY.replace("validation: none", "validation: {holdout: 0.0017}")
AUTO = STUDY.replace("validation: none", "validation: {target: sex}")


def counted(home, people):  # noqa: F811
    with open_journal(home) as journal:
        journal.write_now(lambda connection: set_people(connection, "heart", people))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (COMPARED, "Holds out 0.0017 of rows: about 1 of 669 here"),
        (COMPARED.replace("0.0017", "0.00000001"), "Holds out 0.00000001 of rows: about 0 of 669 here"),
        (COMPARED.replace("0.0017", "0.2"), "Holds out 0.2 of rows: about 134 of 669 here"),
        (
            AUTO,
            "Holds out 0.5 of rows: about 334 of 669 here, if all suppliers together have fewer than 5000;"
            " else 0.2 of rows: about 134 of 669 here",
        ),
        (STUDY, "Holds out nobody: the model is built from all rows"),
    ],
)
def test_the_holdout_is_shown_in_persons_and_unrounded(command, home, text, words):  # noqa: F811
    propose(home, text)
    _, page, _ = command("studies", "show", "heart-2026", "--home", home.root)
    assert words.split(":")[0] in shown(page)
    counted(home, 669)
    _, page, _ = command("studies", "show", "heart-2026", "--home", home.root)
    assert words in shown(page)
    assert "Salt drawn by all suppliers and the hub after the approvals" in shown(page)
    _, told, _ = command("studies", "show", "heart-2026", "--json", "--home", home.root)
    assert json.loads(told)["people"] == 669


def test_a_salt_of_the_study_is_shown_as_what_it_is(command, home, tmp_path):  # noqa: F811
    text = COMPARED.replace("0.0017", "0.2, salt: pepper")
    propose(home, text)
    _, page, _ = command("studies", "show", "heart-2026", "--home", home.root)
    assert "Salt from the specification: whoever wrote it can choose who is held out" in shown(page)
    assert "pepper" not in page
    assert "look up" not in page
    person = "    - {name: pid, kind: identifier, role: person}\n"
    propose(home, text.replace("  variables:\n", "  variables:\n" + person), study_id="study-2")
    _, page, _ = command("studies", "show", "study-2", "--home", home.root)
    assert "it can look up every id that it knows or guesses, in counts, and in prepared rows" in shown(page)
    assert "buckets its persons are in, by the salt that stands in the study: THE HUB CAN" in shown(page)
    assert "a key that the hub lacks" not in shown(page)
    study = tmp_path / "study.yaml"
    study.write_text(text)
    home.policy.write_text(home.policy.read_text() + "validation: true\n")
    code, tested, _ = command("policy", "test", study, "--home", home.root)
    assert code == 1
    assert "or this policy say validation: {salt: study}" in tested


def test_persons_that_were_counted_otherwise_than_the_study_does_are_not_shown(command, home):  # noqa: F811
    person = "    - {name: pid, kind: identifier, role: person}\n"
    propose(home, COMPARED.replace("  variables:\n", "  variables:\n" + person))
    counted(home, 669)
    _, page, _ = command("studies", "show", "heart-2026", "--home", home.root)
    assert "Holds out 0.0017 of persons; the model" in shown(page)


def test_what_asks_alike_is_shown_before_and_at_the_approval(command, home):  # noqa: F811
    propose(home)
    command("studies", "approve", "heart-2026", "--home", home.root)
    second = STUDY.replace("heart-2026", "heart-2027").replace("[0, 120]", "[0, 130]")
    propose(home, second, study_id="study-2", name="heart-2027", now_us=2)
    words = "differs from heart-2026 (study-1) by: how columns are read (age); name"
    _, page, _ = command("studies", "show", "heart-2027", "--home", home.root)
    assert f"ASKS ALIKE {words}" in shown(page)
    _, told, _ = command("studies", "show", "heart-2027", "--json", "--home", home.root)
    assert json.loads(told)["asks_like"]["study_id"] == "study-1"
    _, out, _ = command("studies", "approve", "heart-2027", "--home", home.root)
    assert f"asks alike: {words}" in out
    _, page, _ = command("studies", "show", "heart-2026", "--home", home.root)
    assert "ASKS ALIKE" not in page  # it was the first


def test_a_supplier_prints_the_salt_of_a_study_that_it_took_part_in(command, home):  # noqa: F811
    propose(home)
    code, _, error = command("studies", "salt", "heart-2026", "--home", home.root)
    assert code == 2
    assert "is drawn once all have approved" in error
    with open_journal(home) as journal:
        journal.write_now(lambda connection: set_salt(connection, "study-1", bytes(range(32))))
    code, out, error = command("studies", "salt", "heart-2026", "--home", home.root)
    assert (code, out.strip(), error) == (0, bytes(range(32)).hex(), "")
    _, page, _ = command("studies", "show", "heart-2026", "--home", home.root)
    assert out.strip() not in page


def test_who_prints_the_key_of_persons_reads_what_it_opens(command, home):  # noqa: F811
    person = "    - {name: pid, kind: identifier, role: person}\n"
    propose(home, COMPARED.replace("  variables:\n", "  variables:\n" + person))
    with open_journal(home) as journal:
        journal.write_now(lambda connection: set_salt(connection, "study-1", bytes(range(64))))
    code, out, error = command("studies", "salt", "heart-2026", "--home", home.root)
    assert (code, out.strip()) == (0, bytes(range(64)).hex())
    assert "behind the salt stands the key that numbers persons" in error
    _, out, _ = command("studies", "salt", "heart-2026", "--json", "--home", home.root)
    assert json.loads(out)["salt"] == bytes(range(64)).hex()


def test_an_approval_draws_one_contribution_and_commits_to_it(command, home):  # noqa: F811
    propose(home)
    assert rows(home, "SELECT contribution FROM study") == [(None,)]
    command("studies", "approve", "heart-2026", "--home", home.root)
    ((first,),) = rows(home, "SELECT contribution FROM study")
    assert len(first) == 16
    command("studies", "refuse", "heart-2026", "--reason", "no", "--home", home.root)
    code, _, _ = command("studies", "approve", "heart-2026", "--home", home.root)
    assert code == 0  # the refusal is taken back, and commits to nothing new
    assert rows(home, "SELECT contribution FROM study") == [(first,)]


def test_what_is_said_of_rows_that_are_sent_is_true_of_them(command, home):  # noqa: F811
    """The hub compares them itself, and sees more of them than counts."""
    person = "    - {name: pid, kind: identifier, role: person}\n"
    text = COMPARED.replace("0.0017", "0.2").replace("  variables:\n", "  variables:\n" + person)
    home.policy.write_text(
        home.policy.read_text().replace("flows: [summaries]", "flows: [summaries, prepared]")
    )
    for flow, said, unsaid in (
        ("summaries", ("comes here to be compared", "counts exactly, ones included"), "has the rows"),
        ("prepared", ("the hub compares the study's", "the hub itself has the rows"), "comes here"),
    ):
        asked = text.replace("{name: cleveland}", f"{{name: cleveland, flow: {flow}}}")
        propose(home, asked, study_id=f"in-{flow}")
        page = shown(command("studies", "show", f"in-{flow}", "--home", home.root)[1])
        assert all(words in page for words in said)
        assert unsaid not in page
