"""The kernel every app may use: no models, no Django models, no imports of the apps."""
