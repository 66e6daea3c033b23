from __future__ import annotations

import datetime as dt
import errno
import hashlib
import os
import stat
import tempfile
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.durable.payloads import PayloadStore
from syncline.durable.sealed_object import CHUNK_BYTES
from syncline.durable.upload import split
from syncline.errors import ProtocolError, StorageError

KEK = bytes(range(32))
THREE = os.urandom(2 * CHUNK_BYTES + 100)
THREE_ID = hashlib.sha256(THREE).digest()
ROOT = Path(__file__).parents[3]


@pytest.fixture
def store(tmp_path: Path) -> PayloadStore:
    return PayloadStore(tmp_path / "payloads", KEK)


def stored_files(tmp_path: Path) -> list[Path]:
    return [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES])
def test_what_is_put_comes_back(store: PayloadStore, size: int) -> None:
    data = os.urandom(size)
    digest = store.put(data)
    assert digest == hashlib.sha256(data).digest()
    assert store.get(digest) == data
    assert store.size(digest) == size
    assert [store.read_chunk(digest, index) for index in range(len(split(data)))] == split(data)


def test_putting_twice_keeps_one(store: PayloadStore, tmp_path: Path) -> None:
    assert store.put(THREE) == store.put(THREE)
    assert len(stored_files(tmp_path)) == 1


def test_nothing_is_readable_on_the_disk_or_by_others(store: PayloadStore, tmp_path: Path) -> None:
    store.put(b"a remarkable text" * 10)
    (path,) = stored_files(tmp_path)
    assert b"remarkable" not in path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@given(
    orders=st.lists(st.lists(st.integers(0, 2), max_size=4), max_size=4),
    last=st.permutations([0, 1, 2]),
)
def test_an_upload_resumes_over_any_interruptions(orders: list[list[int]], last: list[int]) -> None:
    """Whatever was written before each restart, exactly the rest is missing, and the whole comes back."""
    chunks = split(THREE)
    with tempfile.TemporaryDirectory() as directory:
        store = PayloadStore(Path(directory), KEK)
        written: set[int] = set()
        for order in orders:
            with store.open_upload(THREE_ID, len(THREE)) as upload:
                for index in order:
                    upload.write_chunk(index, chunks[index])
                written.update(order)
                assert upload.missing_chunks() == sorted({0, 1, 2} - written)
            assert not store.has(THREE_ID)
        with store.open_upload(THREE_ID, len(THREE)) as upload:
            for index in last:
                if index in upload.missing_chunks():
                    upload.write_chunk(index, chunks[index])
            upload.finish()
        assert store.get(THREE_ID) == THREE


def test_a_finished_payload_misses_nothing(store: PayloadStore) -> None:
    store.put(THREE)
    with store.open_upload(THREE_ID, len(THREE)) as upload:
        assert upload.missing_chunks() == []
        upload.write_chunk(0, bytes(CHUNK_BYTES))
        upload.finish()
    assert store.get(THREE_ID) == THREE


def test_two_uploads_of_one_payload_at_once_agree(store: PayloadStore) -> None:
    chunks = split(THREE)
    with store.open_upload(THREE_ID, len(THREE)) as one, store.open_upload(THREE_ID, len(THREE)) as two:
        for index, chunk in enumerate(chunks):
            one.write_chunk(index, chunk)
            two.write_chunk(index, chunk)
        one.finish()
        two.finish()
    assert store.get(THREE_ID) == THREE


def test_finishing_too_early_is_refused(store: PayloadStore) -> None:
    with store.open_upload(THREE_ID, len(THREE)) as upload:
        upload.write_chunk(1, split(THREE)[1])
        with pytest.raises(ProtocolError, match="2 of 3 chunks are missing"):
            upload.finish()


@pytest.mark.parametrize("resume", [False, True])
def test_bytes_that_do_not_match_the_digest_are_deleted(
    store: PayloadStore, tmp_path: Path, resume: bool
) -> None:
    upload = store.open_upload(THREE_ID, len(THREE))
    for index, chunk in enumerate(split(THREE)):
        upload.write_chunk(index, chunk if index else bytes(CHUNK_BYTES))
    if resume:
        upload.close()
        upload = store.open_upload(THREE_ID, len(THREE))
    with pytest.raises(ProtocolError, match="do not match its SHA-256"):
        upload.finish()
    assert stored_files(tmp_path) == []
    assert store.put(THREE) == THREE_ID


