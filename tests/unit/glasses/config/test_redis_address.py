from __future__ import annotations

import pytest

from glasses.config.redis_address import SentinelAddress
from glasses.config.settings import load_settings
from glasses.errors import UsageError
from glasses.ledger.redis_client import address, connection_class, is_tls

URL = "rediss+sentinel://user:p%2Fw@a:1,b,[::1]:3/my%20name/2"


def test_sentinels_are_parsed() -> None:
    found = SentinelAddress.parse(URL)
    assert found is not None
    assert found.sentinels == (("a", 1), ("b", 26379), ("::1", 3))
    assert (found.service, found.database, found.is_tls) == ("my name", 2, True)
    assert found.server_url == "rediss://user:p%2Fw@a:1/2"
    assert found.user_and_password == ("user", "p/w")
    assert SentinelAddress.parse("redis://a:1/0") is None


def test_the_password_is_not_shown_and_tls_is_used() -> None:
    settings = load_settings(redis_url=URL)
    assert "p%2Fw" not in address(settings)
    assert address(settings).startswith("rediss+sentinel://a:1,b:26379,")
    assert is_tls(settings)
    found = connection_class(settings)
    assert found is not None
    assert "SSLConnection" in [base.__name__ for base in found.__mro__]


@pytest.mark.parametrize(
    "url",
    [
        "redis+sentinel://a:1",
        "redis+sentinel://a:1/",
        "redis+sentinel://a:1,/name/0",
        "redis+sentinel://a:0/name/0",
        "redis+sentinel://a:70000/name",
        "redis+sentinel://a/name/zero",
        "redis+sentinel://a?x=1,b/name",
    ],
)
def test_a_wrong_url_says_how_it_should_look(url: str) -> None:
    with pytest.raises(UsageError, match=r"should look like redis\[s\]\+sentinel://"):
        load_settings(redis_url=url)
