"""``submissions/``: figures come in, and the receipts of those that did."""

from __future__ import annotations

from itertools import islice
from typing import Any

import django_filters
from django.conf import settings
from django.http import HttpResponseBase
from django.utils.translation import get_language_from_request
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from kpis.api.feed_parsers import FILE_PARSERS, FILE_TYPES, PARSERS, FeedFormParser, FileBody
from kpis.api.jobs import JobTicketSerializer, ticket
from kpis.api.reports import AS, BinaryRenderer, report_answer
from kpis.choices import CorrectionReason, SubmissionWay
from kpis.imports.encodings import ACCEPTED
from kpis.imports.jobs import MOST_AT_ONCE, queue_import
from kpis.imports.tables import DELIMITERS
from kpis.imports.taking import ImportOptions, check_file, open_file, read_file, take_in
from kpis.models import MetricRevision, Submission
from kpis.queries.receipts import contract_outlooks, spans_of
from kpis.services.effect import effect_of
from kpis.services.feed import wording
from kpis.services.submissions import LONGEST_NOTE, SubmissionResult, submit
from kpis.tasks import start_imports, wake_up
from vendors import clock
from vendors.actors import Capability
from vendors.api.fields import Choice, Moment, Text
from vendors.api.filters import CodeFilter, bad_query
from vendors.api.parsers import body_of
from vendors.api.viewsets import UUID, ScopedViewSet
from vendors.errors import Invalid, RowError, UnsupportedMedia

FIELDS = ("rows", "note", "reason")
ANSWERED = (
    "id",
    "number",
    "status",
    "totals",
    "values",
    "warnings",
    "errors",
    "received_at",
    "submitted_by",
    "way",
    "vendor",
)
MOST_CHANGES = 1_000
LONGEST_KEY = 255
OF_READING = ("encoding", "delimiter", "sheet", "profile")
READING_PARAMETERS = [
    OpenApiParameter("encoding", str, enum=list(ACCEPTED), description="Of a text file, where it is ambiguous."),
    OpenApiParameter("delimiter", str, enum=list(DELIMITERS), description="Of a CSV file that several fit."),
    OpenApiParameter("profile", str, description="Code of the import profile that reads the file."),
    OpenApiParameter("sheet", str, description="Of a spreadsheet where several sheets hold data."),
]
FILE_BODIES: dict[str, Any] = {
    **dict.fromkeys(FILE_TYPES, OpenApiTypes.BINARY),
    "multipart/form-data": {
        "type": "object",
        "properties": {
            "file": {"type": "string", "format": "binary"},
            "note": {"type": "string", "maxLength": LONGEST_NOTE},
            "reason": {"type": "string", "enum": ["", *CorrectionReason.values]},
        },
        "required": ["file"],
        "additionalProperties": False,
    },
}


class SubmissionFilter(django_filters.FilterSet):
    vendor = CodeFilter(field_name="vendor__code")
    way = django_filters.ChoiceFilter(choices=SubmissionWay.choices)


class SubmissionRowSerializer(serializers.Serializer[Any]):
    """One queue-day: ``date``, or ``month`` for a total of closed history."""

    queue = serializers.CharField()
    date = serializers.DateField(required=False)
    month = serializers.CharField(required=False)
    measures = serializers.DictField(
        help_text="Numbers by measure; null withdraws one. A histogram is a list of bucket counts, or "
        '{"edges_version": "tat_h_v1", "counts": [12, 40, 3]}; in a file one cell, 12;40;3.'
    )


class SubmissionInputSerializer(serializers.Serializer[Any]):
    """Describes the body for the API's document; the service itself checks rows, all of them at once."""

    rows = SubmissionRowSerializer(many=True)
    note = serializers.CharField(required=False, max_length=LONGEST_NOTE)
    reason = serializers.ChoiceField(CorrectionReason.choices, required=False, allow_blank=True)


class SubmissionSerializer(serializers.ModelSerializer[Submission]):
    """A receipt: the answer that was given, and who sent it."""

    status = serializers.CharField(source="result.status", read_only=True)
    rows = serializers.IntegerField(source="row_count", read_only=True)
    values = serializers.DictField(source="result.values", child=serializers.IntegerField(), read_only=True)
    totals = serializers.DictField(source="result.totals", child=serializers.CharField(), read_only=True, default=dict)
    vendor: Any = serializers.SlugRelatedField(slug_field="code", read_only=True)
    received_at = Moment(read_only=True)
    reason = serializers.CharField(read_only=True, allow_null=True, help_text="Why values that stood were replaced.")

    class Meta:
        model = Submission
        fields = [
            "id", "number", "status", "rows", "values", "totals", "received_at", "vendor", "submitted_by", "way",
            "note", "reason", "file_name", "body_hash", "confirmed_by",
        ]  # fmt: skip
        read_only_fields = fields

    def to_representation(self, instance: Submission) -> dict[str, Any]:
        answer = super().to_representation(instance)
        # "result.values" would be the method of the dictionary.
        return {**answer, "values": instance.result["values"]}


