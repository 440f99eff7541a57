from django.urls import path

from applications.views.brands import add, rename
from applications.views.status import brand_request_page
from brands.enums import BrandState
from brands.views import brands, retailers, uploads

app_name = "brands"

urlpatterns = [
    path("", brands.overview, name="list"),
    path("ekle/", add, name="add"),
    path("istek/<int:pk>/", brand_request_page, name="request"),
    path("<int:code>/", brands.detail, name="detail"),
    path("<int:code>/ad/", rename, name="rename"),
    path("<int:code>/pasif/", brands.change_state, {"to": BrandState.PASSIVE}, name="deactivate"),
    path("<int:code>/aktif/", brands.change_state, {"to": BrandState.ACTIVE}, name="activate"),
    path("<int:code>/bayi/", retailers.overview, name="retailers"),
    path("<int:code>/bayi/ekle/", retailers.add, name="retailer_add"),
    path("<int:code>/bayi/yukle/", uploads.upload, name="retailer_upload"),
    path("<int:code>/bayi/yukle/sablon.<slug:kind>", uploads.template_file, name="retailer_template"),
    path("<int:code>/bayi/yukle/<int:upload_id>/", uploads.result, name="retailer_upload_result"),
    path("<int:code>/bayi/yukle/<int:upload_id>/hatali.<slug:kind>", uploads.faulty_rows, name="retailer_upload_rows"),
    path("<int:code>/bayi/<int:retailer_code>/", retailers.detail, name="retailer"),
    path("<int:code>/bayi/<int:retailer_code>/duzenle/", retailers.edit, name="retailer_edit"),
    path("<int:code>/bayi/<int:retailer_code>/durum/<slug:to>/", retailers.change_state, name="retailer_state"),
    path("<int:code>/bayi/<int:retailer_code>/sil/", retailers.delete, name="retailer_delete"),
]
