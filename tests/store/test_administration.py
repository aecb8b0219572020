"""The operations of administrators and other systems, on every engine."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any, TypeVar

import pytest

from hongyan.administration import (
    admins,
    conversations,
    departments,
    discovery,
    groups,
    keys,
    users,
    webhooks,
)
from hongyan.administration.table import ById, Caller, Model, Nothing, Operation
from hongyan.errors import ErrorCode
from hongyan.metrics import Metrics
from hongyan.roles.db_proxy.administration.office import Office
from hongyan.roles.db_proxy.backend import Backend
from hongyan.roles.db_proxy.requests import Requests
from hongyan.slow_hashes import slow_hash
from hongyan.store import admins as admins_table
from hongyan.store import session_tokens
from hongyan.store.logins import accounts_named
from hongyan.store.outbox import Outbox
from hongyan.store.passwords import VerifiedPasswords, client_digest, verify
from hongyan.tasks import Tasks
from hongyan.wire.pb.administration_pb2 import IMAdminReq

from .conftest import on_one_loop
from .writing import NOW, Writer, grouped, running

A = TypeVar("A", bound=Model)
R = TypeVar("R", bound=Model)

ANNA = Caller("admin:root", "127.0.0.1")


class RefusalError(Exception):
    """An operation was refused."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


class Administrators:
    """Asks as http_msg_server and the console do, by the bytes of a request."""

    def __init__(self, writer: Writer, outbox: Outbox, tasks: Tasks) -> None:
        self.writer = writer
        requests = Requests(tasks, writer.journal, 100)
        backend = Backend(writer.database, writer.conversations, writer.journal, requests)
        self.office = Office(backend, outbox)

    async def __call__(self, operation: Operation[A, R], arguments: A | None = None, by: Caller = ANNA) -> R:
        body = (arguments or Nothing()).model_dump_json()
        return operation.result.model_validate_json(await self.raw(operation.name, body, by))

    async def raw(self, operation: str, arguments: str, by: Caller = ANNA) -> bytes:
        request = IMAdminReq(
            operation=operation, arguments=arguments.encode(), actor=by.actor, address=by.address
        )
        reply = await self.office.desk.serve(None, request)  # type: ignore[arg-type] # the link is not looked at
        if reply.error_code:
            raise RefusalError(reply.error_code, reply.error_text)
        return reply.result

    async def user(self, name: str, **fields: Any) -> int:
        return (await self(users.ADD, users.UserNew(name=name, password="secret", **fields))).id

    async def log(self, text: str = "") -> list[admins.AuditEntry]:
        return list((await self(admins.AUDIT, admins.AuditQuery(text=text))).entries)


@on_one_loop
async def ask(database: Any) -> AsyncIterator[Administrators]:
    outbox = Outbox()
    async with asyncio.TaskGroup() as group, running(database, observe=outbox.stored) as writer:
        administrators = Administrators(writer, outbox, Tasks(group, Metrics()))
        writer.now = int(time.time())
        yield administrators
        administrators.office.close()


async def test_users_are_made_found_by_any_of_their_texts_and_paged(ask: Administrators) -> None:
    anna = await ask.user("anna", nick="Anna A.", phone="13800000000")
    bob = await ask.user("bob", email="100%@example.org")
    await ask.user("carl")
    found = await ask(users.FIND, users.UserQuery(text="138000"))
    assert [user.id for user in found.users] == [anna]
    assert [user.name for user in (await ask(users.FIND, users.UserQuery(text="0%@"))).users] == ["bob"]
    assert not (await ask(users.FIND, users.UserQuery(text="_____________"))).users
    first = await ask(users.FIND, users.UserQuery(limit=2))
    assert ([user.id for user in first.users], first.total, first.next) == ([anna, bob], 3, bob)
    second = await ask(users.FIND, users.UserQuery(limit=2, after=bob))
    assert ([user.name for user in second.users], second.next) == (["carl"], None)


async def test_a_disabled_user_is_signed_out_of_browsers_and_found_as_such(ask: Administrators) -> None:
    anna = await ask.user("anna")
    token = session_tokens.new_token()
    await ask.writer.database.write(session_tokens.add, anna, token, NOW)
    edited = await ask(users.EDIT, users.UserChange(id=anna, change=users.UserEdit(active=False)))
    assert not edited.active
    assert [u.id for u in (await ask(users.FIND, users.UserQuery(active=False))).users] == [anna]
    await ask(users.EDIT, users.UserChange(id=anna, change=users.UserEdit(active=True)))
    assert await ask.writer.database.read(session_tokens.find_user, "anna", token, 0) is None


