"""The port of a question: all that hub, supplier, policy and wire do with any of them, they do by this.

A question is a frozen dataclass that derives from :class:`TableQuestion` (or, where it is about a candidate,
from :class:`CandidateQuestion`) and stands on a line of :mod:`syncline.questions.table`. Nothing else knows
its class: docs/adding-a-question.md says how one is added.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeAlias, TypeVar

from syncline.data.codebook import Codebook
from syncline.data.schema import Schema
from syncline.errors import ProtocolError
from syncline.questions.counts import Counts
from syncline.questions.extent import Extent
from syncline.questions.known import Known
from syncline.questions.sensitivity import Sensitivity
from syncline.questions.sums import Sums

if TYPE_CHECKING:
    from syncline.questions.asked import Asked
    from syncline.questions.candidate_memory import CandidateMemory
    from syncline.questions.workspace import Workspace

MAX_CELLS = 1 << 40
"""Cells of an answer at most, zero counts included; only those that are filled travel."""

Answer: TypeAlias = Counts | Sums

Entropy: TypeAlias = Callable[[int], bytes]
"""Return so many random bytes: the operating system's secure source, or a recorded one in tests."""

AnswerT = TypeVar("AnswerT", Counts, Sums)


@dataclass(frozen=True, slots=True)
class Context:
    """Where a question is asked.

    Attributes
    ----------
    asked : what was asked so far, the question itself included
    comparer : what compares a candidate, where one is compared
    entropy : random bytes for noise and masks, where something is answered; the driver's secure source
    """

    asked: Asked
    comparer: Comparer | None = None
    entropy: Entropy | None = None

    @property
    def codebook(self) -> Codebook:
        """The codebook that was agreed; ProtocolError before it is."""
        return agreed(self.asked.codebook)

    def random(self, n: int) -> bytes:
        """Return ``n`` random bytes; raise ProtocolError where nothing is answered."""
        if self.entropy is None:
            raise ProtocolError("nothing random is drawn where a question is only looked at")
        return self.entropy(n)

    def comparing(self) -> tuple[Comparer, CandidateMemory]:
        """Return what compares the candidate, and what is remembered of it; raise ProtocolError without."""
        if self.comparer is None or self.asked.candidate is None:
            raise ProtocolError("a candidate is not compared here")
        return self.comparer, self.asked.candidate


class QuestionOf(ABC, Generic[AnswerT]):
    """A question, whose answer is of one kind.

    Attributes
    ----------
    kind : its name, under which it stands in the table
    adds : the kind of its answers, which merge by addition
    version : of its record on the wire, raised where its fields change their meaning
    begins : whether it names the candidate, and so brings rows: no other question is asked beside it
    last : whether it is admitted after the others of its round
    """

    __slots__ = ()
    kind: ClassVar[str]
    adds: ClassVar[type[Counts] | type[Sums]] = Counts
    version: ClassVar[int] = 1
    begins: ClassVar[bool] = False
    last: ClassVar[bool] = False

    @abstractmethod
    def about(self) -> str | None:
        """Return the SHA-256 of the candidate that it is about, None where it is about rows alone."""

    @abstractmethod
    def extent(self, context: Context) -> Extent:
        """Return how far it reaches; raise ProtocolError where it cannot be asked here."""

    @abstractmethod
    def check(self, schema: Schema, codebook: Codebook | None) -> None:
        """Raise ProtocolError unless it can be answered from rows of ``schema``. No row was read yet."""

    @abstractmethod
    def admit(self, asked: Asked) -> Asked:
        """Return what a supplier remembers after it; raise ProtocolError where it aims too far."""

    @abstractmethod
    def answer(self, table: Workspace, context: Context) -> AnswerT:
        """Return the answer of a table; ``context`` already holds what the question says."""

    @abstractmethod
    def reconcile(self, answer: AnswerT, known: Known, context: Context) -> Known:
        """Return what is known of a party after its answer; raise InvariantBroken where it contradicts."""

    @abstractmethod
    def expects(self, known: Known, context: Context) -> Known:
        """Return what is known, without what no answer to this question is compared with."""

    @abstractmethod
    def sensitivity(self, context: Context) -> Sensitivity:
        """Return by how much one person can move its answer."""


Question: TypeAlias = QuestionOf[Any]  # Any: each kind adds up its own answers, which the reply check tells
"""Any question."""


