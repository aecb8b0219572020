"""Pure decisions: who is kicked, who is told, how long a wrong password waits. No I/O, no clock."""
