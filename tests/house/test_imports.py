"""What is loaded when: heavy modules only where they are used, and stubs only under the wire."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.house.repository import ROOT, source_files

HEAVY = ("numpy", "pandas", "pyarrow", "scipy", "sklearn")
OPTIONAL = ("adbc_driver_manager", "adbc_driver_postgresql", "adbc_driver_sqlite", "openpyxl", "sqlalchemy")
COUNT_MODULES = "import sys, json, {module}; print(json.dumps(sorted(sys.modules)))"


def loaded_by(module: str) -> set[str]:
    """Return the modules that a fresh interpreter holds after importing ``module``."""
    script = COUNT_MODULES.format(module=module)
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, check=True, cwd=ROOT, encoding="utf-8"
    )
    return set(json.loads(run.stdout))


def test_importing_the_core_is_light() -> None:
    loaded = loaded_by("syncline")
    assert loaded.isdisjoint({*HEAVY, "cryptography", "google.protobuf", "grpc", "pydantic", "rich", "typer"})


def test_schemas_and_policies_load_no_numeric_library() -> None:
    loaded = loaded_by("syncline.data.schema, syncline.study.policy")
    assert loaded.isdisjoint({*HEAVY, "rich"})


def test_readers_load_what_they_need_when_a_source_is_opened() -> None:
    assert loaded_by("syncline.sources.registry").isdisjoint(OPTIONAL)


@pytest.mark.parametrize("room", ["uplink", "tasks", "consent", "datasets"])
def test_the_agents_daemon_holds_no_numeric_library(room: str) -> None:
    paths = sorted((ROOT / "supplier_agent" / room).rglob("*.py"))
    own = [path for path in paths if not path.stem.endswith("child")]  # a child is a process of its own
    modules = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for path in own
    ]
    assert loaded_by(", ".join(modules)).isdisjoint({*HEAVY, "rich", "sqlalchemy", "alembic"})


def test_the_hubs_daemon_holds_no_numeric_library() -> None:
    assert loaded_by("trusted_party.cli.serving, trusted_party.cli.hub").isdisjoint({*HEAVY, "alembic"})


def test_the_agents_computing_process_holds_no_statistics_library() -> None:
    loaded = loaded_by("supplier_agent.tasks.child")
    assert "numpy" in loaded
    assert loaded.isdisjoint({"scipy", "sklearn"})


def test_the_hubs_computing_process_loads_special_functions_alone_and_only_to_judge() -> None:
    child = "trusted_party.synthesis.child"
    assert loaded_by(child).isdisjoint({"scipy", "sklearn"})
    judging = loaded_by(f"{child}; from syncline.validation.disclosure import power; power.surely_of(9, 0.5)")
    assert "scipy.special" in judging
    assert judging.isdisjoint({"scipy.stats", "scipy.optimize", "sklearn"})


def rooms_with_grpc() -> list[str]:
    """Return the rooms of which some module imports gRPC."""
    found = {path.parent for path in source_files() if "\nimport grpc" in path.read_text("utf-8")}
    return sorted(".".join(folder.relative_to(ROOT).parts[:2]) for folder in found)


@pytest.mark.parametrize("room", rooms_with_grpc())
def test_tls_is_settled_before_grpc_loads(room: str) -> None:
    assert "syncline.wire" in loaded_by(room)


def test_stubs_stay_under_the_wire() -> None:
    loaded = loaded_by("syncline.wire.gen.syncline.v1.supplier_pb2_grpc")
    assert "syncline.wire.gen.syncline.v1.supplier_pb2" in loaded
    assert "syncline.v1" not in loaded
