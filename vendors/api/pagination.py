"""Pages of a list: ``page`` and ``page_size``, both strict."""

from __future__ import annotations

import re
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request

from vendors.errors import Invalid, RowError

_NUMBER = re.compile(r"[1-9][0-9]{0,8}\Z")


class PageNumbers(PageNumberPagination):
    """``{"count","next","previous","results"}``; a page past the end is 404, a page that is no number is 400."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200

    def get_page_number(self, request: Request, paginator: Any) -> int:
        return self._number(request, self.page_query_param, default=1, most=10**9)

    def get_page_size(self, request: Request) -> int:
        assert self.max_page_size
        return self._number(request, self.page_size_query_param, default=self.page_size, most=self.max_page_size)

    @staticmethod
    def _number(request: Request, name: str, *, default: int, most: int) -> int:
        given = request.query_params.get(name)
        if given is None:
            return default
        if not _NUMBER.match(given) or int(given) > most:
            detail = _("“%(name)s” must be a whole number from 1 to %(most)d.") % {"name": name, "most": most}
            raise Invalid("bad_page", detail, [RowError("bad_page", detail, name)])
        return int(given)
