from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Coding(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CODING_UNSPECIFIED: _ClassVar[Coding]
    CODING_FINE: _ClassVar[Coding]
    CODING_BINS: _ClassVar[Coding]
    CODING_CLASSES: _ClassVar[Coding]
    CODING_CELLS: _ClassVar[Coding]

class FormulaKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FORMULA_KIND_UNSPECIFIED: _ClassVar[FormulaKind]
    FORMULA_KIND_EQUAL: _ClassVar[FormulaKind]
    FORMULA_KIND_SUM: _ClassVar[FormulaKind]
    FORMULA_KIND_LOG: _ClassVar[FormulaKind]
    FORMULA_KIND_LOG1P: _ClassVar[FormulaKind]
    FORMULA_KIND_LOG_FLOOR: _ClassVar[FormulaKind]
    FORMULA_KIND_RATIO: _ClassVar[FormulaKind]
    FORMULA_KIND_AT_MOST: _ClassVar[FormulaKind]
    FORMULA_KIND_LINEAR: _ClassVar[FormulaKind]
    FORMULA_KIND_DAYS: _ClassVar[FormulaKind]
    FORMULA_KIND_HOURS: _ClassVar[FormulaKind]
    FORMULA_KIND_MINUTES: _ClassVar[FormulaKind]
    FORMULA_KIND_NIGHTS: _ClassVar[FormulaKind]
    FORMULA_KIND_YEARS: _ClassVar[FormulaKind]
CODING_UNSPECIFIED: Coding
CODING_FINE: Coding
CODING_BINS: Coding
CODING_CLASSES: Coding
CODING_CELLS: Coding
FORMULA_KIND_UNSPECIFIED: FormulaKind
FORMULA_KIND_EQUAL: FormulaKind
FORMULA_KIND_SUM: FormulaKind
FORMULA_KIND_LOG: FormulaKind
FORMULA_KIND_LOG1P: FormulaKind
FORMULA_KIND_LOG_FLOOR: FormulaKind
FORMULA_KIND_RATIO: FormulaKind
FORMULA_KIND_AT_MOST: FormulaKind
FORMULA_KIND_LINEAR: FormulaKind
FORMULA_KIND_DAYS: FormulaKind
FORMULA_KIND_HOURS: FormulaKind
FORMULA_KIND_MINUTES: FormulaKind
FORMULA_KIND_NIGHTS: FormulaKind
FORMULA_KIND_YEARS: FormulaKind

class Request(_message.Message):
    __slots__ = ("round", "questions", "codebook", "commitments", "openings")
    ROUND_FIELD_NUMBER: _ClassVar[int]
    QUESTIONS_FIELD_NUMBER: _ClassVar[int]
    CODEBOOK_FIELD_NUMBER: _ClassVar[int]
    COMMITMENTS_FIELD_NUMBER: _ClassVar[int]
    OPENINGS_FIELD_NUMBER: _ClassVar[int]
    round: int
    questions: _containers.RepeatedCompositeFieldContainer[Question]
    codebook: Codebook
    commitments: Commitments
    openings: Openings
    def __init__(self, round: _Optional[int] = ..., questions: _Optional[_Iterable[_Union[Question, _Mapping]]] = ..., codebook: _Optional[_Union[Codebook, _Mapping]] = ..., commitments: _Optional[_Union[Commitments, _Mapping]] = ..., openings: _Optional[_Union[Openings, _Mapping]] = ...) -> None: ...

class Reply(_message.Message):
    __slots__ = ("round", "answers", "opening")
    ROUND_FIELD_NUMBER: _ClassVar[int]
    ANSWERS_FIELD_NUMBER: _ClassVar[int]
    OPENING_FIELD_NUMBER: _ClassVar[int]
    round: int
    answers: _containers.RepeatedCompositeFieldContainer[Answer]
    opening: Opening
    def __init__(self, round: _Optional[int] = ..., answers: _Optional[_Iterable[_Union[Answer, _Mapping]]] = ..., opening: _Optional[_Union[Opening, _Mapping]] = ...) -> None: ...

class Commitments(_message.Message):
    __slots__ = ("study_id", "specification_sha256", "by_party")
    STUDY_ID_FIELD_NUMBER: _ClassVar[int]
    SPECIFICATION_SHA256_FIELD_NUMBER: _ClassVar[int]
    BY_PARTY_FIELD_NUMBER: _ClassVar[int]
    study_id: str
    specification_sha256: bytes
    by_party: _containers.RepeatedCompositeFieldContainer[PartyBytes]
    def __init__(self, study_id: _Optional[str] = ..., specification_sha256: _Optional[bytes] = ..., by_party: _Optional[_Iterable[_Union[PartyBytes, _Mapping]]] = ...) -> None: ...

class PartyBytes(_message.Message):
    __slots__ = ("party", "value")
    PARTY_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    party: str
    value: bytes
    def __init__(self, party: _Optional[str] = ..., value: _Optional[bytes] = ...) -> None: ...

class Opening(_message.Message):
    __slots__ = ("contribution", "people", "sealed")
    CONTRIBUTION_FIELD_NUMBER: _ClassVar[int]
    PEOPLE_FIELD_NUMBER: _ClassVar[int]
    SEALED_FIELD_NUMBER: _ClassVar[int]
    contribution: bytes
    people: int
    sealed: _containers.RepeatedCompositeFieldContainer[PartyBytes]
    def __init__(self, contribution: _Optional[bytes] = ..., people: _Optional[int] = ..., sealed: _Optional[_Iterable[_Union[PartyBytes, _Mapping]]] = ...) -> None: ...

class Openings(_message.Message):
    __slots__ = ("by_party", "holdout_percent", "sealed")
    BY_PARTY_FIELD_NUMBER: _ClassVar[int]
    HOLDOUT_PERCENT_FIELD_NUMBER: _ClassVar[int]
    SEALED_FIELD_NUMBER: _ClassVar[int]
    by_party: _containers.RepeatedCompositeFieldContainer[PartyBytes]
    holdout_percent: int
    sealed: _containers.RepeatedCompositeFieldContainer[PartyBytes]
    def __init__(self, by_party: _Optional[_Iterable[_Union[PartyBytes, _Mapping]]] = ..., holdout_percent: _Optional[int] = ..., sealed: _Optional[_Iterable[_Union[PartyBytes, _Mapping]]] = ...) -> None: ...

class Draw(_message.Message):
    __slots__ = ("commitments", "openings")
    COMMITMENTS_FIELD_NUMBER: _ClassVar[int]
    OPENINGS_FIELD_NUMBER: _ClassVar[int]
    commitments: Commitments
    openings: Openings
    def __init__(self, commitments: _Optional[_Union[Commitments, _Mapping]] = ..., openings: _Optional[_Union[Openings, _Mapping]] = ...) -> None: ...

class Memory(_message.Message):
    __slots__ = ("rounds_answered", "codebook", "paths", "counted_sets", "closed", "candidate_memory", "commitments", "openings", "people", "searched", "own")
    class OwnEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: bytes
        def __init__(self, key: _Optional[str] = ..., value: _Optional[bytes] = ...) -> None: ...
    ROUNDS_ANSWERED_FIELD_NUMBER: _ClassVar[int]
    CODEBOOK_FIELD_NUMBER: _ClassVar[int]
    PATHS_FIELD_NUMBER: _ClassVar[int]
    COUNTED_SETS_FIELD_NUMBER: _ClassVar[int]
    CLOSED_FIELD_NUMBER: _ClassVar[int]
    CANDIDATE_MEMORY_FIELD_NUMBER: _ClassVar[int]
    COMMITMENTS_FIELD_NUMBER: _ClassVar[int]
    OPENINGS_FIELD_NUMBER: _ClassVar[int]
    PEOPLE_FIELD_NUMBER: _ClassVar[int]
    SEARCHED_FIELD_NUMBER: _ClassVar[int]
    OWN_FIELD_NUMBER: _ClassVar[int]
    rounds_answered: int
    codebook: Codebook
    paths: TreePaths
    counted_sets: _containers.RepeatedScalarFieldContainer[str]
    closed: bool
    candidate_memory: CandidateMemory
    commitments: Commitments
    openings: Openings
    people: int
    searched: _containers.RepeatedCompositeFieldContainer[RankColumn]
    own: _containers.ScalarMap[str, bytes]
    def __init__(self, rounds_answered: _Optional[int] = ..., codebook: _Optional[_Union[Codebook, _Mapping]] = ..., paths: _Optional[_Union[TreePaths, _Mapping]] = ..., counted_sets: _Optional[_Iterable[str]] = ..., closed: bool = ..., candidate_memory: _Optional[_Union[CandidateMemory, _Mapping]] = ..., commitments: _Optional[_Union[Commitments, _Mapping]] = ..., openings: _Optional[_Union[Openings, _Mapping]] = ..., people: _Optional[int] = ..., searched: _Optional[_Iterable[_Union[RankColumn, _Mapping]]] = ..., own: _Optional[_Mapping[str, bytes]] = ...) -> None: ...

class CandidateMemory(_message.Message):
    __slots__ = ("candidate", "table", "columns", "totals", "asked", "forest", "scored", "regressions", "judged")
    CANDIDATE_FIELD_NUMBER: _ClassVar[int]
    TABLE_FIELD_NUMBER: _ClassVar[int]
    COLUMNS_FIELD_NUMBER: _ClassVar[int]
    TOTALS_FIELD_NUMBER: _ClassVar[int]
    ASKED_FIELD_NUMBER: _ClassVar[int]
    FOREST_FIELD_NUMBER: _ClassVar[int]
    SCORED_FIELD_NUMBER: _ClassVar[int]
    REGRESSIONS_FIELD_NUMBER: _ClassVar[int]
    JUDGED_FIELD_NUMBER: _ClassVar[int]
    candidate: bytes
    table: bytes
    columns: _containers.RepeatedCompositeFieldContainer[ComparedColumn]
    totals: Totals
    asked: int
    forest: Forest
    scored: bool
    regressions: int
    judged: bool
    def __init__(self, candidate: _Optional[bytes] = ..., table: _Optional[bytes] = ..., columns: _Optional[_Iterable[_Union[ComparedColumn, _Mapping]]] = ..., totals: _Optional[_Union[Totals, _Mapping]] = ..., asked: _Optional[int] = ..., forest: _Optional[_Union[Forest, _Mapping]] = ..., scored: bool = ..., regressions: _Optional[int] = ..., judged: bool = ...) -> None: ...

class Totals(_message.Message):
    __slots__ = ("train_rows", "holdout_rows", "train_people", "holdout_people")
    TRAIN_ROWS_FIELD_NUMBER: _ClassVar[int]
    HOLDOUT_ROWS_FIELD_NUMBER: _ClassVar[int]
    TRAIN_PEOPLE_FIELD_NUMBER: _ClassVar[int]
    HOLDOUT_PEOPLE_FIELD_NUMBER: _ClassVar[int]
    train_rows: int
    holdout_rows: int
    train_people: int
    holdout_people: int
    def __init__(self, train_rows: _Optional[int] = ..., holdout_rows: _Optional[int] = ..., train_people: _Optional[int] = ..., holdout_people: _Optional[int] = ...) -> None: ...

class Codebook(_message.Message):
    __slots__ = ("columns",)
    COLUMNS_FIELD_NUMBER: _ClassVar[int]
    columns: _containers.RepeatedCompositeFieldContainer[ColumnCodes]
    def __init__(self, columns: _Optional[_Iterable[_Union[ColumnCodes, _Mapping]]] = ...) -> None: ...

class ColumnCodes(_message.Message):
    __slots__ = ("name", "numeric", "n_codes", "missing", "keeps_missing", "segment_low", "segment_code", "bins", "classes", "cells", "gap")
    NAME_FIELD_NUMBER: _ClassVar[int]
    NUMERIC_FIELD_NUMBER: _ClassVar[int]
    N_CODES_FIELD_NUMBER: _ClassVar[int]
    MISSING_FIELD_NUMBER: _ClassVar[int]
    KEEPS_MISSING_FIELD_NUMBER: _ClassVar[int]
    SEGMENT_LOW_FIELD_NUMBER: _ClassVar[int]
    SEGMENT_CODE_FIELD_NUMBER: _ClassVar[int]
    BINS_FIELD_NUMBER: _ClassVar[int]
    CLASSES_FIELD_NUMBER: _ClassVar[int]
    CELLS_FIELD_NUMBER: _ClassVar[int]
    GAP_FIELD_NUMBER: _ClassVar[int]
    name: str
    numeric: bool
    n_codes: int
    missing: int
    keeps_missing: bool
    segment_low: _containers.RepeatedScalarFieldContainer[int]
    segment_code: _containers.RepeatedScalarFieldContainer[int]
    bins: _containers.RepeatedScalarFieldContainer[int]
    classes: _containers.RepeatedScalarFieldContainer[int]
    cells: _containers.RepeatedScalarFieldContainer[int]
    gap: Gap
    def __init__(self, name: _Optional[str] = ..., numeric: bool = ..., n_codes: _Optional[int] = ..., missing: _Optional[int] = ..., keeps_missing: bool = ..., segment_low: _Optional[_Iterable[int]] = ..., segment_code: _Optional[_Iterable[int]] = ..., bins: _Optional[_Iterable[int]] = ..., classes: _Optional[_Iterable[int]] = ..., cells: _Optional[_Iterable[int]] = ..., gap: _Optional[_Union[Gap, _Mapping]] = ...) -> None: ...

class Gap(_message.Message):
    __slots__ = ("of", "base", "below")
    OF_FIELD_NUMBER: _ClassVar[int]
    BASE_FIELD_NUMBER: _ClassVar[int]
    BELOW_FIELD_NUMBER: _ClassVar[int]
    of: str
    base: str
    below: bool
    def __init__(self, of: _Optional[str] = ..., base: _Optional[str] = ..., below: bool = ...) -> None: ...

class Question(_message.Message):
    __slots__ = ("row_count", "profile", "rank_counts", "marginals", "moments", "formula_check", "tree_level", "person_count", "grow_trees", "score_trees", "score_candidate", "regression_sums", "pair_counts", "coded")
    ROW_COUNT_FIELD_NUMBER: _ClassVar[int]
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    RANK_COUNTS_FIELD_NUMBER: _ClassVar[int]
    MARGINALS_FIELD_NUMBER: _ClassVar[int]
    MOMENTS_FIELD_NUMBER: _ClassVar[int]
    FORMULA_CHECK_FIELD_NUMBER: _ClassVar[int]
    TREE_LEVEL_FIELD_NUMBER: _ClassVar[int]
    PERSON_COUNT_FIELD_NUMBER: _ClassVar[int]
    GROW_TREES_FIELD_NUMBER: _ClassVar[int]
    SCORE_TREES_FIELD_NUMBER: _ClassVar[int]
    SCORE_CANDIDATE_FIELD_NUMBER: _ClassVar[int]
    REGRESSION_SUMS_FIELD_NUMBER: _ClassVar[int]
    PAIR_COUNTS_FIELD_NUMBER: _ClassVar[int]
    CODED_FIELD_NUMBER: _ClassVar[int]
    row_count: RowCount
    profile: Profile
    rank_counts: RankCounts
    marginals: Marginals
    moments: Moments
    formula_check: FormulaCheck
    tree_level: TreeLevel
    person_count: PersonCount
    grow_trees: GrowTrees
    score_trees: ScoreTrees
    score_candidate: ScoreCandidate
    regression_sums: RegressionSums
    pair_counts: PairCounts
    coded: CodedQuestion
    def __init__(self, row_count: _Optional[_Union[RowCount, _Mapping]] = ..., profile: _Optional[_Union[Profile, _Mapping]] = ..., rank_counts: _Optional[_Union[RankCounts, _Mapping]] = ..., marginals: _Optional[_Union[Marginals, _Mapping]] = ..., moments: _Optional[_Union[Moments, _Mapping]] = ..., formula_check: _Optional[_Union[FormulaCheck, _Mapping]] = ..., tree_level: _Optional[_Union[TreeLevel, _Mapping]] = ..., person_count: _Optional[_Union[PersonCount, _Mapping]] = ..., grow_trees: _Optional[_Union[GrowTrees, _Mapping]] = ..., score_trees: _Optional[_Union[ScoreTrees, _Mapping]] = ..., score_candidate: _Optional[_Union[ScoreCandidate, _Mapping]] = ..., regression_sums: _Optional[_Union[RegressionSums, _Mapping]] = ..., pair_counts: _Optional[_Union[PairCounts, _Mapping]] = ..., coded: _Optional[_Union[CodedQuestion, _Mapping]] = ...) -> None: ...

class CodedQuestion(_message.Message):
    __slots__ = ("kind", "body")
    KIND_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    kind: str
    body: bytes
    def __init__(self, kind: _Optional[str] = ..., body: _Optional[bytes] = ...) -> None: ...

class RowCount(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Profile(_message.Message):
    __slots__ = ("columns",)
    COLUMNS_FIELD_NUMBER: _ClassVar[int]
    columns: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, columns: _Optional[_Iterable[str]] = ...) -> None: ...

class RankCounts(_message.Message):
    __slots__ = ("columns",)
    COLUMNS_FIELD_NUMBER: _ClassVar[int]
    columns: _containers.RepeatedCompositeFieldContainer[RankColumn]
    def __init__(self, columns: _Optional[_Iterable[_Union[RankColumn, _Mapping]]] = ...) -> None: ...

class RankColumn(_message.Message):
    __slots__ = ("name", "base", "shift", "bits", "prefixes", "gap")
    NAME_FIELD_NUMBER: _ClassVar[int]
    BASE_FIELD_NUMBER: _ClassVar[int]
    SHIFT_FIELD_NUMBER: _ClassVar[int]
    BITS_FIELD_NUMBER: _ClassVar[int]
    PREFIXES_FIELD_NUMBER: _ClassVar[int]
    GAP_FIELD_NUMBER: _ClassVar[int]
    name: str
    base: int
    shift: int
    bits: int
    prefixes: _containers.RepeatedScalarFieldContainer[int]
    gap: Gap
    def __init__(self, name: _Optional[str] = ..., base: _Optional[int] = ..., shift: _Optional[int] = ..., bits: _Optional[int] = ..., prefixes: _Optional[_Iterable[int]] = ..., gap: _Optional[_Union[Gap, _Mapping]] = ...) -> None: ...

class Axis(_message.Message):
    __slots__ = ("column", "coding")
    COLUMN_FIELD_NUMBER: _ClassVar[int]
    CODING_FIELD_NUMBER: _ClassVar[int]
    column: str
    coding: Coding
    def __init__(self, column: _Optional[str] = ..., coding: _Optional[_Union[Coding, str]] = ...) -> None: ...

class MarginalSet(_message.Message):
    __slots__ = ("axes",)
    AXES_FIELD_NUMBER: _ClassVar[int]
    axes: _containers.RepeatedCompositeFieldContainer[Axis]
    def __init__(self, axes: _Optional[_Iterable[_Union[Axis, _Mapping]]] = ...) -> None: ...

class Marginals(_message.Message):
    __slots__ = ("sets", "holdout", "persons")
    SETS_FIELD_NUMBER: _ClassVar[int]
    HOLDOUT_FIELD_NUMBER: _ClassVar[int]
    PERSONS_FIELD_NUMBER: _ClassVar[int]
    sets: _containers.RepeatedCompositeFieldContainer[MarginalSet]
    holdout: bool
    persons: bool
    def __init__(self, sets: _Optional[_Iterable[_Union[MarginalSet, _Mapping]]] = ..., holdout: bool = ..., persons: bool = ...) -> None: ...

class Moments(_message.Message):
    __slots__ = ("columns", "logs")
    COLUMNS_FIELD_NUMBER: _ClassVar[int]
    LOGS_FIELD_NUMBER: _ClassVar[int]
    columns: _containers.RepeatedCompositeFieldContainer[ScaledColumn]
    logs: _containers.RepeatedCompositeFieldContainer[ScaledColumn]
    def __init__(self, columns: _Optional[_Iterable[_Union[ScaledColumn, _Mapping]]] = ..., logs: _Optional[_Iterable[_Union[ScaledColumn, _Mapping]]] = ...) -> None: ...

class ScaledColumn(_message.Message):
    __slots__ = ("name", "exponent")
    NAME_FIELD_NUMBER: _ClassVar[int]
    EXPONENT_FIELD_NUMBER: _ClassVar[int]
    name: str
    exponent: int
    def __init__(self, name: _Optional[str] = ..., exponent: _Optional[int] = ...) -> None: ...

class Formula(_message.Message):
    __slots__ = ("kind", "of", "inputs", "factor", "offset")
    KIND_FIELD_NUMBER: _ClassVar[int]
    OF_FIELD_NUMBER: _ClassVar[int]
    INPUTS_FIELD_NUMBER: _ClassVar[int]
    FACTOR_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    kind: FormulaKind
    of: str
    inputs: _containers.RepeatedScalarFieldContainer[str]
    factor: float
    offset: float
    def __init__(self, kind: _Optional[_Union[FormulaKind, str]] = ..., of: _Optional[str] = ..., inputs: _Optional[_Iterable[str]] = ..., factor: _Optional[float] = ..., offset: _Optional[float] = ...) -> None: ...

class FormulaCheck(_message.Message):
    __slots__ = ("formulas",)
    FORMULAS_FIELD_NUMBER: _ClassVar[int]
    formulas: _containers.RepeatedCompositeFieldContainer[Formula]
    def __init__(self, formulas: _Optional[_Iterable[_Union[Formula, _Mapping]]] = ...) -> None: ...

class TreeLevel(_message.Message):
    __slots__ = ("level", "visit_order", "steps", "leaves", "persons")
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    VISIT_ORDER_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    LEAVES_FIELD_NUMBER: _ClassVar[int]
    PERSONS_FIELD_NUMBER: _ClassVar[int]
    level: int
    visit_order: _containers.RepeatedScalarFieldContainer[str]
    steps: _containers.RepeatedCompositeFieldContainer[TreeStep]
    leaves: bool
    persons: bool
    def __init__(self, level: _Optional[int] = ..., visit_order: _Optional[_Iterable[str]] = ..., steps: _Optional[_Iterable[_Union[TreeStep, _Mapping]]] = ..., leaves: bool = ..., persons: bool = ...) -> None: ...

class TreeStep(_message.Message):
    __slots__ = ("target", "split_node", "split_predictor", "split_left", "counted", "alive", "predictors")
    TARGET_FIELD_NUMBER: _ClassVar[int]
    SPLIT_NODE_FIELD_NUMBER: _ClassVar[int]
    SPLIT_PREDICTOR_FIELD_NUMBER: _ClassVar[int]
    SPLIT_LEFT_FIELD_NUMBER: _ClassVar[int]
    COUNTED_FIELD_NUMBER: _ClassVar[int]
    ALIVE_FIELD_NUMBER: _ClassVar[int]
    PREDICTORS_FIELD_NUMBER: _ClassVar[int]
    target: int
    split_node: _containers.RepeatedScalarFieldContainer[int]
    split_predictor: _containers.RepeatedScalarFieldContainer[int]
    split_left: _containers.RepeatedScalarFieldContainer[int]
    counted: _containers.RepeatedScalarFieldContainer[int]
    alive: bytes
    predictors: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, target: _Optional[int] = ..., split_node: _Optional[_Iterable[int]] = ..., split_predictor: _Optional[_Iterable[int]] = ..., split_left: _Optional[_Iterable[int]] = ..., counted: _Optional[_Iterable[int]] = ..., alive: _Optional[bytes] = ..., predictors: _Optional[_Iterable[int]] = ...) -> None: ...

