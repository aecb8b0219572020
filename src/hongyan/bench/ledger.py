"""Who sent what and who got it: the books that prove nothing was lost, doubled or out of order.

A conversation has senders, each with an :class:`Outgoing`, and receivers, each with an
:class:`Inbox`. Adding an entry must be cheap; what needs thought is done once, in ``audit``.
"""

from array import array
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Self


@dataclass(slots=True)
class Findings:
    """What an audit found; all 0 is what a good server gets.

    Attributes:
        lost: deliveries that are missing although the message was acked.
        duplicated: deliveries of what had been delivered.
        reordered: deliveries after a later one of the conversation, and messages of one sender that
            got their msg_ids in another order than they were sent in.
        id_gaps: msg_ids that the conversation skipped.
        mismatched: messages that were acked under one msg_id and delivered under another, and
            msg_ids that were given twice.
        unacked: messages that got neither an ack nor a refusal.
    """

    lost: int = 0
    duplicated: int = 0
    reordered: int = 0
    id_gaps: int = 0
    mismatched: int = 0
    unacked: int = 0

    def add(self, other: Self) -> None:
        """Add another audit's numbers to these."""
        for field in fields(self):
            setattr(self, field.name, getattr(self, field.name) + getattr(other, field.name))


class Outgoing:
    """The messages of one sender in one conversation, by their number."""

    __slots__ = ("ack_ids", "delivered_ids", "refused", "sent_at")

    def __init__(self) -> None:
        self.sent_at = array("d")
        self.ack_ids = array("Q")  # 0 where no ack has come
        self.delivered_ids = array("Q")  # 0 where nobody has got it
        self.refused: set[int] = set()

    def sent(self, now: float) -> int:
        """Enter one more message and return its number."""
        self.sent_at.append(now)
        self.ack_ids.append(0)
        self.delivered_ids.append(0)
        return len(self.sent_at) - 1

    def acked_ids(self) -> list[int]:
        """Return the msg_ids of what was acked, in the order of sending."""
        return [id_ for id_ in self.ack_ids if id_]

    def audit(self) -> Findings:
        """Compare acks with deliveries, and their order with that of sending."""
        pairs = zip(self.ack_ids, self.delivered_ids, strict=True)
        ids = self.acked_ids()
        return Findings(
            mismatched=sum(1 for acked, delivered in pairs if acked and delivered and acked != delivered),
            reordered=sum(1 for a, b in pairwise(ids) if b < a),
            unacked=len(self.ack_ids) - len(ids) - len(self.refused),
        )


class Inbox:
    """The msg_ids that one receiver has got; in the good case, one number that rises."""

    __slots__ = ("_early", "_first", "_missing", "duplicated", "next_id", "reordered")

    def __init__(self) -> None:
        self._first = 0
        self.next_id = 0
        self._missing: set[int] = set()
        self._early: set[int] = set()  # below the first that came
        self.duplicated = 0
        self.reordered = 0

    def take(self, msg_id: int) -> None:
        """Enter one delivery."""
        if msg_id == self.next_id:
            self.next_id = msg_id + 1
        elif not self.next_id:
            self._first, self.next_id = msg_id, msg_id + 1
        else:
            self._take_odd(msg_id)

    def _take_odd(self, msg_id: int) -> None:
        if msg_id > self.next_id:
            self._missing.update(range(self.next_id, msg_id))
            self.next_id = msg_id + 1
        elif msg_id in self._missing:
            self._missing.remove(msg_id)
            self.reordered += 1
        elif msg_id < self._first and msg_id not in self._early:
            self._early.add(msg_id)
            self.reordered += 1
        else:
            self.duplicated += 1

    def has(self, msg_id: int) -> bool:
        """Tell whether this msg_id was delivered."""
        if msg_id < self._first:
            return msg_id in self._early
        return msg_id < self.next_id and msg_id not in self._missing

    def gaps(self) -> set[int]:
        """Return the msg_ids between the first and the last delivery that did not come."""
        return self._missing


class Conversation:
    """The books of one conversation; a receiver that sends too does not get its own messages."""

    def __init__(self) -> None:
        self.senders: dict[bytes, Outgoing] = {}
        self._inboxes: list[tuple[Inbox, bytes]] = []

    def sender(self, mark: bytes) -> Outgoing:
        """Return the books of the sender with this mark, opening them if need be."""
        return self.senders.setdefault(mark, Outgoing())

    def receiver(self, mark: bytes = b"") -> Inbox:
        """Open an inbox; ``mark`` is the receiver's own, if it sends too."""
        inbox = Inbox()
        self._inboxes.append((inbox, mark))
        return inbox

    def audit(self) -> Findings:
        """Compare everything."""
        findings = Findings()
        for outgoing in self.senders.values():
            findings.add(outgoing.audit())
        acked = {mark: outgoing.acked_ids() for mark, outgoing in self.senders.items()}
        all_acked = {id_ for ids in acked.values() for id_ in ids}
        findings.mismatched += sum(map(len, acked.values())) - len(all_acked)
        for inbox, own_mark in self._inboxes:
            findings.add(_audit_inbox(inbox, all_acked, set(acked.get(own_mark, ()))))
        return findings


def _audit_inbox(inbox: Inbox, acked: set[int], own: set[int]) -> Findings:
    return Findings(
        lost=sum(1 for id_ in acked - own if not inbox.has(id_)),
        duplicated=inbox.duplicated,
        reordered=inbox.reordered,
        # What was acked and is missing is lost already; what nobody was given an ack for is a gap.
        id_gaps=len(inbox.gaps() - acked),
    )
