"""People (e-Devlet identities and staff), providers (Hizmet Sağlayıcı) and who may act for whom."""
