"""``/api/v1/jobs/{id}/``: progress and result of a large file, and its error report."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from kpis.api.reports import AS, BinaryRenderer, report_answer
from kpis.imports.jobs import errors_of, has_report, jobs_for, options_of
from kpis.imports.taking import open_again
from kpis.models import ImportJob
from vendors.actors import Capability
from vendors.api.filters import bad_query
from vendors.api.viewsets import UUID, ScopedViewSet

RETRY_SECONDS = 2


class JobTicketSerializer(serializers.Serializer[Any]):
    """What a large file is answered with: where to look."""

    job = serializers.UUIDField()
    status = serializers.CharField()
    status_url = serializers.CharField()
    rows = serializers.IntegerField()


class JobSerializer(serializers.ModelSerializer[ImportJob]):
    """``result`` is the answer a small file gets at once, ``problem`` the refusal with the errors of its rows."""

    has_report = serializers.SerializerMethodField(help_text="Whether error-report/ has something to say.")

    class Meta:
        model = ImportJob
        fields = [
            "id", "status", "filename", "size", "content_hash", "submitted_by", "done", "total", "result", "problem",
            "submission", "attempts", "has_report", "created_at", "started_at", "ended_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_has_report(self, job: ImportJob) -> bool:
        return has_report(job)


def ticket(job: ImportJob, *, is_replay: bool) -> Response:
    """Return 202 with the address of the job."""
    address = reverse("kpis-api:job-detail", args=[job.pk])
    headers = {"Location": address, "Retry-After": str(RETRY_SECONDS)}
    if is_replay:
        headers["Idempotency-Replayed"] = "true"
    body = {"job": str(job.pk), "status": job.status, "status_url": address, "rows": job.total}
    return Response(body, status=202, headers=headers)


class JobViewSet(ScopedViewSet):
    """One large file on its way in. There is no list: whoever sent it was told its id."""

    queryset = ImportJob.objects.all()
    serializer_class = JobSerializer
    lookup_field = "pk"
    lookup_value_regex = UUID
    http_method_names = ["get", "head", "options"]
    capabilities = {"read": Capability.READ_SUBMISSIONS}
    query_params = {"error_report": ("as",)}

    def capability_needed(self) -> Capability | None:
        """Return what reading takes; a key without it, which sends files, follows those it sent itself."""
        needed = super().capability_needed()
        is_sender = self.actor.api_key_id is not None and self.actor.may(Capability.SUBMIT)
        return Capability.SUBMIT if needed and is_sender and not self.actor.may(needed) else needed

    def get_queryset(self) -> Any:
        return super().get_queryset() if getattr(self, "swagger_fake_view", False) else jobs_for(self.actor)

    @extend_schema(
        responses={(200, media_type): OpenApiTypes.BINARY for media_type in BinaryRenderer.media_types},
        parameters=[AS],
    )
    @action(detail=True, methods=["get"], url_path="error-report", renderer_classes=BinaryRenderer.all())
    def error_report(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Return the sender's file with a column that says what is wrong with each row; kept for seven days."""
        job = self.get_object()
        kind = request.query_params.get("as", "xlsx")
        if kind not in ("xlsx", "csv"):
            raise bad_query("as", "xlsx, csv")
        if not has_report(job):
            raise Http404
        options = options_of(job)
        return report_answer(open_again(bytes(job.content), options), options.filename, errors_of(job), kind=kind)
