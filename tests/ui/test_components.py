"""Icons, fields, the error summary, and the components that wrap text, as the browser gets them."""

import re

import lucide
import pytest
from django import forms
from django.core.paginator import Page, Paginator
from django.template import engines
from django.template.loader import render_to_string
from django.test import RequestFactory
from pytest_django import Settings

from iys_portal import ui

METHOD_REQUIRED = "Bir ödeme yöntemi seçin."


class Cards(forms.RadioSelect):
    """Radio buttons of which one has a hint."""

    def create_option(self, name: str, value: str, *args: object, **kwargs: object) -> dict[str, object]:
        option = super().create_option(name, value, *args, **kwargs)  # type: ignore[arg-type]
        if value == "havale":
            option["attrs"]["data-hint"] = "Kodunuzla ödersiniz."
        return option


class Sample(forms.Form):
    """One field of each kind that the portal has."""

    name = forms.CharField(label="Unvan", help_text="Belgede yazdığı gibi.")
    quota = forms.IntegerField(label="Kota", required=False, widget=forms.NumberInput({"data-suffix": "adres"}))
    approve = forms.BooleanField(label="Okudum", error_messages={"required": "Onaylayın."})
    method = forms.ChoiceField(
        label="Yöntem",
        choices=[("kart", "Kredi Kartı"), ("havale", "Havale")],
        widget=Cards,
        error_messages={"required": METHOD_REQUIRED},
    )
    nonce = forms.CharField(widget=forms.HiddenInput, error_messages={"required": "Sayfayı yenileyin."})

    def clean(self) -> None:
        raise forms.ValidationError("Birlikte olmaz.")


def squeezed(html: str) -> str:
    """Return markup with every run of white space as one blank, and none between tags."""
    return re.sub(r">\s+<", "><", re.sub(r"\s+", " ", html)).strip()


def text_of(html: str) -> str:
    """Return what is left of markup without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def rendered(source: str, **context: object) -> str:
    """Render a piece of template with the portal's engine."""
    return engines["django"].from_string(source).render(context)


def test_an_icon_is_inline_and_hidden_from_readers() -> None:
    html = rendered('{% icon "check" 16 %}')
    assert re.match(r"<svg [^>]*>", html)
    attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', html.split(">")[0]))
    assert (attributes["aria-hidden"], attributes["focusable"]) == ("true", "false")
    assert (attributes["class"], attributes["width"], attributes["height"]) == ("icon", "16", "16")
    assert "style" not in attributes


def test_an_unknown_icon_is_an_error() -> None:
    with pytest.raises(lucide.IconDoesNotExist):
        ui.icon("boyle-bir-simge-yok")


def test_a_field_has_label_hint_and_control() -> None:
    assert squeezed(Sample()["name"].as_field_group()) == squeezed("""
        <div class="field"><label class="field-label" for="id_name">Unvan</label>
        <div class="field-hint" id="id_name_helptext">Belgede yazdığı gibi.</div>
        <div class="field-control"><input type="text" name="name" required
         aria-describedby="id_name_helptext" id="id_name"></div></div>""")


def test_a_field_shows_its_error_beside_and_points_to_it() -> None:
    html = Sample({})["name"].as_field_group()
    assert 'class="field field-bad"' in html
    assert 'aria-invalid="true"' in html
    assert 'aria-describedby="id_name_helptext id_name_error"' in html
    beside = html[html.index('<div id="id_name_error">') : html.index('<div class="field-control">')]
    assert text_of(beside) == "Bu alan zorunludur."


def test_an_optional_field_says_so_and_shows_its_unit() -> None:
    html = Sample()["quota"].as_field_group()
    assert text_of(html) == "Kota (isteğe bağlı) adres"
    assert '<span class="field-suffix">adres</span>' in html


def test_a_checkbox_comes_before_its_label() -> None:
    html = squeezed(Sample()["approve"].as_field_group())
    assert html == squeezed("""
        <div class="field field-check"><div class="field-control">
        <input type="checkbox" name="approve" required id="id_approve"><div>
        <label for="id_approve">Okudum</label></div></div></div>""")


def test_radio_buttons_are_a_named_group() -> None:
    html = Sample({})["method"].as_field_group()
    assert '<fieldset class="field field-bad" aria-describedby="id_method_error">' in html
    assert "<legend>Yöntem</legend>" in html
    assert html.count('type="radio"') == 2


