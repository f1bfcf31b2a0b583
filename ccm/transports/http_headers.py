"""The security header fields of everything that a browser may show (Content Security Policy level 3 and companions)."""

from typing import Any

CONTENT_SECURITY_POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    b"connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; "
    b"frame-ancestors 'none'"
)

SECURITY_HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"Content-Security-Policy", CONTENT_SECURITY_POLICY),
    (b"X-Content-Type-Options", b"nosniff"),
    (b"Referrer-Policy", b"no-referrer"),
    (
        b"Permissions-Policy",
        b"camera=(), microphone=(), geolocation=(), payment=(), usb=(), display-capture=(), browsing-topics=()",
    ),
    (b"Cross-Origin-Opener-Policy", b"same-origin"),
    (b"Cross-Origin-Resource-Policy", b"same-origin"),
)
STRICT_TRANSPORT = (b"Strict-Transport-Security", b"max-age=31536000")


def set_security_headers(request: Any) -> None:
    """Put them on a ``twisted.web`` request's answer; HSTS only where the connection is encrypted."""
    for name, value in SECURITY_HEADERS:
        request.setHeader(name, value)
    if request.isSecure():
        request.setHeader(*STRICT_TRANSPORT)