async def test_a_new_password_replaces_the_old_one_and_stays_out_of_the_log(ask: Administrators) -> None:
    anna = await ask.user("anna")
    await ask(users.PASSWORD, users.UserPassword(id=anna, password="another one"))
    account = (await ask.writer.database.read(accounts_named, ["anna"]))["anna"].credentials
    assert verify(account, client_digest("another one"), VerifiedPasswords())
    assert not verify(account, client_digest("secret"), VerifiedPasswords())
    log = await ask.log()
    assert [entry.operation for entry in log] == ["user.password", "user.add"]
    assert not any(word in entry.detail for entry in log for word in ("another one", "secret"))


async def test_an_import_shows_every_fault_and_changes_nothing_then(ask: Administrators) -> None:
    await ask.user("anna")
    csv = "name,password,department\nanna,x,\nbob,,\ncarl,x,Nowhere\n"
    faults = (await ask(users.IMPORT, users.UserImport(csv=csv, dry_run=True))).faults
    assert [fault.line for fault in faults] == [2, 3, 4]
    csv = "name,password\nanna,x\nbob,x\n"
    faults = (await ask(users.IMPORT, users.UserImport(csv=csv))).faults
    assert [fault.line for fault in faults] == [2]
    assert (await ask(users.FIND, users.UserQuery())).total == 1
    assert (await ask(users.IMPORT, users.UserImport(csv="name,password\nbob,x\n"))).users == 1
    logged = await ask(admins.AUDIT, admins.AuditQuery(text="user.import"))
    assert len(logged.entries) == 1
    assert (await ask(users.FIND, users.UserQuery())).total == 2


async def test_departments_are_a_tree_that_stays_one(ask: Administrators) -> None:
    top = (await ask(departments.ADD, departments.DepartmentNew(name="Company"))).id
    sales = (await ask(departments.ADD, departments.DepartmentNew(name="Sales", parent_id=top))).id
    in_a_ring = departments.DepartmentChange(id=top, change=departments.DepartmentEdit(parent_id=sales))
    with pytest.raises(RefusalError, match="below itself"):
        await ask(departments.EDIT, in_a_ring)
    await ask.user("anna", department_id=sales)
    for id_ in (top, sales):
        with pytest.raises(RefusalError, match="first"):
            await ask(departments.REMOVE, ById(id=id_))
    rest = (await ask(departments.ADD, departments.DepartmentNew(name="Rest", priority=3))).id
    await ask(departments.REMOVE, ById(id=rest))
    assert {one.id for one in (await ask(departments.LIST)).departments} == {top, sales}


async def test_groups_are_made_renamed_filled_and_deleted(ask: Administrators) -> None:
    anna, bob, carl = [await ask.user(name) for name in ("anna", "bob", "carl")]
    made = await ask(groups.ADD, groups.GroupNew(name="Lunch", member_ids=(anna, bob)))
    assert made.member_ids == (anna, bob)
    changed = await ask(groups.ADD_MEMBERS, groups.Members(id=made.id, user_ids=(carl,)))
    assert (changed.changed, changed.members) == ((carl,), (anna, bob, carl))
    changed = await ask(groups.REMOVE_MEMBERS, groups.Members(id=made.id, user_ids=(bob,)))
    assert changed.members == (anna, carl)
    edit = groups.GroupChange(id=made.id, change=groups.GroupEdit(name="Dinner"))
    assert (await ask(groups.EDIT, edit)).version > changed.version
    of_carl = await ask(groups.FIND, groups.GroupQuery(text="inne", member_id=carl))
    assert [(group.id, group.member_count) for group in of_carl.groups] == [(made.id, 2)]
    await ask(groups.REMOVE, ById(id=made.id))
    assert (await ask(groups.FIND, groups.GroupQuery())).total == 0
    refused = (await ask.writer.send(grouped(anna, made.id)))[0]
    assert refused.error is not None


async def test_discovery_entries(ask: Administrators) -> None:
    entry = (await ask(discovery.ADD, discovery.EntryNew(name="News", url="https://example.org/"))).id
    change = discovery.EntryChange(id=entry, change=discovery.EntryEdit(priority=7))
    assert (await ask(discovery.EDIT, change)).priority == 7
    await ask(discovery.REMOVE, ById(id=entry))
    assert not (await ask(discovery.LIST)).entries
    with pytest.raises(RefusalError) as refusal:
        await ask(discovery.REMOVE, ById(id=entry))
    assert refusal.value.code == ErrorCode.NOT_FOUND


