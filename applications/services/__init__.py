"""Change applications: typed as a draft, sent, reviewed, decided."""
