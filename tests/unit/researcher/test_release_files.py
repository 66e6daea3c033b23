"""Released files as they arrive: whole, once, and nothing more than was announced."""

from __future__ import annotations

import asyncio

import pytest

import syncline.wire  # noqa: F401  (before gRPC)

# isort: split

from syncline.cli.releases import write_files
from syncline.errors import WireError
from syncline.wire.messages import FileChunk


def write(directory, *chunks):
    async def stream():
        for chunk in chunks:
            yield chunk

    asyncio.run(write_files(stream(), directory))


def test_files_are_put_together_from_their_pieces(tmp_path):
    write(
        tmp_path,
        FileChunk("a.json", 5, b"abc"),
        FileChunk("", 0, b"de"),
        FileChunk("empty", 0, b""),
        FileChunk("b.bin", 1, b"x"),
    )
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        "a.json": b"abcde",
        "empty": b"",
        "b.bin": b"x",
    }


@pytest.mark.parametrize(
    ("chunks", "sentence"),
    [
        ([FileChunk("a", 5, b"abc")], "2 bytes of a are missing"),
        ([FileChunk("a", 5, b"abc"), FileChunk("b", 1, b"x")], "2 bytes of a are missing"),
        ([FileChunk("a", 1, b"abc")], "more bytes than it announced"),
        ([FileChunk("", 0, b"abc")], "more bytes than it announced"),
        ([FileChunk("a", 1, b"x"), FileChunk("a", 1, b"x")], "the file a twice"),
    ],
)
def test_a_stream_that_does_not_keep_its_word_is_refused(tmp_path, chunks, sentence):
    with pytest.raises(WireError, match=sentence):
        write(tmp_path, *chunks)
