"""Payloads in chunks of 1 MiB, with resume in both directions.

What is on the disk already is never asked for again, and what the hub holds already is never sent again.
Reading and writing the store blocks on the disk, so it runs in threads.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from supplier_agent.uplink.hub_client import HubClient
from syncline.durable.crash_points import crash_point
from syncline.durable.payloads import PayloadStore
from syncline.durable.upload import Upload
from syncline.errors import ProtocolError
from syncline.wire.messages import CHUNK_BYTES, Chunk, ChunkRequest, PayloadRef, TaskId


async def fetch_payload(client: HubClient, task: TaskId, ref: PayloadRef, store: PayloadStore) -> None:
    """Bring a request of a task into ``store``, from the first chunk that is not there yet."""
    digest = bytes.fromhex(ref.sha256)
    if ref.inline is not None:
        await asyncio.to_thread(store.put, ref.inline)
        return
    upload = await asyncio.to_thread(store.open_upload, digest, ref.size)
    try:
        missing = upload.missing_chunks()
        if missing:
            await _read_missing(client, ChunkRequest(task, ref.sha256, missing[0]), upload)
        await asyncio.to_thread(upload.finish)
    finally:
        upload.close()


async def send_payload(client: HubClient, task: TaskId, ref: PayloadRef, store: PayloadStore) -> None:
    """Send the chunks of a reply that the hub does not hold yet."""
    missing = await client.find_missing(task, ref)
    while missing:
        crash_point("transfer:before-write")
        await client.write_chunks(_chunks(task, ref, missing, store))
        crash_point("transfer:after-write")
        left = await client.find_missing(task, ref)
        if len(left) >= len(missing):
            raise ProtocolError(f"the hub does not keep the chunks of task {task}: see its log")
        missing = left


async def payload_ref(store: PayloadStore, sha256: str, size: int) -> PayloadRef:
    """Describe a stored payload, with its bytes where it is small enough to travel inline."""
    if size > CHUNK_BYTES:
        return PayloadRef(sha256, size)
    content = await asyncio.to_thread(store.get, bytes.fromhex(sha256))
    return PayloadRef(sha256, size, content)


async def _read_missing(client: HubClient, request: ChunkRequest, upload: Upload) -> None:
    async for index, data in client.read_payload(request):
        await asyncio.to_thread(upload.write_chunk, index, data)
        crash_point("transfer:chunk-stored")


async def _chunks(
    task: TaskId, ref: PayloadRef, indices: list[int], store: PayloadStore
) -> AsyncIterator[Chunk]:
    for index in indices:
        data = await asyncio.to_thread(store.read_chunk, bytes.fromhex(ref.sha256), index)
        yield Chunk(task, ref.sha256, index, data)
