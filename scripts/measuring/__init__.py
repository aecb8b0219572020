"""What `make bench` and `make bench-report` share: a suite to measure, the work, the pages."""
