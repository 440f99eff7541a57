"""Layouts of banks' tables: declared by an accountant over a sample, looked at as they would be read, kept."""

from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import accountant_view
from accounts.models import Person
from payments.forms.profiles import ProfileForm, SampleForm, suggested_values, values_of
from payments.models import StatementProfile
from payments.selectors import profiles as selectors
from payments.services import profiles as services
from payments.services.profiles import ProfileRefused
from payments.statements import BUILT_IN, BankProfile, ProfileError
from payments.statements.reading import read_sample
from payments.statements.suggestion import Preview, suggest_profile


@require_safe
@accountant_view
def profile_list(request: HttpRequest) -> HttpResponse:
    """The layouts there are: declared ones, and those that come with the portal."""
    context = {"profiles": selectors.declared(), "built_in": BUILT_IN.values()}
    return render(request, "accounting/profiles.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@accountant_view
def new(request: HttpRequest) -> HttpResponse:
    """Declare a layout. Without a sample the page asks for one; with it the form is filled in from the sample."""
    return _Page(request, None).answer()


@require_http_methods(["GET", "HEAD", "POST"])
@accountant_view
def edit(request: HttpRequest, slug: str) -> HttpResponse:
    """Change a declared layout, or end its use. Statements that were received keep the one they came with."""
    stored = selectors.declared_as(slug).first()
    if stored is None:
        raise Http404
    return _Page(request, stored).answer()


class _Page:
    """One request for a layout: what is posted, the sample, and what is made of it."""

    def __init__(self, request: HttpRequest, stored: StatementProfile | None) -> None:
        self.request, self.stored = request, stored
        self.person, self.now = cast("Person", request.user), timezone.now()
        self.act = request.POST.get("islem", "")
        self.upload = SampleForm()
        self.form: ProfileForm | None = None
        self._take_sample()

    def _take_sample(self) -> None:
        """Keep the file that came with the request, whatever button sent it; then the one that was kept."""
        if "ornek" in self.request.FILES or self.act == "yukle":
            self.upload = SampleForm(self.request.POST, self.request.FILES)
            if self.upload.is_valid():
                file = self.upload.cleaned_data["ornek"]
                try:
                    # One byte more than may be is enough to be refused.
                    content = file.read(services.SAMPLE_MAX_BYTES + 1)
                    services.keep_sample(person=self.person, filename=file.name, content=content, now=self.now)
                except ProfileRefused as refusal:
                    self.upload.add_error("ornek", str(refusal))
        self.sample = selectors.sample_of(self.person, now=self.now)
        self.content = b"" if self.sample is None else services.content_of_sample(self.sample)

    def answer(self) -> HttpResponse:
        if self.request.method != "POST":
            return self._shown()
        if self.act == "yukle":
            return self._shown() if self.upload.errors else redirect(self.request.path)
        if self.act == "durum" and self.stored is not None:
            return self._switched(self.stored)
        if self.act == "birak":
            services.drop_sample(person=self.person)
            return redirect("accounting:profiles")
        if self.act not in {"onizle", "kaydet"}:
            raise Http404
        self.form = ProfileForm(self.request.POST, kind=self._kind(), stored=self.stored)
        if self.form.is_valid() and self.form.layout and self.act == "kaydet" and not self.upload.errors:
            try:
                return self._saved(self.form, self.form.layout)
            except (ProfileRefused, ProfileError) as refusal:
                self.form.add_error("kisa_ad" if getattr(refusal, "field", "") else None, str(refusal))
        return self._shown()

    def _saved(self, form: ProfileForm, layout: BankProfile) -> HttpResponse:
        name = form.cleaned_data["ad"]
        if self.stored is None:
            services.declare(name=name, layout=layout, person=self.person, now=self.now)
        else:
            seen = form.cleaned_data["gorulen"]
            services.change(profile_id=self.stored.pk, name=name, layout=layout, seen=seen, person=self.person)
        messages.success(self.request, f"“{name}” kaydedildi; ekstre yüklerken biçim olarak seçilebilir.")
        return redirect("accounting:profiles")

    def _switched(self, stored: StatementProfile) -> HttpResponse:
        is_active, seen = self.request.POST.get("kullan") == "1", self.request.POST.get("gorulen", "")
        try:
            services.set_active(profile_id=stored.pk, is_active=is_active, seen=seen, person=self.person)
        except ProfileRefused as refusal:
            messages.error(self.request, str(refusal))
            return redirect("accounting:profile", slug=stored.slug)
        words = "yeniden kullanılıyor" if is_active else "artık kullanılmıyor; eski ekstreler etkilenmez"
        messages.success(self.request, f"“{stored.name}” {words}.")
        return redirect("accounting:profiles")

    def _kind(self) -> str:
        """A stored layout keeps its kind; a new one is of its sample's, or of the page's that lost its sample."""
        if self.stored is not None:
            return self.stored.kind
        if self.content:
            return "xlsx" if self.content.startswith(b"PK\x03\x04") else "csv"
        return "xlsx" if self.request.POST.get("tur") == "xlsx" else "csv"

    def _shown(self) -> HttpResponse:
        suggestion = Preview()
        draft: BankProfile | None = None
        if self.content:
            draft, suggestion = suggest_profile(self.content)
        if self.form is None and (self.stored is not None or self.content):
            self.form = ProfileForm(kind=self._kind(), stored=self.stored, initial=self._initial(draft, suggestion))
        form = self.form
        reading = read_sample(self.content, form.layout) if form and form.layout and self.content else None
        context: dict[str, Any] = {
            "form": form if form is not None and form.errors else self.upload if self.upload.errors else None,
            "profile_form": form,
            "upload": self.upload,
            "stored": self.stored,
            "seen": services.seen_of(self.stored) if self.stored else "",
            "sample": self.sample,
            "kind": self._kind(),
            "rows": suggestion.rows,
            "headings": _headings(suggestion),
            "unsure": suggestion.unsure if self.stored is None and form is not None and not form.is_bound else (),
            "refusal": suggestion.refusal if draft is None and self.content else "",
            "reading": reading,
            "sample_lost": self.request.method == "POST" and self.sample is None and form is not None,
        }
        return render(self.request, "accounting/profile.html", context)

    def _initial(self, draft: BankProfile | None, suggestion: Preview) -> dict[str, Any]:
        if self.stored is None:
            return suggested_values(draft, suggestion)
        seen = {"ad": self.stored.name, "gorulen": services.seen_of(self.stored)}
        try:
            return {**values_of(BankProfile.from_json(self.stored.definition)), **seen}
        except ProfileError:
            return seen


def _headings(found: Preview) -> tuple[str, ...]:
    """Return what the columns are called: the row of the heading, or of the most cells, without repeats."""
    number = found.header_row
    if number is not None and number <= len(found.rows):
        row: tuple[str, ...] = found.rows[number - 1]
    else:
        row = max(found.rows, key=lambda cells: sum(map(bool, cells)), default=())
    return tuple(dict.fromkeys(cell.strip() for cell in row if cell.strip()))