class SubmissionDetailSerializer(SubmissionSerializer):
    """The receipt with its warnings, the values it changed (at most 1,000), and how its months stand now.

    The last is empty for who reads no results: a key that may only send.
    """

    def to_representation(self, instance: Submission) -> dict[str, Any]:
        answer = super().to_representation(instance)
        noted = {name: instance.result.get(name, []) for name in ("warnings", "errors")}
        return {
            **answer,
            **noted,
            "changes": list(islice(_changes(instance), MOST_CHANGES)),
            "outlook": _outlook(instance) if self.context["view"].actor.may(Capability.READ_RESULTS) else [],
        }


def _outlook(submission: Submission) -> list[dict[str, Any]]:
    return [contract.as_dict() for contract in contract_outlooks(spans_of(submission), clock.now())]


def _changes(submission: Submission) -> Any:
    revisions = MetricRevision.objects.filter(submission=submission).order_by("queue__code", "date")
    rows = revisions.values_list("queue__code", "date", "changes")[:MOST_CHANGES]
    for queue, day, changes in rows:
        for measure, (old, new, revision) in changes.items():
            yield {"queue": queue, "date": day, "measure": measure, "old": old, "new": new, "revision": revision}


class SubmissionViewSet(ScopedViewSet):
    """Send figures (POST), and read the receipts. A submission is never changed: a correction is another one."""

    queryset = Submission.objects.select_related("vendor").order_by("-received_at", "-id")
    serializer_class = SubmissionSerializer
    filterset_class = SubmissionFilter
    parser_classes = PARSERS
    capabilities = {"read": Capability.READ_SUBMISSIONS, "write": Capability.SUBMIT}
    sandbox = ("create",)
    query_params = {
        "create": ("dry_run", "partial", "reason", *OF_READING),
        "error_report": ("as", *OF_READING),
    }
    http_method_names = ["get", "post", "head", "options"]
    lookup_field = "pk"
    lookup_value_regex = UUID

    def get_serializer_class(self) -> Any:
        return SubmissionDetailSerializer if self.action == "retrieve" else SubmissionSerializer

    @extend_schema(
        request={"application/json": SubmissionInputSerializer, **FILE_BODIES},
        responses={
            201: SubmissionSerializer,
            200: SubmissionSerializer,
            202: JobTicketSerializer,
            207: SubmissionSerializer,
        },
        parameters=[
            OpenApiParameter(
                "Idempotency-Key",
                str,
                OpenApiParameter.HEADER,
                description="Up to 255 characters: sent again with the same body, it gets the first answer again.",
            ),
            OpenApiParameter(
                "dry_run",
                bool,
                description="Check everything, store nothing; the answer has the `effect` on the months' figures.",
            ),
            OpenApiParameter("partial", bool, description="Store the good rows and answer 207 with the bad ones."),
            OpenApiParameter("reason", str, enum=CorrectionReason.values, description="As in the body; for a file."),
            *READING_PARAMETERS,
        ],
    )
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        if _is_file(request):
            return self._take_file(request)
        if "profile" in request.query_params:
            raise bad_query("profile", _("A profile reads files; JSON needs none."))
        rows, note, reason = read_feed(request.data if request.data == [] else body_of(request))
        dry_run = self._flag("dry_run")
        result = submit(
            actor=self.actor,
            rows=rows,
            now=clock.now(),
            note=note,
            reason=self._reason(reason),
            dry_run=dry_run,
            partial=self._flag("partial"),
            body_hash=getattr(request, "body_hash", ""),
            idempotency_key=_idempotency_key(request),
        )
        return self._answer(result, dry_run=dry_run)

    def _take_file(self, request: Request) -> Response:
        """Take in a small file at once; keep a large one as a job."""
        file, options = self._file(request)
        feed = read_file(file.content, options, self.actor)
        key = _idempotency_key(request)
        if len(feed.rows) > MOST_AT_ONCE:
            job, is_replay = queue_import(
                file.content, feed, options, actor=self.actor, now=clock.now(), idempotency_key=key
            )
            start_imports()
            return ticket(job, is_replay=is_replay)
        result = take_in(
            feed,
            options,
            actor=self.actor,
            now=clock.now(),
            content_hash=file.content_hash,
            idempotency_key=key,
        )
        return self._answer(result, dry_run=options.dry_run, file=feed.found)

    def _answer(self, result: SubmissionResult, *, dry_run: bool, **more: Any) -> Response:
        if result.id:
            wake_up()
        if dry_run:
            more["effect"] = effect_of(result.days, actor=self.actor, now=clock.now())
        headers = {name: "true" for name, is_so in _flags(result).items() if is_so}
        return Response({**result.as_dict(), **more}, status=_status(result, dry_run=dry_run), headers=headers)

    @extend_schema(
        request=FILE_BODIES,
        responses={(200, media_type): OpenApiTypes.BINARY for media_type in BinaryRenderer.media_types},
        parameters=[AS, *READING_PARAMETERS],
    )
    @action(
        detail=False,
        methods=["post"],
        url_path="error-report",
        parser_classes=[*FILE_PARSERS, FeedFormParser],
        renderer_classes=BinaryRenderer.all(),
    )
    def error_report(self, request: Request) -> HttpResponseBase:
        """Check a file, store nothing, and return it with a column that says what is wrong with each row."""
        if not _is_file(request):
            raise UnsupportedMedia("media_type", _("Send the file whose rows are to be checked."))
        body, options = self._file(request, dry_run=True)
        file = open_file(body.content, options, self.actor)
        errors = check_file(file, options, actor=self.actor, now=clock.now(), content_hash=body.content_hash)
        kind = self._choice("as", ("xlsx", "csv")) or "xlsx"
        return report_answer(file, options.filename, errors, kind=kind)

    def _file(self, request: Request, *, dry_run: bool = False) -> tuple[FileBody, ImportOptions]:
        # An empty body is given to no parser.
        file = request.data if isinstance(request.data, FileBody) else FileBody(b"")
        options = ImportOptions(
            filename=file.filename,
            encoding=self._choice("encoding", tuple(ACCEPTED)),
            delimiter=DELIMITERS.get(self._choice("delimiter", tuple(DELIMITERS)) or ""),
            sheet=request.query_params.get("sheet"),
            profile=request.query_params.get("profile"),
            note=_note(file.note),
            reason=self._reason(_reason(file.reason)),
            partial=self._flag("partial") if not dry_run else False,
            dry_run=dry_run or self._flag("dry_run"),
            language=get_language_from_request(request._request),
            read_on=clock.local_date(clock.now(), settings.TIME_ZONE),
        )
        return file, options

    def _reason(self, given: str) -> str:
        return self._choice("reason", tuple(CorrectionReason.values)) or given

    def _flag(self, name: str) -> bool:
        return self._choice(name, ("true", "false")) == "true"

    def _choice(self, name: str, allowed: tuple[str, ...]) -> str | None:
        given = self.request.query_params.get(name)
        if given is not None and given not in allowed:
            raise bad_query(name, _("Choose one of: %(choices)s.") % {"choices": ", ".join(allowed)})
        return given


