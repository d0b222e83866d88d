"""The OpenAPI document: valid, complete, the copy in the repository up to date, and the API does what it says."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
import yaml
from django.conf import settings as django_settings
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.cast import client_for
from tests.conftest import NOW
from tests.everything import World, everything
from tests.routes import routes

COPY = Path(django_settings.BASE_DIR) / "config" / "openapi.yaml"
COMMAND = "manage.py spectacular --lang en --validate --fail-on-warn --file config/openapi.yaml"
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen_clock")]
document = yaml.load(COPY.read_text("utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
schema = schemathesis.openapi.from_dict(document)
schema.app = get_wsgi_application()


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    with everything(NOW, django_db_blocker) as made:
        yield made


@pytest.fixture(autouse=True)
def one_connection() -> Iterator[None]:
    """Let requests run inside the test's transaction, as Django's own test client does."""
    ends = (request_started, request_finished)
    for signal in ends:
        signal.disconnect(close_old_connections)
    yield
    for signal in ends:
        signal.connect(close_old_connections)


@pytest.fixture(scope="module")
def headers(world: World) -> dict[str, str]:
    # Answers are compressed for who asks, and the transport of these tests does not unpack them.
    return {"Authorization": f"Api-Key {world.cast.manager_key}", "Accept-Encoding": "identity"}


def test_the_copy_in_the_repository_is_up_to_date_and_valid() -> None:
    made = io.StringIO()
    call_command("spectacular", lang="en", validate=True, fail_on_warn=True, stdout=made)

    assert made.getvalue().rstrip() == COPY.read_text("utf-8").rstrip(), f"Run: {COMMAND}"


def test_every_address_and_method_is_in_it() -> None:
    there = {(method.upper(), path.split("{")[0]) for path, item in document["paths"].items() for method in item}
    assert there == {(method, route.template.split("{")[0]) for route in routes() for method in route.methods}
    assert len(document["paths"]) == len({route.template for route in routes()})


def test_every_operation_says_how_it_fails() -> None:
    for path in document["paths"].values():
        for method, operation in path.items():
            assert {"400", "401", "403", "404"} <= set(operation["responses"])
            assert method == "get" or {"413", "415", "422"} <= set(operation["responses"])


def test_it_is_read_by_who_is_signed_in(world: World) -> None:
    for path in ("/api/schema/", "/api/docs/"):
        assert client_for(None).get(path).status_code == 401
        assert client_for(world.cast.member).get(path).status_code == 200


@schema.parametrize()
@settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_the_api_does_what_it_says(case: schemathesis.Case, world: World, headers: dict[str, str]) -> None:
    key = KEYS.get(case.operation.path.removeprefix("/api/v1/").split("/")[0])
    if key and case.path_parameters and len(str(case.path_parameters)) % 2:
        name = next(iter(case.path_parameters))
        case.path_parameters[name] = str(world.keys["hanbit"][key])
    with transaction.atomic():
        response = case.call(headers=headers)
        transaction.set_rollback(True)
    case.validate_response(response, checks=CHECKS)


KEYS = {
    "api-keys": "api-key", "attainments": "attainment", "centres": "centre", "contracts": "contract", "jobs": "job",
    "kpis": "kpi",
    "measures": "measure", "queues": "queue", "scorecards": "draft", "submissions": "submission",
    "target-sets": "target-set", "targets": "target", "vendors": "vendor",
}  # fmt: skip
"""Half of the requests are about objects that exist."""
