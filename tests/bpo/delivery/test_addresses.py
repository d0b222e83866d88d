"""Which addresses a webhook may have and reach."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from django.test.utils import override_settings

from bpo.services.delivery.addresses import Forbidden, Target, check_address, is_public, read_address, resolve
from vendors.errors import Invalid

PRIVATE = [
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.0.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "224.0.0.1",
    "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:127.0.0.1",
    "::ffff:10.0.0.1", "2002:7f00:1::", "2002:a00:1::", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2001:0:4136::1",
    "2001:db8::1",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_of_a_private_network_is_not_public_however_it_is_wrapped(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"])
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.com/", "ftp://example.com/", "file:///etc/passwd", "gopher://example.com/", "example.com",
        "https://", "https:///x", "https://user:pw@example.com/", "https://user@example.com/",
        "https://example.com:22/", "https://example.com:6379/", "https://example.com:99999/", "https://[::1/",
        "https://exämple.com/", "https://example.com/\r\nX: y", "https://example.com/a b", "https://exa mple.com",
        "https://example.com/" + "a" * 2000, "https://exam_ple.com/", "javascript:alert(1)", "https://%31%32/",
    ],
)  # fmt: skip
def test_the_form_alone_forbids_it(url: str) -> None:
    with pytest.raises(Forbidden) as raised:
        read_address(url)
    assert raised.value.code == "url_forbidden"
    assert raised.value.errors[0].field == "url"


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/", "https://[::1]/", "https://0x7f.1/", "https://2130706433/", "https://127.1/",
        "https://[::ffff:127.0.0.1]/", "https://localhost/", "https://localhost./", "https://169.254.169.254/latest",
        "https://10.0.0.1/", "https://a..b/", f"https://{'a' * 64}.example/", "https://[::127.0.0.1]/",
    ],
)  # fmt: skip
def test_a_private_address_is_refused_in_every_notation(url: str) -> None:
    with pytest.raises((Forbidden, Invalid)):
        check_address(url)


def test_a_name_that_leads_to_one_private_address_among_public_ones_is_refused(monkeypatch: Any) -> None:
    answers = [(socket.AF_INET, 1, 6, "", (address, 443)) for address in ("1.1.1.1", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answers)

    with pytest.raises(Forbidden):
        check_address("https://hooks.example.com/")


def test_a_public_name_is_taken_apart(monkeypatch: Any) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(socket.AF_INET, 1, 6, "", ("1.1.1.1", 443))])

    target = read_address("https://Hooks.Example.com./a/b?c=d#e")

    assert target == Target("https", "hooks.example.com", 443, "/a/b?c=d", is_own=False)
    assert resolve(target) == ["1.1.1.1"]
    check_address("https://hooks.example.com")


def test_a_name_that_nobody_has_says_so(monkeypatch: Any) -> None:
    def unknown(*_: Any, **__: Any) -> Any:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", unknown)

    with pytest.raises(Invalid) as raised:
        check_address("https://nobody.example/")
    assert raised.value.code == "url_unknown"


@override_settings(WEBHOOK_HOSTS_ALLOWED=["127.0.0.1"])
def test_ones_own_host_may_be_reached_by_http_and_on_any_port() -> None:
    target = read_address("http://127.0.0.1:8080/x")

    assert target.is_own
    assert resolve(target) == ["127.0.0.1"]
    check_address("http://127.0.0.1:8080/x", may_be_own=True)
    with pytest.raises(Forbidden):
        check_address("http://127.0.0.1:8080/x")
    with pytest.raises(Forbidden):
        read_address("http://127.0.0.2:8080/x")