@pytest.mark.parametrize(("index", "size"), [(-1, CHUNK_BYTES), (3, 100), (0, 5), (2, 101), (2, CHUNK_BYTES)])
def test_wrong_chunks_are_refused(store: PayloadStore, index: int, size: int) -> None:
    with store.open_upload(THREE_ID, len(THREE)) as upload, pytest.raises(ProtocolError, match="chunk"):
        upload.write_chunk(index, bytes(size))


def test_another_size_under_one_digest_is_refused(store: PayloadStore) -> None:
    store.open_upload(THREE_ID, len(THREE)).close()
    with pytest.raises(ProtocolError, match="announced"):
        store.open_upload(THREE_ID, len(THREE) + 1)
    store.put(THREE)
    with pytest.raises(ProtocolError, match="announced"):
        store.open_upload(THREE_ID, len(THREE) - 1)


def test_oversized_payloads_are_refused(tmp_path: Path) -> None:
    small = PayloadStore(tmp_path, KEK, max_bytes=10)
    with pytest.raises(ProtocolError, match="11 bytes, expected at most 10"):
        small.put(bytes(11))
    digest = small.put(bytes(10))
    with pytest.raises(StorageError, match="expected at most 9"):
        small.get(digest, max_bytes=9)


def test_a_digest_is_32_bytes_and_cannot_name_a_path(store: PayloadStore) -> None:
    with pytest.raises(ProtocolError, match="expected 32"):
        store.open_upload(b"../../etc", 5)


@pytest.mark.parametrize("place", [0, 10, 45, 60, 100, 120, 5000, CHUNK_BYTES + 500, -1])
def test_any_changed_byte_is_found(store: PayloadStore, tmp_path: Path, place: int) -> None:
    store.put(THREE)
    (path,) = stored_files(tmp_path)
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)
    with pytest.raises(StorageError, match=THREE_ID.hex()):
        store.get(THREE_ID)


def test_exchanged_chunks_are_found(store: PayloadStore, tmp_path: Path) -> None:
    two = os.urandom(2 * CHUNK_BYTES)
    digest = store.put(two)
    (path,) = stored_files(tmp_path)
    data = path.read_bytes()
    slot = 12 + CHUNK_BYTES + 16
    header = len(data) - 2 * slot
    first, second = data[header : header + slot], data[header + slot :]
    path.write_bytes(data[:header] + second + first)
    with pytest.raises(StorageError, match="changed"):
        store.read_chunk(digest, 0)


def test_a_file_under_another_name_is_found(store: PayloadStore, tmp_path: Path) -> None:
    store.put(b"one")
    (path,) = stored_files(tmp_path)
    other = hashlib.sha256(b"two").digest()
    path.rename(path.with_name(other.hex()))
    with pytest.raises(StorageError, match="changed"):
        store.get(other)


def test_another_storage_key_opens_nothing(store: PayloadStore, tmp_path: Path) -> None:
    digest = store.put(b"text")
    with pytest.raises(StorageError, match="storage key"):
        PayloadStore(tmp_path / "payloads", bytes(32)).get(digest)


def test_a_torn_slot_is_missing(store: PayloadStore, tmp_path: Path) -> None:
    with store.open_upload(THREE_ID, len(THREE)) as upload:
        upload.write_chunk(0, split(THREE)[0])
        upload.write_chunk(1, split(THREE)[1])
    (partial,) = stored_files(tmp_path)
    os.truncate(partial, partial.stat().st_size - 1)
    with store.open_upload(THREE_ID, len(THREE)) as upload:
        assert upload.missing_chunks() == [1, 2]


def test_an_upload_whose_header_was_lost_begins_anew(store: PayloadStore, tmp_path: Path) -> None:
    store.open_upload(THREE_ID, len(THREE)).close()
    (partial,) = stored_files(tmp_path)
    os.truncate(partial, 0)
    with store.open_upload(THREE_ID, len(THREE)) as upload:
        assert upload.missing_chunks() == [0, 1, 2]
        for index, chunk in enumerate(split(THREE)):
            upload.write_chunk(index, chunk)
        upload.finish()
    assert store.get(THREE_ID) == THREE


