"""The terminal client: a model that knows everything, and views that draw it."""
