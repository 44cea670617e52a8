"""The signature of a delivery: HMAC with SHA-256, as GitHub writes it. Pure.

https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries. The older `X-Hub-Signature`, with
SHA-1, counts for nothing.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable

SIGNATURE_HEADER = "X-Hub-Signature-256"

_SIGNATURE = re.compile(r"sha256=[0-9a-f]{64}", re.ASCII)


def sign(body: bytes, secret: bytes) -> str:
    """Return the value of `X-Hub-Signature-256` for a body."""
    return f"sha256={hmac.digest(secret, body, 'sha256').hex()}"


def is_signature(text: str) -> bool:
    """Return whether a text has the form of a signature; whose it is, only the body tells."""
    return _SIGNATURE.fullmatch(text) is not None


def is_signed(body: bytes, signature: str, secrets: Iterable[bytes]) -> bool:
    """Return whether one of the secrets signed a body.

    The time that it takes tells nothing: not how much of the signature is right, nor which secret was meant.

    Args:
        body: The body as it came, not a byte changed.
        signature: The header's value; any text.
        secrets: The secrets that count; two while one is replaced. With none, nothing is signed.
    """
    if not is_signature(signature):
        return False
    matches = [hmac.compare_digest(sign(body, secret), signature) for secret in secrets]
    return any(matches)