def test_a_full_disk_is_told_and_the_upload_goes_on_later(
    store: PayloadStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    chunks = split(THREE)
    upload = store.open_upload(THREE_ID, len(THREE))
    upload.write_chunk(0, chunks[0])
    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", _no_space)
        with pytest.raises(StorageError, match="disk is full"):
            upload.write_chunk(1, chunks[1])
    assert upload.missing_chunks() == [1, 2]
    upload.close()
    with store.open_upload(THREE_ID, len(THREE)) as later:
        assert later.missing_chunks() == [1, 2]


def test_a_full_disk_at_the_first_byte_leaves_no_file(
    store: PayloadStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "pwrite", _no_space)
    with pytest.raises(StorageError, match="disk is full"):
        store.put(THREE)
    assert stored_files(tmp_path) == []


def _no_space(*_: object) -> int:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_scopes_know_nothing_of_each_other(store: PayloadStore) -> None:
    one, two = store.scope("supplier-a/task-1"), store.scope("supplier-b/task-1")
    one.put(THREE)
    assert not two.has(THREE_ID)
    with two.open_upload(THREE_ID, len(THREE)) as upload:
        assert upload.missing_chunks() == [0, 1, 2]
    one.clear()
    one.clear()
    assert not one.has(THREE_ID)
    assert one.put(THREE) == THREE_ID


def test_scopes_that_nobody_names_are_removed(store: PayloadStore) -> None:
    assert store.keep_scopes(["a"]) == 0
    store.put(b"mine")
    for name in ("a", "b", "c"):
        store.scope(name).put(THREE)
    assert store.keep_scopes(["a", "unknown"]) == 2
    assert [store.scope(name).has(THREE_ID) for name in ("a", "b", "c")] == [True, False, False]
    assert store.get(hashlib.sha256(b"mine").digest()) == b"mine"


def test_payloads_expire_in_all_scopes_unless_needed(store: PayloadStore, tmp_path: Path) -> None:
    old, needed = store.put(b"old"), store.put(b"needed")
    scoped = store.scope("task").put(b"scoped")
    store.scope("task").open_upload(THREE_ID, len(THREE)).close()
    for path in stored_files(tmp_path):
        os.utime(path, (1_000, 1_000))
    fresh = store.put(b"fresh")
    limit = dt.datetime(2001, 1, 1, tzinfo=dt.UTC)
    assert store.expire(limit, keep=frozenset([needed])) == 3
    assert [store.has(digest) for digest in (old, needed, fresh)] == [False, True, True]
    assert not store.scope("task").has(scoped)


def test_putting_again_renews_the_time_to_live(store: PayloadStore, tmp_path: Path) -> None:
    store.put(b"text")
    (path,) = stored_files(tmp_path)
    os.utime(path, (1_000, 1_000))
    store.put(b"text")
    assert store.expire(dt.datetime(2001, 1, 1, tzinfo=dt.UTC)) == 0


def test_deleting_is_repeatable(store: PayloadStore) -> None:
    digest = store.put(b"text")
    store.delete(digest)
    store.delete(digest)
    assert not store.has(digest)
    with pytest.raises(StorageError, match="does not exist"):
        store.get(digest)


def test_a_payload_is_read_without_a_second_copy(store: PayloadStore) -> None:
    digest = store.put(bytes(24 * CHUNK_BYTES))
    tracemalloc.start()
    try:
        data = store.get(digest)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(data) == 24 * CHUNK_BYTES
    assert peak < 1.3 * len(data)  # 2.0 where the chunks are joined


def test_holes_of_an_upload_are_passed_over_unread(
    store: PayloadStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = 512 * CHUNK_BYTES
    with store.open_upload(THREE_ID, size) as upload:
        upload.write_chunk(511, bytes(CHUNK_BYTES))
    read, real = [], os.pread

    def counting(descriptor: int, length: int, place: int) -> bytes:
        data = real(descriptor, length, place)
        read.append(len(data))
        return data

    monkeypatch.setattr(os, "pread", counting)
    with store.open_upload(THREE_ID, size) as upload:
        assert upload.missing_chunks() == list(range(511))
    assert sum(read) < 2 * CHUNK_BYTES


def test_a_scope_is_left_with_one_payload(store: PayloadStore, tmp_path: Path) -> None:
    scope = store.scope("reply/1")
    scope.keep_only(THREE_ID)  # of a scope that does not exist yet
    scope.put(b"first")
    scope.open_upload(hashlib.sha256(b"second").digest(), 6).close()
    kept = scope.put(b"third")
    scope.keep_only(kept)
    assert [path.name for path in stored_files(tmp_path)] == [kept.hex()]