class PairCounts(_message.Message):
    __slots__ = ("columns",)
    COLUMNS_FIELD_NUMBER: _ClassVar[int]
    columns: _containers.RepeatedCompositeFieldContainer[PairColumn]
    def __init__(self, columns: _Optional[_Iterable[_Union[PairColumn, _Mapping]]] = ...) -> None: ...

class PairColumn(_message.Message):
    __slots__ = ("name", "groups")
    NAME_FIELD_NUMBER: _ClassVar[int]
    GROUPS_FIELD_NUMBER: _ClassVar[int]
    name: str
    groups: bytes
    def __init__(self, name: _Optional[str] = ..., groups: _Optional[bytes] = ...) -> None: ...

class PersonCount(_message.Message):
    __slots__ = ("table", "columns")
    TABLE_FIELD_NUMBER: _ClassVar[int]
    COLUMNS_FIELD_NUMBER: _ClassVar[int]
    table: bytes
    columns: _containers.RepeatedCompositeFieldContainer[ComparedColumn]
    def __init__(self, table: _Optional[bytes] = ..., columns: _Optional[_Iterable[_Union[ComparedColumn, _Mapping]]] = ...) -> None: ...

class ComparedColumn(_message.Message):
    __slots__ = ("name", "merged")
    NAME_FIELD_NUMBER: _ClassVar[int]
    MERGED_FIELD_NUMBER: _ClassVar[int]
    name: str
    merged: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, name: _Optional[str] = ..., merged: _Optional[_Iterable[int]] = ...) -> None: ...

