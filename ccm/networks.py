"""
Which IP addresses anybody on the internet may be meant by, and which are of this machine or a private network
(RFC 1918, RFC 4193, RFC 6598, link-local, the same inside an IPv6 address). Leaves out looking names up.
"""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
_NAT64 = IPv6Network("64:ff9b::/96")


def literal(host: str) -> Address | None:
    """The address that *host* is, or ``None`` if it is a name."""
    try:
        return ip_address(host.strip("[]"))
    except ValueError:
        return None


def is_public(address: Address) -> bool:
    """Whether anybody on the internet may be meant by it; of an IPv4 address within an IPv6 one, that one counts."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address in _NAT64:
            inner = IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        if address.teredo is not None or address.is_site_local:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved
