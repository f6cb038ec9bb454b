"""Connections to a source bucket break repeatedly while its photos are read and copied."""

from __future__ import annotations

import os
import threading
import time

from glasses.client import Client
from glasses.config.settings import Settings
from glasses.storage.object_store import PACKS
from tests.support.buckets import other_bucket
from tests.support.proxy import Network
from tests.support.stack import Stack
from tests.support.wait import wait_until

PHOTOS = 300


def test_every_photo_is_hashed_and_copied(
    client: Client, settings: Settings, stack: Stack, network: Network
) -> None:
    done = threading.Event()
    cuts = 0

    def trouble() -> None:
        nonlocal cuts
        while not done.is_set():
            before = network.s3.answers
            wait_until(lambda mark=before + 40: network.s3.answers > mark or done.is_set())
            network.s3.cut()
            time.sleep(0.2)
            network.s3.mend()
            cuts += 1

    with other_bucket(stack.settings) as bucket:
        for number in range(PHOTOS):
            bucket.put(f"collection/{number}.jpg", b"\xff\xd8\xff" + os.urandom(100_000))
        thread = threading.Thread(target=trouble)
        job = client.submit(
            [f"s3://{bucket.name}/collection"], on_created=lambda _job: thread.start()
        )
        done.set()
        thread.join()
    assert cuts > 3
    status = job.status()
    assert (status.submitted, status.failed) == (PHOTOS, 0)
    with Client(stack.settings) as direct:
        assert len(list(direct.store.keys(PACKS))) == PHOTOS
    assert settings.s3_endpoint != stack.settings.s3_endpoint
