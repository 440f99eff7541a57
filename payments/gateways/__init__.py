"""Card gateways behind one Protocol: pure Python and HTTP, no Django models. `base` says what each of them promises."""