def test_choice_cards_show_hints_and_the_error() -> None:
    html = rendered('{% include "components/choice_cards.html" with field=form.method %}', form=Sample({}))
    assert text_of(html) == f"Yöntem {METHOD_REQUIRED} Kredi Kartı Havale Kodunuzla ödersiniz."


def test_the_summary_has_every_error_once_and_leads_to_its_field() -> None:
    html = render_to_string("components/error_summary.html", {"form": Sample({"name": "A", "method": ""})})
    assert re.findall(r"<li>(.*?)</li>", html) == [
        "Birlikte olmaz.",
        "Sayfayı yenileyin.",
        '<a href="#id_approve">Onaylayın.</a>',
        f'<a href="#id_method_0">{METHOD_REQUIRED}</a>',
    ]


def test_text_of_people_is_escaped_in_errors_and_hints() -> None:
    form = Sample({"name": "A", "method": "<script>"})
    assert "<script>" not in render_to_string("components/error_summary.html", {"form": form})
    assert "<script>" not in form["method"].as_field_group()


@pytest.mark.parametrize(("data", "prefix"), [(None, ""), ({}, "Hata: ")])
def test_the_title_says_when_the_form_has_errors(data: dict[str, str] | None, prefix: str, settings: Settings) -> None:
    plain_names = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain_names}
    html = render_to_string("applications/start.html", {"form": Sample(data)}, request=None)
    assert f"<title>{prefix}Hemen Başvur – İleti Yönetim Sistemi</title>" in html


def test_a_notice_wraps_its_text() -> None:
    html = rendered('{% notice "warn" %}Son <b>3</b> gün{% endnotice %}')
    assert 'class="notice notice-warn"' in html
    assert '<div class="notice-text">Son <b>3</b> gün</div>' in html


def test_a_notice_escapes_values() -> None:
    html = rendered("{% notice %}{{ value }}{% endnotice %}", value="<b>")
    assert '<div class="notice-text">&lt;b&gt;</div>' in html


def test_the_disclosure_holds_the_steps() -> None:
    html = rendered("{% howto %}<li>Önce.</li>{% endhowto %}")
    assert text_of(html) == "Nasıl yapılır? Önce."


def test_the_meter_has_a_limit_only_where_there_is_one() -> None:
    source = '{% include "components/meter.html" with id="m" label="Adres" used=used limit=limit %}'
    bounded = rendered(source, used=68500, limit=75000)
    assert '<meter min="0" max="75000" high="60000" optimum="0" value="68500" aria-labelledby="m">' in bounded
    unbounded = rendered(source, used=68500, limit=None)
    assert "<meter" not in unbounded
    assert text_of(unbounded) == "Adres 68.500 / SINIRSIZ"


@pytest.mark.parametrize(
    ("step", "free", "expected"),
    [
        (1, False, ["current", "", "", ""]),
        (3, False, ["done", "done", "current", ""]),
        (2, True, ["done", "current", ""]),
        (5, False, ["done", "done", "done", "done"]),
    ],
)
def test_the_stepper_marks_where_one_is(step: int, free: bool, expected: list[str]) -> None:
    html = rendered('{% include "components/stepper.html" %}', step=step, is_free=free)
    items = re.findall("<li[^>]*>", html)
    assert ["current" if "aria-current" in li else "done" if "is-done" in li else "" for li in items] == expected


def test_a_code_is_copied_without_its_grouping() -> None:
    html = rendered('{% include "components/copy.html" with text="TR82 0001" value="TR820001" what="IBAN" %}')
    assert '<span class="code">TR82 0001</span>' in html
    assert 'data-copy="TR820001"' in html


def page_of(count: int, number: int = 1) -> Page[int]:
    """Return page `number` of `count` rows, 25 a page."""
    return Paginator(range(count), 25).get_page(number)


def test_the_pager_keeps_the_filter_in_the_address() -> None:
    request = RequestFactory().get("/markalar/", {"ara": "iş"})
    html = render_to_string("components/pager.html", {"page": page_of(60, 2)}, request)
    assert re.findall(r'rel="(\w+)" href="([^"]+)"', html) == [
        ("prev", "?ara=i%C5%9F&amp;sayfa=1"),
        ("next", "?ara=i%C5%9F&amp;sayfa=3"),
    ]
    assert text_of(html).startswith("26–50 / 60")


def test_one_page_needs_no_pager() -> None:
    assert render_to_string("components/pager.html", {"page": page_of(25)}).strip() == ""