def _is_file(request: Request) -> bool:
    media_type = (request.content_type or "").partition(";")[0].strip().lower()
    return media_type in FILE_TYPES or media_type == FeedFormParser.media_type


def read_feed(body: Any) -> tuple[list[Any], str, str]:
    """Return rows, note and reason of a JSON body; raise Invalid where it is not of the documented shape."""
    if body == [] or (isinstance(body, dict) and body.get("rows") == []):
        raise Invalid("empty_batch", _("There are no rows: send at least one queue-day."))
    errors = [_unknown(name) for name in islice((name for name in body if name not in FIELDS), 20)]
    rows, note = body.get("rows"), body.get("note", "")
    if "rows" not in body:
        errors.append(RowError(code="required", detail=_("Send the figures as a list in “rows”."), field="rows"))
    elif not isinstance(rows, list):
        errors.append(RowError(code="not_a_list", detail=_("“rows” is a list of queue-days."), field="rows"))
    if errors:
        raise Invalid(errors[0].code, errors[0].detail, errors)
    return rows, _note(note), _reason(body.get("reason", ""))


def _note(note: Any) -> str:
    field = Text(multiline=True, allow_blank=True, max_length=LONGEST_NOTE)
    try:
        return str(field.run_validation(note))
    except serializers.ValidationError as error:
        raise serializers.ValidationError({"note": error.detail}) from None


def _reason(reason: Any) -> str:
    if reason in ("", None):
        return ""
    field = Choice(choices=CorrectionReason.choices)
    try:
        return str(field.run_validation(reason))
    except serializers.ValidationError as error:
        raise serializers.ValidationError({"reason": error.detail}) from None


def _unknown(name: str) -> RowError:
    shown = wording.cut(name)
    if name in ANSWERED:
        return RowError(code="read_only_field", detail=_("This field is only read."), field=shown)
    return RowError(code="unknown_field", detail=wording.unknown("field", shown, FIELDS), field=shown)


def _idempotency_key(request: Request) -> str:
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return ""
    if not (1 <= len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()):
        raise Invalid(
            "idempotency_key",
            _("An Idempotency-Key is 1 to %(most)d printable ASCII characters, such as a UUID.")
            % {"most": LONGEST_KEY},
        )
    return key


def _flags(result: SubmissionResult) -> dict[str, bool]:
    return {"Idempotency-Replayed": result.is_replay, "Sandbox": result.is_sandbox}


def _status(result: SubmissionResult, *, dry_run: bool) -> int:
    if result.held_id:
        return 202
    if result.errors:
        return 207
    return 200 if dry_run else 201
