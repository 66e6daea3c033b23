"""What a researcher does without a hub: simulate, synthesize, infer a schema."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from syncline.cli.command_app import group
from syncline.cli.hub_session import AsJson
from syncline.cli.named_data import new_file, open_named
from syncline.cli.progress_line import StageProgress
from syncline.cli.study_check import say_idle
from syncline.cli.terminal import say, say_document
from syncline.durable.private_directory import make_private_directory
from syncline.errors import StorageError, UsageError
from syncline.synthesizers.registry import DEFAULT, cards

if TYPE_CHECKING:
    from syncline.compute.frames import Json
    from syncline.data.note import Note
    from syncline.protocols.in_process import Traffic
    from syncline.sources.source import Source
    from syncline.study.spec import StudySpec
    from syncline.synthesizers.fitted import Fitted
    from syncline.synthesizers.hazards.hazard import Hazard

schema = group("Schemas.")


def simulate(
    study: Annotated[Path, typer.Argument(help="The study's YAML file.")],
    supplier: Annotated[
        list[str] | None, typer.Option("--supplier", help="NAME=DATA, once for each supplier.")
    ] = None,
    preparation: Annotated[
        list[str] | None,
        typer.Option("--preparation", help="NAME=FILE, for each supplier whose table is prepared."),
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="Where the release goes.")] = Path("release"),
    seed: Annotated[int | None, typer.Option("--seed", min=0, help="Overrides the study's seed.")] = None,
    salt: Annotated[
        str,
        typer.Option(
            "--salt", help="Who is held out, hexadecimal, as 'supplier-agent studies salt STUDY' prints it."
        ),
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Run a study in this process, over files at hand, and write its release."""
    from syncline.cli.agreement_table import show_agreement
    from syncline.cli.table import print_json
    from syncline.study.idle_settings import idle_settings
    from syncline.study.simulated_study import check_suppliers
    from syncline.study.study_check import sound_study

    spec = sound_study(study)
    idle = idle_settings(spec)
    say_idle(idle)
    locators = _pairs("--supplier", "DATA", supplier or [])
    check_suppliers(spec, locators)
    chosen = _salt(spec, salt)
    sources = _sources(locators, preparation or [])
    made = _simulated(spec, sources, new_directory(out), seed, chosen, quiet=as_json)
    say_notes(made.notes)
    if as_json:
        print_json({**made.to_json(), "no_effect": list(idle)})
        return
    show_agreement(made.out)
    say(f"release: {made.out}")


@dataclass(frozen=True, slots=True)
class _Simulated:
    """A release that was written by one process, and what is told of it beside."""

    out: Path
    rounds: int
    content_sha256: Mapping[str, str]
    hazards: Sequence[Hazard]
    notes: Sequence[Note]

    def to_json(self) -> dict[str, Json]:
        """Return it for programs."""
        return {
            "release": str(self.out),
            "rounds": self.rounds,
            "content_sha256": dict(self.content_sha256),
            "hazards": [hazard.to_json() for hazard in self.hazards],
            "notes": [note.to_json() for note in self.notes],
        }


_PRINTED = "a supplier prints it by 'supplier-agent studies salt STUDY': give that line whole"
_LACKS_KEY = (
    "--salt: without the key by which suppliers number persons the release differs from the one of a study"
    f" that drew its salt; {_PRINTED}"
)


def _simulated(
    spec: StudySpec,
    sources: Mapping[str, Source],
    out: Path,
    seed: int | None,
    salt: bytes | None,
    *,
    quiet: bool,
) -> _Simulated:
    """Fit, compare and release a study in this process; hazards are told before the comparison."""
    from syncline.study import simulated_study as run
    from syncline.study.fitting import lacks_person_key
    from syncline.synthesizers.streams import Seed
    from syncline.wire.exchange import HOPS

    stages: list[str] = []
    own: list[Note] = []
    fold = run.fold_of_run(spec, sources, salt, seed)
    if salt is not None and lacks_person_key(spec, salt):
        say(_LACKS_KEY, err=True)
    with StageProgress(quiet=quiet) as progress:
        listen = _listener(stages, progress)
        chosen = run.seed_of(spec) if seed is None else Seed.of_number(seed)

        def learnt(fitted: Fitted) -> None:
            progress.finish()
            for hazard in fitted.hazards:
                say(f"{'HAZARD' if hazard.is_severe else 'hazard'}: {hazard.words}", err=True)

        told = run.Listeners(own.append, learnt)
        outcome = run.run_study(spec, fold, sources, chosen, listen, told, hops=HOPS)
    written = run.release_study(spec, fold, sources, outcome, chosen, stages, out)
    notes = (*own, *run.notes_of(spec, fold, sources, outcome.fitted))
    return _Simulated(out, len(stages), written.content_sha256, outcome.fitted.hazards, notes)


def _salt(spec: StudySpec, text: str) -> bytes | None:
    """Return the salt of a study that is to be repeated, None where none is given."""
    from syncline.study.fitting import may_be_drawn

    try:
        salt = bytes.fromhex(text)
    except ValueError:
        raise UsageError(f"--salt: expected hexadecimal digits, two a byte; {_PRINTED}") from None
    if salt and not may_be_drawn(spec, salt):
        raise UsageError(f"--salt: no salt that suppliers draw has {2 * len(salt)} digits; {_PRINTED}")
    return salt or None