class Splits(_message.Message):
    __slots__ = ("learners", "nodes", "column", "right", "leaves")
    LEARNERS_FIELD_NUMBER: _ClassVar[int]
    NODES_FIELD_NUMBER: _ClassVar[int]
    COLUMN_FIELD_NUMBER: _ClassVar[int]
    RIGHT_FIELD_NUMBER: _ClassVar[int]
    LEAVES_FIELD_NUMBER: _ClassVar[int]
    learners: int
    nodes: int
    column: bytes
    right: bytes
    leaves: bytes
    def __init__(self, learners: _Optional[int] = ..., nodes: _Optional[int] = ..., column: _Optional[bytes] = ..., right: _Optional[bytes] = ..., leaves: _Optional[bytes] = ...) -> None: ...

class Forest(_message.Message):
    __slots__ = ("learners", "levels", "column", "right", "leaves")
    LEARNERS_FIELD_NUMBER: _ClassVar[int]
    LEVELS_FIELD_NUMBER: _ClassVar[int]
    COLUMN_FIELD_NUMBER: _ClassVar[int]
    RIGHT_FIELD_NUMBER: _ClassVar[int]
    LEAVES_FIELD_NUMBER: _ClassVar[int]
    learners: int
    levels: int
    column: bytes
    right: bytes
    leaves: bytes
    def __init__(self, learners: _Optional[int] = ..., levels: _Optional[int] = ..., column: _Optional[bytes] = ..., right: _Optional[bytes] = ..., leaves: _Optional[bytes] = ...) -> None: ...

