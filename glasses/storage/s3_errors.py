"""Errors of the object store: what failed, the server's own code and message, what to do next."""

from __future__ import annotations

import re
from html import unescape
from typing import NamedTuple

from glasses.config.settings import Settings
from glasses.errors import InfrastructureError, SlowServerError

_MAX_WORDS = 300
"""Characters of a server's message that are shown."""
DENIED = {
    "InvalidAccessKeyId": "does not know the access key",
    "SignatureDoesNotMatch": "rejects the secret key: it does not belong to the access key",
    **dict.fromkeys(("403", "AccessDenied", "Forbidden"), "denies access with these keys"),
}
"""Error code for credentials -> its meaning."""
_CLOCK = {"RequestTimeTooSkewed", "RequestExpired", "RequestNotYetValid"}
_REGION = {
    "AuthorizationHeaderMalformed",
    "IllegalLocationConstraintException",
    "InvalidLocationConstraint",
    "InvalidRegion",
    "PermanentRedirect",
    "301",
}
_ADDRESSING = {"PathStyleDomainForbidden", "SecondLevelDomainForbidden"}
"""How Tencent COS and Alibaba OSS refuse a bucket name in the path."""


class Answer(NamedTuple):
    """What a server answered to a failed request.

    Attributes:
        code: Its error code, else the HTTP status, else "": it did not answer.
        words: Its message, on one line; without an answer the reason of the client.
        status: The HTTP status, 0 if there is none.
    """

    code: str
    words: str
    status: int

    def __str__(self) -> str:
        """Return the code and the message."""
        return f"{self.code}: {self.words}" if self.code and self.words else self.code or self.words


def answer_to(error: Exception) -> Answer:
    """Return what the server answered to the request that failed with an exception."""
    text = str(error)
    response = getattr(error, "response", None)  # boto3's
    if isinstance(response, dict):
        found = response.get("Error", {})
        code, words = found.get("Code") or "", found.get("Message") or ""
        status = int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        return Answer(code, _one_line(words), status)
    xml = {name: unescape(value) for name, value in _XML.findall(text)}
    found_status = _STATUS.search(text)
    status = int(found_status[1]) if found_status else 0
    if "without LOCATION" in text:
        status = 301
    if status and not xml:
        return Answer(str(status), "", status)  # the answer to HEAD has no body
    # obstore puts the request, the number of attempts and the time limit before the reason.
    reason = text.splitlines()[0].rpartition("  - ")[2] if text else type(error).__name__
    reason, _, _ = reason.partition(": <?xml")
    return Answer(xml.get("Code", ""), _one_line(xml.get("Message", "" if xml else reason)), status)


def request_failed(
    settings: Settings, error: Exception, bucket: str | None = None
) -> InfrastructureError:
    """Return the error for a failed request; `bucket` is given if it is not the configured one."""
    where = f"the object store at {settings.s3_endpoint} (bucket {bucket or settings.s3_bucket!r})"
    if refused := _CERTIFICATE.search(str(error)):
        return InfrastructureError(
            f"{where} has a certificate that is not trusted ({refused[1] or refused[2]}). If its "
            "CA is private, set s3_ca to the file of the CA's certificate; the endpoint must have "
            "a name for which the certificate is valid (`glasses config`)."
        )
    answer = answer_to(error)
    if answer.code == "NoSuchBucket" and bucket is None:
        return InfrastructureError(f"{where} has no such bucket: create it with `glasses bucket`.")
    for codes, what, advice in (
        (
            DENIED,
            DENIED.get(answer.code, ""),
            "Check s3_access_key and s3_secret_key (`glasses config`) and their permissions.",
        ),
        (
            _CLOCK,
            "rejects the time of the request",
            "Synchronize the clocks of this machine and of the server by NTP.",
        ),
        (
            _REGION,
            f"does not have this bucket in the region {settings.s3_region}",
            "Set s3_region, and if necessary s3_endpoint, to those of the bucket "
            "(`glasses config`).",
        ),
        (
            _ADDRESSING,
            "accepts the bucket's name only as a part of the host",
            "Use an endpoint of this service for path-style requests; virtual-host requests are "
            "not supported.",
        ),
    ):
        if answer.code in codes:
            return InfrastructureError(f"{where} {what} ({answer}). {advice}")
    words = str(answer).rstrip(".")
    if 400 <= answer.status < 500:
        return InfrastructureError(
            f"{where} rejects the request: {words}. Its log may say more; check s3_endpoint and "
            "s3_bucket (`glasses config`)."
        )
    return InfrastructureError(
        f"{where} is unavailable: {words}. Check that it is running and that the credentials are "
        "correct (`glasses config`)."
    )


def too_slow(settings: Settings) -> SlowServerError:
    """Return the error for a request that timed out."""
    return SlowServerError(
        f"the object store at {settings.s3_endpoint} (bucket {settings.s3_bucket!r}) did not "
        f"answer within {settings.s3_timeout_seconds:g} s. Check that it is running; if the "
        "connection to it is slow, raise s3_timeout_seconds (`glasses config`)."
    )


_CERTIFICATE = re.compile(
    r"InvalidCertificate\(\s*(?:Other\(\s*OtherError\(\s*)?(\w+)"
    r"|certificate verify failed: ([^(]*[^( ])"
)
"""How obstore and boto3 name the reason why they refuse a certificate."""
_XML = re.compile(r"<(Code|Message)>([^<]*)</")
_STATUS = re.compile(r"status code: (\d{3})")


def _one_line(words: str) -> str:
    """Return a server's message without line breaks and control characters, and not too long."""
    return "".join(c if c.isprintable() else " " for c in " ".join(words.split()))[:_MAX_WORDS]
