"""Links between roles: a plain call in one process, frames over TCP between processes."""