class GrowTrees(_message.Message):
    __slots__ = ("candidate", "levels", "newest", "totals")
    CANDIDATE_FIELD_NUMBER: _ClassVar[int]
    LEVELS_FIELD_NUMBER: _ClassVar[int]
    NEWEST_FIELD_NUMBER: _ClassVar[int]
    TOTALS_FIELD_NUMBER: _ClassVar[int]
    candidate: bytes
    levels: int
    newest: Splits
    totals: Totals
    def __init__(self, candidate: _Optional[bytes] = ..., levels: _Optional[int] = ..., newest: _Optional[_Union[Splits, _Mapping]] = ..., totals: _Optional[_Union[Totals, _Mapping]] = ...) -> None: ...

class ScoreTrees(_message.Message):
    __slots__ = ("candidate", "levels", "newest")
    CANDIDATE_FIELD_NUMBER: _ClassVar[int]
    LEVELS_FIELD_NUMBER: _ClassVar[int]
    NEWEST_FIELD_NUMBER: _ClassVar[int]
    candidate: bytes
    levels: int
    newest: Splits
    def __init__(self, candidate: _Optional[bytes] = ..., levels: _Optional[int] = ..., newest: _Optional[_Union[Splits, _Mapping]] = ...) -> None: ...

class Coefficients(_message.Message):
    __slots__ = ("train", "holdout")
    TRAIN_FIELD_NUMBER: _ClassVar[int]
    HOLDOUT_FIELD_NUMBER: _ClassVar[int]
    train: _containers.RepeatedScalarFieldContainer[int]
    holdout: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, train: _Optional[_Iterable[int]] = ..., holdout: _Optional[_Iterable[int]] = ...) -> None: ...

