"""What every role is given when it is made: the reactor, its tasks, the counters, whom to trust."""

from dataclasses import dataclass

from hongyan.cluster.pdu import ClusterTrust
from hongyan.metrics import Metrics
from hongyan.reactor.reactor import Reactor
from hongyan.tasks import Tasks


@dataclass(frozen=True, slots=True)
class Runtime:
    """The surroundings of the roles of one process; whoever makes it closes what is in it."""

    reactor: Reactor
    tasks: Tasks
    metrics: Metrics
    trust: ClusterTrust
