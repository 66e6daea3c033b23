"""What the demo plays with: real tables from installed packages, split by their own sites."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

from syncline.errors import UsageError


class DemoData(StrEnum):
    """The tables that the demo knows."""

    RAND_HIE = "rand-hie"
    PENGUINS = "penguins"


@dataclass(frozen=True, slots=True)
class Scene:
    """A table and how it is told apart by supplier.

    Attributes
    ----------
    title, purpose : for people
    package, table : the installed package and the CSV file inside it
    site : the column that tells the suppliers apart; it is dropped
    schema : the schema's file beside this module
    person : the person column, if there is one
    validation : what the study compares by, as in its file
    """

    title: str
    purpose: str
    package: str
    table: str
    site: str
    schema: str
    person: str | None
    validation: str


SCENES: Mapping[DemoData, Scene] = {
    DemoData.RAND_HIE: Scene(
        "RAND Health Insurance Experiment, 20,190 years of 5,912 persons at six sites",
        "Show a federated study on the public RAND Health Insurance Experiment",
        "statsmodels",
        "datasets/randhie/src/randhie.csv",
        "site",
        "rand_hie.yaml",
        "zper",
        """\
  holdout: 0.2
  salt: demo
  target: mdvis
  keys: [female, xage, educdec, num]
  sensitive: [mhi, income, disea]
  models: [mdvis ~ coins + female + xage + linc + disea]
""",
    ),
    DemoData.PENGUINS: Scene(
        "Palmer penguins, 344 rows on three islands",
        "Show a federated study on the public Palmer penguins",
        "palmerpenguins",
        "data/penguins.csv",
        "island",
        "penguins.yaml",
        None,
        """\
  holdout: 0.5
  salt: demo
  target: species
  keys: [sex, year]
  sensitive: [species, body_mass_g]
  models: [body_mass_g ~ flipper_length_mm + sex]
""",
    ),
}


def split_by_site(scene: Scene, directory: Path) -> dict[str, Path]:
    """Write one CSV file for each site, without the site's column; return the suppliers' names and files."""
    with _table(scene).open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    place = header.index(scene.site)
    sites: dict[str, list[list[str]]] = {}
    for row in rows:
        sites.setdefault(row[place], []).append(row[:place] + row[place + 1 :])
    found = {}
    for site in sorted(sites):
        name = f"{scene.site}-{site}".lower() if site.isdigit() else site.lower()
        found[name] = directory / f"{name}.csv"
        with found[name].open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(header[:place] + header[place + 1 :])
            writer.writerows(sites[site])
    return found


def schema_text(scene: Scene) -> str:
    """Return the schema of the scene's study."""
    return files("syncline.cli.demo").joinpath(scene.schema).read_text(encoding="utf-8")


def _table(scene: Scene) -> Path:
    """Return the CSV file inside the installed package, which is found but not imported."""
    spec = find_spec(scene.package)
    if spec is None or spec.origin is None:
        raise UsageError(
            f"the demo reads its data from the package {scene.package}, which is not installed:"
            " run 'make demo', or pip install 'syncline[demo]'"
        )
    return Path(spec.origin).parent / scene.table
