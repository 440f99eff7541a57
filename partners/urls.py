from django.urls import path

from partners.views import grants as views
from partners.views import history, templates
from partners.views.grants import INTERMEDIARY, PARTNER

app_name = "partners"

urlpatterns = [
    path("yetki-gecmisi/", history.overview, name="history"),
    path("sablonlar/", templates.overview, name="templates"),
    path("sablonlar/<int:pk>/", templates.rename, name="template_rename"),
    path("sablonlar/<int:pk>/sil/", templates.delete, name="template_delete"),
    path("<int:code>/is-ortagi/ekle/", views.add, {"kind": PARTNER}, name="partner_add"),
    path("<int:code>/is-ortagi/<int:grant_id>/", views.edit, {"kind": PARTNER}, name="partner_grant_edit"),
    path(
        "<int:code>/is-ortagi/<int:grant_id>/geri-al/",
        views.revoke,
        {"kind": PARTNER},
        name="partner_grant_revoke",
    ),
    path("<int:code>/ahs/ekle/", views.add, {"kind": INTERMEDIARY}, name="intermediary_add"),
    path(
        "<int:code>/ahs/<int:grant_id>/",
        views.edit,
        {"kind": INTERMEDIARY},
        name="intermediary_grant_edit",
    ),
    path(
        "<int:code>/ahs/<int:grant_id>/geri-al/",
        views.revoke,
        {"kind": INTERMEDIARY},
        name="intermediary_grant_revoke",
    ),
]