async def test_a_key_opens_what_its_scopes_say_until_it_is_revoked(ask: Administrators) -> None:
    made = await ask(keys.ADD, keys.ApiKeyNew(name="crm", scopes=("users:read",)))
    proof = keys.KeyProof(public_id=made.key.public_id, digest=keys.digest_of(made.token))
    holder = await ask(keys.CHECK, proof)
    assert (holder.id, holder.scopes) == (made.key.id, ("users:read",))
    wrong = proof.model_copy(update={"digest": keys.digest_of(made.token + "x")})
    assert (await ask(keys.CHECK, wrong)).id == 0
    with pytest.raises(RefusalError, match="already"):
        await ask(keys.ADD, keys.ApiKeyNew(name="crm", scopes=("users:read",)))
    await ask(keys.REVOKE, ById(id=made.key.id))
    assert (await ask(keys.CHECK, proof)).id == 0
    assert [key.revoked for key in (await ask(keys.LIST)).keys] == [True]


async def test_a_bot_is_a_user_whose_password_is_its_token(ask: Administrators) -> None:
    made = await ask(keys.ADD_BOT, keys.BotNew(name="echo", nick="Echo"))
    account = (await ask.writer.database.read(accounts_named, ["echo"]))["echo"].credentials
    assert verify(account, client_digest(made.token), VerifiedPasswords())
    proof = keys.KeyProof(public_id=made.key.public_id, digest=keys.digest_of(made.token))
    assert (await ask(keys.CHECK, proof)).user_id == made.key.user_id != 0
    change = users.UserChange(id=made.key.user_id, change=users.UserEdit(active=False))
    await ask(users.EDIT, change)
    assert (await ask(keys.CHECK, proof)).id == 0


async def test_administrators_sign_in_and_are_signed_out_by_a_new_password(ask: Administrators) -> None:
    hashed = slow_hash("correct horse")
    admin = await ask.writer.database.write(admins_table.add, "root", hashed, NOW)
    wrong = admins.SignIn(name="root", password="battery", session="a" * 64, csrf="c" * 32)
    assert (await ask(admins.SIGN_IN, wrong)).admin_id == 0
    nobody = admins.SignIn(name="admin", password="admin", session="a" * 64, csrf="c" * 32)
    assert (await ask(admins.SIGN_IN, nobody)).admin_id == 0
    right = admins.SignIn(name="root", password="correct horse", session="b" * 64, csrf="c" * 32)
    assert (await ask(admins.SIGN_IN, right)).admin_id == admin
    session = await ask(admins.SESSION, admins.SessionProof(session="b" * 64))
    assert (session.admin_id, session.name, session.csrf) == (admin, "root", "c" * 32)
    change = admins.Password(admin_id=admin, old="correct horse", new="battery staple")
    assert (await ask(admins.PASSWORD, change)).done
    assert (await ask(admins.SESSION, admins.SessionProof(session="b" * 64))).admin_id == 0
    operations = [entry.operation for entry in await ask.log()]
    assert operations == ["admin.password", "admin.sign_in", *["admin.sign_in_failed"] * 2]
    assert all("battery" not in entry.detail for entry in await ask.log())


async def test_what_is_stored_waits_for_its_webhook_until_it_was_sent(ask: Administrators) -> None:
    anna, bob = await ask.user("anna"), await ask.user("bob")
    new = webhooks.WebhookNew(name="crm", url="https://example.org/", events=("message",))
    hook = (await ask(webhooks.ADD, new)).webhook
    stored = await ask.writer.text(anna, bob, "hello")
    assert stored.error is None
    due = (await ask(webhooks.CLAIM, webhooks.Claim(each=10, lease_s=60))).due
    assert [(one.webhook_id, one.event, one.payload["msg_id"]) for one in due] == [
        (hook.id, "message", stored.msg_id)
    ]
    assert due[0].payload["from_user_id"] == anna
    assert not (await ask(webhooks.CLAIM, webhooks.Claim(each=10, lease_s=60))).due, "it is leased"
    given_up = webhooks.Outcome(id=due[0].id, sent=False, error="HTTP 500", retry_in_s=None)
    await ask(webhooks.SETTLE, webhooks.Outcomes(outcomes=(given_up,)))
    dead = (await ask(webhooks.DELIVERIES, webhooks.DeliveryQuery(id=hook.id))).deliveries
    assert [(one.state, one.attempts, one.error) for one in dead] == [("dead", 1, "HTTP 500")]
    assert (await ask(webhooks.RESEND, webhooks.Resend(id=hook.id))).resent == 1
    due = (await ask(webhooks.CLAIM, webhooks.Claim(each=10, lease_s=60))).due
    await ask(webhooks.SETTLE, webhooks.Outcomes(outcomes=(webhooks.Outcome(id=due[0].id, sent=True),)))
    assert [(one.queued, one.dead) for one in (await ask(webhooks.LIST)).webhooks] == [(0, 0)]
    await ask(webhooks.REMOVE, ById(id=hook.id))
    await ask.writer.text(anna, bob, "unheard")
    assert not (await ask(webhooks.CLAIM, webhooks.Claim(each=10, lease_s=60))).due


