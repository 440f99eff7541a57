"""What every administrators' screen is built on: nothing is deleted, every change is audited."""

from typing import TYPE_CHECKING, Any, ClassVar, cast
from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models
from django.db.models import QuerySet
from django.forms.models import construct_instance
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from accounts.models import Person
from accounts.searching import folded
from iys_portal.audit.services import record
from iys_portal.shared.email_addresses import EmailField
from iys_portal.shared.money import format_lira
from iys_portal.shared.turkish import fold

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
    TabularInline = admin.TabularInline[Any, Any]
    ModelForm = forms.ModelForm[Any]
else:
    ModelAdmin = admin.ModelAdmin
    TabularInline = admin.TabularInline
    ModelForm = forms.ModelForm


def lira_column(model: type[models.Model], name: str) -> Any:
    """Return a column of the site that shows an amount in TRY as ``5.097,60 ₺``."""

    field: Any = model._meta.get_field(name)

    @admin.display(description=field.verbose_name, ordering=name)
    def shown(row: Any) -> str:
        amount = getattr(row, name)
        return "–" if amount is None else format_lira(amount).replace(" ", "\N{NO-BREAK SPACE}")

    return shown


def acting_person(request: HttpRequest) -> Person:
    """Return who works on the administrators' site: its views let nobody in who is not logged in."""
    return cast("Person", request.user)


class PortalAdmin(ModelAdmin):
    """A list of 50 rows a page, searched in any Turkish spelling, from which nothing is ever deleted."""

    actions: Any = None
    list_per_page = 50
    list_max_show_all = 50
    show_full_result_count = False
    folded_search: ClassVar[tuple[str, ...]] = ()
    """Text columns (relations by ``__``) that are searched folded, beside `search_fields`."""
    sandbox_path: ClassVar[str] = ""
    """The way to `Provider.sandbox_of`: rows of sandboxes are in no list of administrators."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.filter(**{self.sandbox_path: None}) if self.sandbox_path else rows

    def has_delete_permission(self, *_args: Any, **_kwargs: Any) -> bool:
        return False

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Show the audit trail of the row to those who may see it; it knows more than Django's own log."""
        if not request.user.has_perm("audit.view_auditevent"):
            return super().history_view(request, object_id, extra_context)
        query = urlencode({"object_type": self.model._meta.label_lower, "object_id": object_id})
        return redirect(f"{reverse('admin:audit_auditevent_changelist')}?{query}")

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        return [*super().get_search_fields(request), *(_alias(field) for field in self.folded_search)]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        aliases = {_alias(field): folded(field) for field in self.folded_search}
        return super().get_search_results(request, queryset.alias(**aliases), fold(search_term))


def _alias(field: str) -> str:
    return "folded_" + field.replace("__", "_")


class ReadOnlyAdmin(PortalAdmin):
    """Rows that come into being elsewhere: looked at, never added or changed here."""

    def has_add_permission(self, *_args: Any, **_kwargs: Any) -> bool:
        return False

    def has_change_permission(self, *_args: Any, **_kwargs: Any) -> bool:
        return False


class TurkishDecimalField(forms.DecimalField):
    """Takes ``4.320,00``, ``4320,00`` and ``4320.00``; ``4.320`` has too many decimals and is refused."""

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str) and "," in value:
            value = value.replace(".", "").replace(",", ".")
        return super().to_python(value)


