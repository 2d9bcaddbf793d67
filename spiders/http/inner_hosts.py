"""Hosts that lie inside (this machine, its network, its cloud) are asked only where a person wrote them down.

A list, a redirect, a page may name any address, and a public name may lead anywhere. Each name is judged twice: before
it is asked for, which is all that can be done behind a proxy, and where the connection is made.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.resolver import CachingThreadedResolver
from scrapy.utils.httpobj import urlparse_cached
from twisted.internet.defer import Deferred

from pipeline.page.obstacles import Cause
from spiders.http.failures import Failed

_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def is_inside(address: str) -> bool:
    """Whether an IP address is no public one: private, loopback, link-local (where clouds keep their metadata) and the like."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        embedded = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF) if ip in _NAT64 else None
        ip = embedded or ip.ipv4_mapped or ip.sixtofour or ip
    return not ip.is_global or ip.is_multicast


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def allows(host: str, address: str, written: Iterable[str]) -> bool:
    """Whether a host may be asked at an IP address. Link-local ones must be written as such: no site has its name there."""
    if not is_inside(address):
        return True
    link_local = ipaddress.ip_address(address.partition("%")[0]).is_link_local
    return host in written and (_is_address(host) or not link_local)


class Resolver(CachingThreadedResolver):
    """Scrapy's own, which finds no address inside for a name that nobody wrote down."""

    written: frozenset[str]

    @classmethod
    def from_crawler(cls, crawler: Crawler, reactor: Any) -> "Resolver":
        """As Scrapy builds it, with the names that may lead inside."""
        made = super().from_crawler(crawler, reactor)
        made.written = frozenset(crawler.settings.getlist("INNER_HOSTS"))
        return made

    def getHostByName(self, name: str, timeout: Any = ()) -> "Deferred[str]":
        """The address that is connected to."""
        return super().getHostByName(name, timeout).addCallback(self._judged, name)

    def _judged(self, address: str, name: str) -> str:
        if not allows(name.lower(), address, self.written):
            raise Failed(Cause.INNER_ADDRESS, f"{name} leads to {address}")
        return address


class Guard:
    """Fails requests to hosts inside before they are made, and says through which proxy the others go."""

    def __init__(self, written: Iterable[str], proxy: str = "") -> None:
        self._written = frozenset(written)
        self._proxy = proxy
        self._judged: dict[str, asyncio.Future[str]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "Guard":
        """As Scrapy builds its middlewares."""
        made = cls(crawler.settings.getlist("INNER_HOSTS"), crawler.settings["SOURCE_PROXY"] or "")
        crawler.spider.guard = made  # type: ignore[union-attr]
        return made

    async def process_request(self, request: Request) -> None:
        """Failed if the host lies inside and nobody wrote it down."""
        host = (urlparse_cached(request).hostname or "").lower()
        if inside := await self.inside(host):
            raise Failed(Cause.INNER_ADDRESS, f"{host} leads to {inside}" if inside != host else host)
        if self._proxy:
            request.meta["proxy"] = self._proxy

    async def inside(self, host: str) -> str:
        """The address inside to which a host leads and may not; empty if it may be asked."""
        if host not in self._judged:
            self._judged[host] = asyncio.ensure_future(self._judge(host))
        return await asyncio.shield(self._judged[host])

    async def _judge(self, host: str) -> str:
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):  # who connects says so; behind a proxy, it may know better
            return ""
        addresses = {str(each[4][0]) for each in found}
        return next((address for address in sorted(addresses) if not allows(host, address, self._written)), "")


def written(hosts: Iterable[str], proxy: str = "") -> list[str]:
    """The names that may lead inside: those of `hosts`, with or without a port, and of the proxies that stand before us."""
    proxies = (urlsplit(url if "//" in url else f"//{url}").hostname for url in (proxy, *getproxies().values()) if url)
    named = (urlsplit(f"//{host}").hostname for host in hosts)
    return sorted({name.lower() for name in (*named, *proxies) if name})
