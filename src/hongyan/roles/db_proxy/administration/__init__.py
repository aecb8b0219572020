"""The operations of :mod:`hongyan.administration`, served from the database; one module per subject."""