class ConstrainedForm(ModelForm):
    """Tells a broken database constraint in words, beside the field to correct.

    `constraint_errors` maps a constraint's name to (field, sentence). Unlike Django's own, the check also
    covers the columns that are not on the form: the stored row has them.
    """

    constraint_errors: ClassVar[dict[str, tuple[str, str]]] = {}
    broken_at_save: ClassVar[str | None] = None
    """The constraint that refused these values when they were saved: somebody else was quicker."""

    def _post_clean(self) -> None:
        """Do as Django does, but for the constraints."""
        exclude = self._get_validation_exclusions()  # type: ignore[attr-defined]  # private: not in the stubs
        self.instance = construct_instance(self, self.instance, self._meta.fields, self._meta.exclude)
        try:
            self.instance.full_clean(exclude=exclude, validate_unique=False, validate_constraints=False)
        except ValidationError as error:
            self._update_errors(error)  # type: ignore[attr-defined]  # private: not in the stubs
        self.validate_unique()
        self._validate_constraints()
        if self.broken_at_save and not self.errors:
            self._add_broken(self.broken_at_save, ValidationError("Bu kayıt az önce değişti."))

    def _validate_constraints(self) -> None:
        for model, constraints in self.instance.get_constraints():
            for constraint in constraints:
                try:
                    constraint.validate(model, self.instance, exclude=set(self.errors))
                except ValidationError as error:
                    self._add_broken(constraint.name, error)

    def _add_broken(self, constraint: str, error: ValidationError) -> None:
        field, sentence = self.constraint_errors.get(constraint, (None, error))
        self.add_error(field if field in self.fields else None, sentence)


class AuditedAdmin(PortalAdmin):
    """Rows that administrators add and change; each change is audited with the values before and after it.

    `fixed_fields` are typed when a row is made and never changed again. `unaudited` fields are secrets, or
    follow from others. `constraint_errors`: see ConstrainedForm.
    """

    form = ConstrainedForm
    formfield_overrides = {
        models.DecimalField: {"form_class": TurkishDecimalField, "localize": True},
        models.EmailField: {"form_class": EmailField},
    }
    constraint_errors: ClassVar[dict[str, tuple[str, str]]] = {}
    fixed_fields: ClassVar[tuple[str, ...]] = ()
    unaudited: ClassVar[tuple[str, ...]] = ()

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:  # type: ignore[override]  # a form made on the fly has no name
        form: Any = super().get_form(request, obj, **kwargs)
        form.constraint_errors = self.constraint_errors
        form.broken_at_save = getattr(request, "broken_at_save", None)
        return form

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Show the form again, in words, when the database refuses at the save what the form had found right.

        That happens when two administrators save rows that exclude each other at the same instant.
        """
        try:
            return super().changeform_view(request, *args, **kwargs)
        except IntegrityError as error:
            constraint = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
            if constraint not in self.constraint_errors:
                raise
            request.broken_at_save = constraint  # type: ignore[attr-defined]  # from the save to the answer
        return super().changeform_view(request, *args, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fixed = self.fixed_fields if obj is not None else ()
        return (*super().get_readonly_fields(request, obj), *fixed)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001  (Django's signature)
        if change:
            rows = type(obj)._default_manager.select_for_update(of=("self",), no_key=True)
            obj.values_before_change = self._values(rows.get(pk=obj.pk))
        super().save_model(request, obj, form, change)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        record(action="admin:add", subject=obj, actor=acting_person(request), after=self._stored_values(obj))
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        before, after = obj.values_before_change, self._stored_values(obj)
        changed = sorted(name for name in after if after[name] != before[name])
        if changed:
            record(
                action="admin:change",
                subject=obj,
                actor=acting_person(request),
                before={name: before[name] for name in changed},
                after={name: after[name] for name in changed},
            )
        return super().log_change(request, obj, message)

    def _stored_values(self, obj: models.Model) -> dict[str, Any]:
        return self._values(type(obj)._default_manager.get(pk=obj.pk))

    def _values(self, obj: models.Model) -> dict[str, Any]:
        values = {
            field.name: field.value_from_object(obj)
            for field in obj._meta.concrete_fields
            if not isinstance(field, models.BinaryField) and field.name not in self.unaudited
        }
        for relation in obj._meta.many_to_many:
            if relation.name not in self.unaudited:
                values[relation.name] = sorted(str(other) for other in relation.value_from_object(obj))
        return values
