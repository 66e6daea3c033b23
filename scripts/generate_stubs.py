"""Generate syncline/wire/gen from protos/, or compare what is committed with what would be generated.

Run by ``make proto`` and ``make proto-check`` with the interpreter of .venv-proto, which holds grpcio-tools.

protoc writes modules that import each other as ``syncline.v1``. Here they live in
``syncline.wire.gen.syncline.v1``, so the import lines are rewritten. The names inside the descriptors stay
``syncline/v1/...``: they are the wire.
"""

from __future__ import annotations

import argparse
import filecmp
import re
import shutil
import sys
import tempfile
from importlib.resources import files
from pathlib import Path

from grpc_tools import protoc

ROOT = Path(__file__).resolve().parent.parent
PROTOS = ROOT / "protos"
COMMITTED = ROOT / "syncline" / "wire" / "gen"
PACKAGE = "syncline.wire.gen"

_IMPORT = re.compile(r"^(from|import) (syncline\.v1)\b", flags=re.MULTILINE)
_MODULE_NAME = re.compile(r"(BuildTopDescriptorsAndMessages\(DESCRIPTOR, ')(syncline\.v1\.)")
_HEADER = '"""Generated from protos/ by `make proto`; never edited, never imported outside the wire."""\n'


def main() -> int:
    """Write the stubs, or with ``--check`` report those that differ from protos/."""
    parser = argparse.ArgumentParser(description="Generate the protobuf and gRPC stubs.")
    parser.add_argument("--check", action="store_true", help="compare only; exit 1 where anything differs")
    check = parser.parse_args().check
    with tempfile.TemporaryDirectory() as scratch:
        fresh = Path(scratch) / "gen"
        generate(fresh)
        return report(fresh) if check else install(fresh)


def generate(target: Path) -> None:
    """Run protoc into ``target`` and make its output importable as ``syncline.wire.gen``."""
    target.mkdir()
    sources = sorted(str(path.relative_to(PROTOS)) for path in PROTOS.rglob("*.proto"))
    well_known = files("grpc_tools") / "_proto"
    outputs = [f"--{kind}_out={target}" for kind in ("python", "pyi", "grpc_python")]
    status = protoc.main(["protoc", f"-I{PROTOS}", f"-I{well_known}", *outputs, *sources])
    if status != 0:
        raise SystemExit("protoc failed; its message above names the file and line")
    for module in (*target.rglob("*.py"), *target.rglob("*.pyi")):
        module.write_text(relocate(module.read_text("utf-8")), "utf-8")
    for package in (target, *(path for path in target.rglob("*") if path.is_dir())):
        (package / "__init__.py").write_text(_HEADER, "utf-8")


def relocate(text: str) -> str:
    """Let a generated module import its siblings from the package that it really lives in."""
    text = _IMPORT.sub(rf"\1 {PACKAGE}.\2", text)
    return _MODULE_NAME.sub(rf"\1{PACKAGE}.\2", text)


def install(fresh: Path) -> int:
    """Replace the committed stubs."""
    shutil.rmtree(COMMITTED, ignore_errors=True)
    shutil.copytree(fresh, COMMITTED)
    print(f"wrote {len(contents(COMMITTED))} files to {COMMITTED.relative_to(ROOT)}")
    return 0


def report(fresh: Path) -> int:
    """Print each stub that is missing, stale or left over; return 1 where there is one."""
    expected, present = contents(fresh), contents(COMMITTED)
    _, stale, unreadable = filecmp.cmpfiles(fresh, COMMITTED, expected & present, shallow=False)
    problems = sorted({*stale, *unreadable, *(expected ^ present)})
    for name in problems:
        path = (COMMITTED / name).relative_to(ROOT)
        print(f"{path} does not follow from protos/: run `make proto`", file=sys.stderr)
    return 1 if problems else 0


def contents(folder: Path) -> set[str]:
    """Return the generated files under ``folder``, as relative paths."""
    return {str(path.relative_to(folder)) for suffix in ("py", "pyi") for path in folder.rglob(f"*.{suffix}")}


if __name__ == "__main__":
    sys.exit(main())