def _listener(stages: list[str], progress: StageProgress) -> Callable[[Traffic], None]:
    """Return what notes each round's stage, and tells of it."""

    def listen(traffic: Traffic) -> None:
        stages.append(traffic.stage)
        progress.round(traffic.stage)

    return listen


def synthesize(
    data: Annotated[str, typer.Argument(help="A file, or a database URL with ?table= or ?query=.")],
    out: Annotated[Path, typer.Option("--out", help="A new .parquet or .csv file.")],
    method: Annotated[str, typer.Option("--method", help=f"{' or '.join(cards())}.")] = DEFAULT,
    schema_file: Annotated[
        Path | None, typer.Option("--schema", help="A schema; inferred if left out.")
    ] = None,
    rows: Annotated[
        int | None, typer.Option("--rows", min=1, help="As many as the data has, if left out.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", min=0, help="For reproduction; secret if left out.")
    ] = None,
    epsilon: Annotated[float | None, typer.Option("--epsilon", help="Not in this version.")] = None,
    delta: Annotated[float | None, typer.Option("--delta", help="Not in this version.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file of --out.")] = False,
    as_json: AsJson = False,
) -> None:
    """Learn one table and write a synthetic one."""
    from syncline.cli.table import print_json
    from syncline.data.note import TableWarning
    from syncline.synthesizers.synthesizer import Synthesizer

    if out.suffix not in {".parquet", ".csv"}:
        raise UsageError(f"--out {out}: the name must end in .parquet or .csv")
    new_file(out, force=force)
    open_named("DATA", data)
    model = Synthesizer(method, seed=seed, schema=schema_file, epsilon=epsilon, delta=delta)
    with warnings.catch_warnings(), StageProgress(quiet=as_json) as progress:
        warnings.simplefilter("ignore", TableWarning)  # the notes are printed below
        model.fit(data, listen=progress.round)
    written = model.write(out, rows)
    say_notes(model.notes)
    if as_json:
        notes = [note.to_json() for note in model.notes]
        print_json({"out": str(out), "rows": written, "notes": notes})
    else:
        say(f"{written} synthetic rows: {out}")


@schema.command("infer")
def infer(
    data: Annotated[str, typer.Argument(help="A file, or a database URL with ?table= or ?query=.")],
    metadata: Annotated[
        Path | None, typer.Option("--metadata", help="SDV's metadata.json, whose types are followed.")
    ] = None,
    table: Annotated[
        str | None, typer.Option("--table", help="The table of --metadata, where it describes several.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print a draft of the schema of a table, with what was guessed as comments, for a person to correct."""
    from syncline.cli.table import print_json
    from syncline.data.document import read_file
    from syncline.data.inference.commented_schema import commented_yaml
    from syncline.data.inference.sdv_types import read_sdv_metadata
    from syncline.sources.source_inference import infer_source

    if table is not None and metadata is None:
        raise UsageError("--table: names a table of --metadata, which is not given")
    declared = None if metadata is None else read_sdv_metadata(read_file(metadata), str(metadata), table)
    inference = infer_source(open_named("DATA", data), declared)
    say_notes(inference.notes)
    if as_json:
        notes = [note.to_json() for note in inference.notes]
        print_json({"schema": inference.schema.to_document(), "notes": notes})
    else:
        say_document(commented_yaml(inference))


def say_notes(notes: Sequence[Note]) -> None:
    """Print the notes on a table to standard error, a line each."""
    for note in notes:
        say(str(note), err=True)


def require_new(path: Path) -> None:
    """Raise UsageError unless a directory can be made at ``path``, or stands there empty."""
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise UsageError(f"--out {path}: exists already; name a new directory")


def new_directory(path: Path) -> Path:
    """Make an empty directory for a release, or say why it cannot be used."""
    require_new(path)
    try:
        make_private_directory(path)
    except OSError as error:
        raise StorageError(f"--out {path}: cannot be made ({error.strerror}); name another place") from error
    return path


def _sources(locators: dict[str, str], preparations: list[str]) -> dict[str, Source]:
    """Open each supplier's table, and see it through its preparation where one is named."""
    from syncline.preparation.preparation_document import Preparation
    from syncline.preparation.prepared_view import prepared_view

    sources: dict[str, Source] = {
        name: open_named(f"--supplier {name}:", locator) for name, locator in locators.items()
    }
    for name, path in _pairs("--preparation", "FILE", preparations).items():
        if name not in sources:
            raise UsageError(f"--preparation {name}: there is no such supplier; name it under --supplier too")
        sources[name] = prepared_view(sources[name], Preparation.from_yaml(Path(path)))
    return sources


def _pairs(option: str, what: str, items: list[str]) -> dict[str, str]:
    """Read options of the form NAME=WHAT, each name given once."""
    pairs: dict[str, str] = {}
    for item in items:
        name, equals, value = item.partition("=")
        if not (name and equals and value):
            raise UsageError(f"{option} {item}: write NAME={what}")
        if name in pairs:
            raise UsageError(f"{option}: a supplier is given twice; keep one")
        pairs[name] = value
    return pairs
