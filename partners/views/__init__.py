"""The pages of brands: authorise, change, take back, templates, history; and those of the authorised companies."""
