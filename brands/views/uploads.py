"""Many dealers at once: a file, what is right and wrong in it, and the rows to correct."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import ProviderRequest, provider_view
from accounts.enums import Capability
from brands.enums import BrandState, UploadState
from brands.forms import UploadForm
from brands.models import Brand, RetailerUpload
from brands.rules import BRAND_PASSIVE, LABELS, BrandRefused, RetailerRefused
from brands.selectors import upload_with_id
from brands.services import uploads as services
from brands.upload_files import CONTENT_TYPES, OPTIONAL, read, rows_to_correct, template
from brands.views.common import brand_or_404
from iys_portal.paging import page_of
from iys_portal.shared.sheets.refusal import FileRefused

GOOD_ROWS_SHOWN = 10
# (heading, what is written there, an example, whether it may be empty)
COLUMNS = tuple(
    (LABELS[field], hint, example, field in OPTIONAL)
    for field, hint, example in [
        ("title", "Ticaret unvanı; harf, rakam ve boşluk", "Örnek Bayi Limited Şirketi"),
        ("alias", "Bayiyi ayırt ettiren ad", "Şişli Mağazası"),
        ("name", "Yetkili kişinin adı ve soyadı", "Ayşe Örnek"),
        ("tckn", "Yetkili kişinin kimlik numarası, 11 hane", "10000000146"),
        ("tin", "Şirketlerde VKN (10 hane), şahıs işletmelerinde TCKN (11 hane)", "4620000016"),
        ("mersis", "16 hane", "0462000001600019"),
        ("city", "İlin adı", "İstanbul"),
        ("town", "İlçenin adı", "Şişli"),
        ("mobile", "Ülke koduyla ya da 0 ile", "+90 532 500 11 11"),
        ("status", "Aktif, Askıda ya da Pasif; boşsa Aktif", "Aktif"),
    ]
)


@require_http_methods(["GET", "HEAD", "POST"])
@provider_view(Capability.BRANDS)
def upload(request: ProviderRequest, code: int) -> HttpResponse:
    """Choose a file; it is read and judged, and no dealer is added yet."""
    brand = brand_or_404(request, code)
    if brand.state != BrandState.ACTIVE:
        messages.error(request, BRAND_PASSIVE)
        return redirect("brands:detail", code=brand.code)
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            lines = read(file)
        except FileRefused as refusal:
            form.add_error("file", refusal.message)
        else:
            kept = services.receive(
                brand=brand, filename=file.name, lines=lines, person=request.user, now=timezone.now()
            )
            return redirect("brands:retailer_upload_result", code=brand.code, upload_id=kept.pk)
    return render(request, "brands/upload.html", {"brand": brand, "form": form, "columns": COLUMNS})


@require_safe
@provider_view(Capability.BRANDS)
def template_file(request: ProviderRequest, code: int, kind: str) -> HttpResponse:
    """The file that people fill in."""
    brand = brand_or_404(request, code)
    return _file(template(_kind(kind)), f"bayiler-{brand.code}", kind)


@require_http_methods(["GET", "HEAD", "POST"])
@provider_view(Capability.BRANDS)
def result(request: ProviderRequest, code: int, upload_id: int) -> HttpResponse:
    """What the file would bring, or has brought; POST adds its good rows, or withdraws it."""
    brand = brand_or_404(request, code)
    kept = _upload(brand, upload_id)
    if request.method == "POST":
        return _decide(request, brand, kept)
    broken = {number for number, *_ in kept.faults}
    waiting = kept.state == UploadState.WAITING
    context = {
        "brand": brand,
        "upload": kept,
        "bad_count": kept.row_count - kept.good_count,
        "page": page_of(request, kept.faults),
        "good": [line for line in services.lines_of(kept) if line.number not in broken][:GOOD_ROWS_SHOWN]
        if waiting
        else [],
    }
    return render(request, "brands/upload_result.html", context)


def _decide(request: ProviderRequest, brand: Brand, kept: RetailerUpload) -> HttpResponse:
    now = timezone.now()
    if "vazgec" in request.POST:
        left = services.withdraw(upload=kept, person=request.user, now=now)
        if left.state == UploadState.APPLIED:
            messages.warning(
                request,
                f"Dosyadan vazgeçilemedi: {left.good_count} bayi daha önce eklendi. Eklenmemesi gerekenleri bayi"
                " listesinden silebilirsiniz.",
            )
            return redirect("brands:retailer_upload_result", code=brand.code, upload_id=kept.pk)
        messages.info(request, "Dosyadan vazgeçildi; hiçbir bayi eklenmedi.")
        return redirect("brands:retailers", code=brand.code)
    try:
        done = services.apply(upload=kept, person=request.user, now=now)
    except (BrandRefused, RetailerRefused) as refusal:
        said = str(refusal) if isinstance(refusal, BrandRefused) else refusal.faults[0].sentence
        messages.error(request, said)
    else:
        if done.state == UploadState.APPLIED:
            messages.success(request, f"{done.good_count} bayi eklendi.")
    return redirect("brands:retailer_upload_result", code=brand.code, upload_id=kept.pk)


@require_safe
@provider_view(Capability.BRANDS)
def faulty_rows(request: ProviderRequest, code: int, upload_id: int, kind: str) -> HttpResponse:
    """The rows to correct, as a file to upload again."""
    brand = brand_or_404(request, code)
    kept = _upload(brand, upload_id)
    lines = services.lines_of(kept)
    if not lines or not kept.faults:
        raise Http404
    return _file(rows_to_correct(lines, kept.faults, _kind(kind)), f"hatali-bayiler-{kept.pk}", kind)


def _upload(brand: Brand, upload_id: int) -> RetailerUpload:
    kept = upload_with_id(brand, upload_id).first()
    if kept is None:
        raise Http404
    return kept


def _kind(kind: str) -> str:
    if kind not in CONTENT_TYPES:
        raise Http404
    return kind


def _file(content: bytes, name: str, kind: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}.{kind}"'}
    return HttpResponse(content, content_type=CONTENT_TYPES[kind], headers=headers)
