"""Imports what commands and workers import, before `tests.support.preloaded` forks them.

It imports nothing that reads settings or the environment.
"""

from __future__ import annotations

import sys

sys.modules.setdefault("yaml", None)  # type: ignore[arg-type]  # as `worker.__main__` does

import boto3  # noqa: E402, F401
import botocore.client  # noqa: E402, F401
import celery.apps.worker  # noqa: E402, F401
import kombu.transport.redis  # noqa: E402, F401

import glasses.client  # noqa: E402, F401
import producer.main  # noqa: E402, F401
import worker.service.celery_app  # noqa: E402
import worker.vision.pipeline  # noqa: E402, F401