async def test_a_webhook_of_one_user_hears_what_he_receives_and_not_what_he_writes(
    ask: Administrators,
) -> None:
    anna, bot = await ask.user("anna"), await ask.user("bot")
    group = await ask(groups.ADD, groups.GroupNew(name="all", member_ids=(anna, bot)))
    await ask(
        webhooks.ADD,
        webhooks.WebhookNew(name="b", url="http://127.0.0.1:9/", events=("message",), user_id=bot),
    )
    heard = [await ask.writer.text(anna, bot), await ask.writer.group_text(anna, group.id)]
    await ask.writer.text(bot, anna)
    due = (await ask(webhooks.CLAIM, webhooks.Claim(each=10, lease_s=60))).due
    assert [one.payload["msg_id"] for one in due] == [message.msg_id for message in heard]


async def test_conversations_are_read_as_the_user_sees_them(ask: Administrators) -> None:
    anna, bob = await ask.user("anna"), await ask.user("bob")
    sent = [await ask.writer.text(anna, bob, f"text {n}") for n in range(3)]
    query = conversations.HistoryQuery(user_id=bob, kind="single", peer_id=anna, limit=2)
    page = (await ask(conversations.HISTORY, query)).messages
    assert [one.msg_id for one in page] == [sent[2].msg_id, sent[1].msg_id]
    rest = await ask(conversations.HISTORY, query.model_copy(update={"before": page[-1].msg_id}))
    assert [one.content for one in rest.messages] == ["text 0"]
    assert (await ask(conversations.UNREAD, conversations.OfUser(user_id=bob))).total == 3
    await ask(conversations.READ, conversations.MarkRead(user_id=bob, kind="single", peer_id=anna))
    assert (await ask(conversations.UNREAD, conversations.OfUser(user_id=bob))).total == 0
    listed = (await ask(conversations.LIST, conversations.OfUser(user_id=bob))).conversations
    assert [(one.peer_id, one.latest.content if one.latest else "") for one in listed] == [(anna, "text 2")]


@pytest.mark.parametrize(
    ("operation", "arguments", "code"),
    [
        ("user.burn", "{}", ErrorCode.UNKNOWN_COMMAND),
        ("user.get", "{", ErrorCode.MALFORMED),
        ("user.get", '{"id": 0}', ErrorCode.MALFORMED),
        ("user.get", '{"id": 1, "x": 1}', ErrorCode.MALFORMED),
        ("user.get", '{"id": 4000000000}', ErrorCode.NOT_FOUND),
        ("user.add", '{"name": "a\\u0000b", "password": "x"}', ErrorCode.MALFORMED),
        ("user.find", '{"limit": 100000}', ErrorCode.MALFORMED),
        ("webhook.add", '{"name": "a", "url": "file:///etc", "events": ["message"]}', ErrorCode.MALFORMED),
        ("group.add", '{"name": "a", "member_ids": [77]}', ErrorCode.NOT_FOUND),
    ],
)
async def test_what_is_wrong_is_refused_with_a_reason(
    ask: Administrators, operation: str, arguments: str, code: ErrorCode
) -> None:
    with pytest.raises(RefusalError) as refusal:
        await ask.raw(operation, arguments)
    assert refusal.value.code == code
    assert str(refusal.value)
    assert not await ask.log()


async def test_secrets_of_refused_arguments_are_not_repeated(ask: Administrators) -> None:
    with pytest.raises(RefusalError) as refusal:
        await ask.raw("user.add", json.dumps({"name": "anna", "password": "hunter2" * 100}))
    assert "hunter2" not in str(refusal.value)
