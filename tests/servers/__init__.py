"""Database servers of the tests' own: on free ports, in temporary folders, stopped by their pid."""
