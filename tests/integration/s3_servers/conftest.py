from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.s3_servers import NAMES, on_s3_server


@pytest.fixture(scope="session", params=NAMES)
def server(request: pytest.FixtureRequest) -> str:
    """Return the name of the S3 server that the tests run on, one after the other."""
    return str(request.param)


@pytest.fixture(scope="session")
def endpoints(
    server: str, endpoints: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """Yield the addresses of Valkey and of the S3 server."""
    with on_s3_server(server, endpoints, tmp_path_factory.mktemp(server)) as chosen:
        yield chosen
