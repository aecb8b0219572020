"""The load generator: it measures a suite from outside and checks everything that it counts.

A run is a :class:`~hongyan.bench.plan.Plan`; :func:`~hongyan.bench.run.run` carries it out with
worker processes and returns a :class:`~hongyan.bench.report.Report`. The workers are kept lean so
that the server is what is measured: ``hongyan bench echo`` shows how much they could do.
"""
