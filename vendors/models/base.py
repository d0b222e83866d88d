"""Field helpers that several models of the product share."""

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

CODE_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_-]*\Z"
NAME_PATTERN = r"^[a-z][a-z0-9_]*\Z"

code_validator = RegexValidator(
    CODE_PATTERN, _("Use letters, digits, hyphen and underscore; begin with a letter or digit."), "code_format"
)
name_validator = RegexValidator(
    NAME_PATTERN, _("Use lower-case letters, digits and underscore; begin with a letter."), "code_format"
)


def for_reader(english: str, korean: str) -> str:
    """Return the text in the language of the reader; the other one where it is blank."""
    if (get_language() or "ko").startswith("ko"):
        return korean or english
    return english or korean


class Named(models.Model):
    """A row with an English (or only) name and a Korean one."""

    name = models.CharField(_("name"), max_length=200)
    name_ko = models.CharField(_("Korean name"), max_length=200, blank=True, default="")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """The name in the language of the reader; the other one where it is blank."""
        return for_reader(self.name, self.name_ko)