class RegressionSums(_message.Message):
    __slots__ = ("candidate", "models")
    CANDIDATE_FIELD_NUMBER: _ClassVar[int]
    MODELS_FIELD_NUMBER: _ClassVar[int]
    candidate: bytes
    models: _containers.RepeatedCompositeFieldContainer[Coefficients]
    def __init__(self, candidate: _Optional[bytes] = ..., models: _Optional[_Iterable[_Union[Coefficients, _Mapping]]] = ...) -> None: ...

class ScoreCandidate(_message.Message):
    __slots__ = ("candidate",)
    CANDIDATE_FIELD_NUMBER: _ClassVar[int]
    candidate: bytes
    def __init__(self, candidate: _Optional[bytes] = ...) -> None: ...

class TreePaths(_message.Message):
    __slots__ = ("visit_order", "levels", "closed", "trees")
    VISIT_ORDER_FIELD_NUMBER: _ClassVar[int]
    LEVELS_FIELD_NUMBER: _ClassVar[int]
    CLOSED_FIELD_NUMBER: _ClassVar[int]
    TREES_FIELD_NUMBER: _ClassVar[int]
    visit_order: _containers.RepeatedScalarFieldContainer[str]
    levels: int
    closed: bool
    trees: _containers.RepeatedCompositeFieldContainer[TreePath]
    def __init__(self, visit_order: _Optional[_Iterable[str]] = ..., levels: _Optional[int] = ..., closed: bool = ..., trees: _Optional[_Iterable[_Union[TreePath, _Mapping]]] = ...) -> None: ...

