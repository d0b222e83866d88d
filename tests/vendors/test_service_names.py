"""What people call the services of queues: a name in both languages, a code that is not shipped as it is written."""

from __future__ import annotations

from django.utils import translation

from bpo.services.demonstration.cast import QUEUES
from bpo.services.programme import SERVICES as OFFERED
from vendors.choices import SERVICES, service_label, service_names


def test_every_shipped_service_has_a_name_of_its_own_in_both_languages() -> None:
    for language in ("ko", "en"):
        with translation.override(language):
            names = [service_label(code) for code in SERVICES]
        assert len(set(names)) == len(names)
        assert not set(names) & set(SERVICES)


def test_what_the_set_up_and_the_demonstration_use_is_shipped() -> None:
    assert {service.service for service in OFFERED} | {queue.service for queue in QUEUES} <= set(SERVICES)


def test_any_other_is_shown_as_it_is_written() -> None:
    assert service_label("gift-wrap") == "gift-wrap"
    assert service_names("gift-wrap") == {"gift-wrap"}
    assert service_names("order") == {"order", "주문", "Orders"}