class TableQuestion(QuestionOf[AnswerT]):
    """A question about a supplier's rows: it says itself what it reads and how large its answer is."""

    __slots__ = ()

    @property
    @abstractmethod
    def columns(self) -> tuple[str, ...]:
        """Columns whose values the answer depends on."""

    @property
    @abstractmethod
    def marginal_order(self) -> int:
        """Largest number of columns that are counted together."""

    @abstractmethod
    def size(self, codebook: Codebook | None = None) -> int:
        """Return the number of cells, or of integers, of the answer."""

    def order_in(self, codebook: Codebook | None) -> int:
        """Return how many columns are counted together at most, where a gap is both of its columns."""
        order = self.marginal_order
        if codebook is None or not order:
            return order
        return max(order, sum(sorted(len(codebook.sources((name,))) for name in self.columns)[-order:]))

    def masked(self, codebook: Codebook | None = None) -> int:
        """Return how many leading cells carry person buckets, where persons are told apart."""
        return 0

    def about(self) -> None:
        """Return that no candidate is asked about."""
        return

    def extent(self, context: Context) -> Extent:
        """Return how far it reaches; of a gap, to both of its columns."""
        codebook = context.asked.codebook
        read = self.columns if codebook is None else codebook.sources(self.columns)
        return Extent(tuple(read), self.order_in(codebook), self.size(codebook), self.masked(codebook))

    def check(self, schema: Schema, codebook: Codebook | None) -> None:
        """Raise ProtocolError unless its columns are modelled, it fits them, and its cells are few enough."""
        known = {variable.name for variable in schema.modelled} if codebook is None else set(codebook.names)
        if not known.issuperset(self.columns):
            raise ProtocolError(f"{self.kind}: a column is not one that the schema models")
        self.require_fits(schema, codebook)
        if self.size(codebook) > MAX_CELLS:
            raise ProtocolError(f"{self.kind}: more than {MAX_CELLS} cells")

    def require_fits(self, schema: Schema, codebook: Codebook | None) -> None:
        """Raise ProtocolError unless it fits its columns, which are modelled."""
        return

    def admit(self, asked: Asked) -> Asked:
        """Return what is remembered after it, while the fit is open."""
        asked.require_open()
        return self.after(asked)

    def after(self, asked: Asked) -> Asked:
        """Return what is remembered after it: that it was asked, which it is once a study."""
        once = self.once
        if once in asked.counted:
            raise ProtocolError(f"{self.kind}: it was answered in this study already")
        return replace(asked, counted=asked.counted | {once})

    @property
    def once(self) -> str:
        """What is remembered of a question that is answered once."""
        return self.kind

    def reconcile(self, answer: AnswerT, known: Known, context: Context) -> Known:
        """Return what is known after ``answer``; raise InvariantBroken where it contradicts that."""
        return known

    def expects(self, known: Known, context: Context) -> Known:
        """Return what is known, without what no answer to this question is compared with."""
        return known


class CandidateQuestion(QuestionOf[AnswerT]):
    """A question about the study's candidate: how far it reaches follows from this, at each party."""

    __slots__ = ()

    if TYPE_CHECKING:  # a dataclass would take a property here for the default of its field

        @property
        def candidate(self) -> str:
            """The SHA-256 of the candidate, in hexadecimal."""
            ...

    def about(self) -> str:
        """Return the SHA-256 of the candidate, in hexadecimal."""
        return self.candidate

    def extent(self, context: Context) -> Extent:
        """Return how far it reaches; raise ProtocolError where it is not one about this candidate."""
        comparer, memory = context.comparing()
        return comparer.extent(self, memory)

    def check(self, schema: Schema, codebook: Codebook | None) -> None:
        """Raise ProtocolError unless what it names is the schema's."""
        return

    def admit(self, asked: Asked) -> Asked:
        """Return what is remembered after it, which is about the one candidate that was named."""
        if asked.candidate is None:
            raise ProtocolError("this is not the candidate that was named in this study")
        return replace(asked, candidate=asked.candidate.after((self,)))

    @abstractmethod
    def follow(self, memory: CandidateMemory) -> CandidateMemory:
        """Return the memory of its candidate after it; raise ProtocolError where it is not to be answered."""

    def answer(self, table: Workspace, context: Context) -> AnswerT:
        """Return what the rows of ``table`` count."""
        comparer, memory = context.comparing()
        return comparer.answer(self, table, memory)

    def reconcile(self, answer: AnswerT, known: Known, context: Context) -> Known:
        """Return what is known after ``answer``; raise InvariantBroken where it contradicts that."""
        comparer, memory = context.comparing()
        return comparer.reconcile(self, answer, known, memory)

    def expects(self, known: Known, context: Context) -> Known:
        """Return what is known: any answer may be compared with it."""
        return known

    def sensitivity(self, context: Context) -> Sensitivity:
        """Return by how much one person can move its answer."""
        comparer, memory = context.comparing()
        return comparer.sensitivity(self, memory)


class Comparer(Protocol):
    """What knows a study's candidate, and answers questions about it from what is remembered of it."""

    def extent(self, question: CandidateQuestion[AnswerT], memory: CandidateMemory) -> Extent:
        """Return how far a question reaches; raise ProtocolError where it is not one about this candidate."""
        ...

    def answer(
        self, question: CandidateQuestion[AnswerT], table: Workspace, memory: CandidateMemory
    ) -> AnswerT:
        """Return what the rows of ``table`` count; ``memory`` already holds what the question says."""
        ...

    def reconcile(
        self, question: CandidateQuestion[AnswerT], answer: AnswerT, known: Known, memory: CandidateMemory
    ) -> Known:
        """Return what is known after ``answer``; raise InvariantBroken where it contradicts that."""
        ...

    def sensitivity(self, question: CandidateQuestion[AnswerT], memory: CandidateMemory) -> Sensitivity:
        """Return by how much one person can move the answer."""
        ...


AnyCandidateQuestion: TypeAlias = CandidateQuestion[Any]  # Any: as of a question
"""Any question about a candidate."""


def agreed(codebook: Codebook | None) -> Codebook:
    """Return the codebook, or raise ProtocolError before it is agreed."""
    if codebook is None:
        raise ProtocolError("a codebook must be agreed before columns are counted together")
    return codebook
