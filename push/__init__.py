"""Push: what citizens change is sent to addresses that a brand's programs registered, signed, tried again, logged."""
