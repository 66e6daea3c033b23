"""The container file and the compose file, as far as they can be checked without an engine."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.house.repository import DEPLOY, ROOT

CONTAINERFILE = (DEPLOY / "Containerfile").read_text("utf-8").replace("\\\n", " ")
INSTRUCTIONS = [line.split(maxsplit=1) for line in CONTAINERFILE.splitlines() if line and line[0] != "#"]
COMPOSE: dict[str, Any] = YAML(typ="safe", pure=True).load(DEPLOY / "compose.yaml")
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
AGENTS = ("budapest", "cleveland", "zurich")


def arguments(instruction: str) -> list[str]:
    return [words[1].strip() for words in INSTRUCTIONS if words[0] == instruction]


def stages() -> dict[str, list[list[str]]]:
    """Return the instructions of each stage that has a name."""
    found: dict[str, list[list[str]]] = {}
    for words in INSTRUCTIONS:
        if words[0] == "FROM":
            name = words[1].rsplit(" AS ", 1)[1]
            found[name] = []
        found[name].append(words)
    return found


def test_bases_are_named_in_full_and_not_by_a_moving_tag() -> None:
    outside = [base.split()[0] for base in arguments("FROM") if base.split()[0] not in stages()]
    assert outside
    for base in outside:
        assert re.fullmatch(r"[a-z0-9.]+/[a-z0-9/]+(:3\.11-[a-z0-9-]+|@sha256:[0-9a-f]{64})", base), base


def test_every_copied_path_exists_and_is_not_ignored() -> None:
    ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    copied = [line.split()[:-1] for line in arguments("COPY") if not line.startswith("--from")]
    paths = [path for line in copied for path in line]
    assert paths
    assert [path for path in paths if not (ROOT / path).exists()] == []
    assert [path for path in paths if f"!{path}" not in ignored] == []


def test_the_install_follows_the_constraints() -> None:
    installs = [line for line in arguments("RUN") if "pip install" in line]
    assert installs
    assert all("--constraint constraints.txt" in line for line in installs)


@pytest.mark.parametrize("stage", ["agent", "hub"])
def test_an_image_runs_without_root_and_reports_its_health(stage: str) -> None:
    words = stages()
    instructions = {line[0] for line in words[stage]}
    assert words[stage][0][1] == f"base AS {stage}"
    assert {"HEALTHCHECK", "ENTRYPOINT", "CMD"} <= instructions
    assert [line[1] for line in words["base"] if line[0] == "USER"] == ["10001:10001"]
    assert "USER" not in instructions


def test_there_is_one_hub_and_three_agents() -> None:
    assert sorted(SERVICES) == sorted(("hub", *AGENTS))


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_service_is_hardened(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert service["mem_limit"] == service["memswap_limit"]
    assert not service["image"].endswith(":latest")
    assert "privileged" not in service


@pytest.mark.parametrize("name", AGENTS)
def test_an_agent_listens_on_nothing_and_reads_only_its_own_data(name: str) -> None:
    service = SERVICES[name]
    assert "ports" not in service
    assert service["networks"] == ["suppliers"]
    home, policy, data = service["volumes"]
    assert (home, data) == (f"{name}:/var/lib/syncline", f"./data/{name}:/data:ro")
    assert policy.endswith(":/var/lib/syncline/policy.yaml:ro")


def test_images_networks_and_volumes_exist() -> None:
    assert COMPOSE["networks"]["suppliers"]["internal"] is True
    for name, service in SERVICES.items():
        assert name in COMPOSE["volumes"]
        assert set(service["networks"]) <= COMPOSE["networks"].keys()
        assert service["build"]["target"] in stages()
        assert (DEPLOY / service["build"]["context"]).resolve() == ROOT
        assert (ROOT / service["build"]["dockerfile"]).exists()