class TreePath(_message.Message):
    __slots__ = ("target", "n_nodes", "levels", "opened")
    TARGET_FIELD_NUMBER: _ClassVar[int]
    N_NODES_FIELD_NUMBER: _ClassVar[int]
    LEVELS_FIELD_NUMBER: _ClassVar[int]
    OPENED_FIELD_NUMBER: _ClassVar[int]
    target: int
    n_nodes: int
    levels: _containers.RepeatedCompositeFieldContainer[LevelSplits]
    opened: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, target: _Optional[int] = ..., n_nodes: _Optional[int] = ..., levels: _Optional[_Iterable[_Union[LevelSplits, _Mapping]]] = ..., opened: _Optional[_Iterable[int]] = ...) -> None: ...

class LevelSplits(_message.Message):
    __slots__ = ("node", "predictor", "left", "first_child")
    NODE_FIELD_NUMBER: _ClassVar[int]
    PREDICTOR_FIELD_NUMBER: _ClassVar[int]
    LEFT_FIELD_NUMBER: _ClassVar[int]
    FIRST_CHILD_FIELD_NUMBER: _ClassVar[int]
    node: _containers.RepeatedScalarFieldContainer[int]
    predictor: _containers.RepeatedScalarFieldContainer[int]
    left: _containers.RepeatedScalarFieldContainer[int]
    first_child: int
    def __init__(self, node: _Optional[_Iterable[int]] = ..., predictor: _Optional[_Iterable[int]] = ..., left: _Optional[_Iterable[int]] = ..., first_child: _Optional[int] = ...) -> None: ...

class Answer(_message.Message):
    __slots__ = ("counts", "sums")
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    SUMS_FIELD_NUMBER: _ClassVar[int]
    counts: Counts
    sums: Sums
    def __init__(self, counts: _Optional[_Union[Counts, _Mapping]] = ..., sums: _Optional[_Union[Sums, _Mapping]] = ...) -> None: ...

class Counts(_message.Message):
    __slots__ = ("size", "gaps", "values", "persons", "masked", "masks")
    SIZE_FIELD_NUMBER: _ClassVar[int]
    GAPS_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    PERSONS_FIELD_NUMBER: _ClassVar[int]
    MASKED_FIELD_NUMBER: _ClassVar[int]
    MASKS_FIELD_NUMBER: _ClassVar[int]
    size: int
    gaps: bytes
    values: bytes
    persons: bool
    masked: int
    masks: bytes
    def __init__(self, size: _Optional[int] = ..., gaps: _Optional[bytes] = ..., values: _Optional[bytes] = ..., persons: bool = ..., masked: _Optional[int] = ..., masks: _Optional[bytes] = ...) -> None: ...

class Sums(_message.Message):
    __slots__ = ("values",)
    VALUES_FIELD_NUMBER: _ClassVar[int]
    values: bytes
    def __init__(self, values: _Optional[bytes] = ...) -> None: ...
