"""Access tokens: one for all processes, renewed early, minted anew once after a 401."""

from __future__ import annotations

import base64
import threading

import pytest
from redis import Redis

from adapters.contract import Annotation, Transient, Unauthorised
from adapters.zendesk import tokens
from adapters.zendesk.helpdesk import ZendeskDesk
from tests.adapters.gate import Gate, Passed, answer, edited, stall
from tests.adapters.zendesk.platform import API_TOKEN, SERVICE, ZendeskPlatform, zendesk_account


def mints(gate: Gate) -> list[Passed]:
    return [request for request in gate.log if request.path.endswith("/oauth/tokens")]


def token_key(redis: Redis) -> bytes:
    (key,) = [key for key in redis.keys("makeright:zendesk:acme:token:*") if not key.endswith(b":lock")]
    return key


def test_token_is_asked_for_as_documented(desk: ZendeskDesk, gate: Gate) -> None:
    desk._client.me()
    (request,) = mints(gate)
    assert request.method == "POST"
    assert "Authorization" not in request.headers
    for part in (b'"grant_type": "client_credentials"', b'"scope": "read tickets:write"', b'"expires_in": 3600'):
        assert part in request.body


def test_processes_share_one_token(platform: ZendeskPlatform, gate: Gate, redis: Redis) -> None:
    """Eight workers begin at the same moment."""
    desks = [ZendeskDesk(zendesk_account(gate.url, platform.fields), redis) for _ in range(8)]
    barrier = threading.Barrier(len(desks))
    ids: list[str] = []

    def work(desk: ZendeskDesk) -> None:
        barrier.wait()
        ids.append(desk._client.me().id)

    threads = [threading.Thread(target=work, args=(desk,)) for desk in desks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ids == [platform.service_id] * len(desks)
    assert len(mints(gate)) == 1


@pytest.mark.parametrize(("told", "kept"), [(3600, 3510), (1800, 1710), (300, 210), (60, 10), (None, 3510)])
def test_token_is_kept_until_shortly_before_its_end(
    desk: ZendeskDesk, gate: Gate, redis: Redis, told: int | None, kept: int
) -> None:
    gate.rule(edited(lambda content: {**content, "expires_in": told}), when="/oauth/tokens")
    desk._client.me()
    assert kept - 5 <= redis.ttl(token_key(redis)) <= kept


def test_revoked_token_is_replaced_once_and_the_call_repeated(
    desk: ZendeskDesk, platform: ZendeskPlatform, gate: Gate
) -> None:
    ticket_id = platform.new_ticket("Where is it?")
    desk.fetch(ticket_id)
    platform.world.zendesk.tokens.clear()
    assert desk.fetch(ticket_id).id == ticket_id
    assert len(mints(gate)) == 2


def test_write_is_repeated_after_a_401_too(desk: ZendeskDesk, platform: ZendeskPlatform, gate: Gate) -> None:
    """A 401 says that nothing was done."""
    ticket_id = platform.new_ticket("Where is it?")
    ticket = desk.fetch(ticket_id)
    platform.world.zendesk.tokens.clear()
    assert desk.annotate(ticket, Annotation("d", note_html="<p>x</p>"), look_first=False).written
    assert len(platform.notes(ticket_id)) == 1


def test_lasting_401_is_told_after_one_more_token(desk: ZendeskDesk, platform: ZendeskPlatform, gate: Gate) -> None:
    ticket_id = platform.new_ticket("Where is it?")
    desk.fetch(ticket_id)
    gate.clear()
    gate.rule(answer(401, '{"error": "invalid_token"}'), when="/api/v2/")
    with pytest.raises(Unauthorised, match="401: invalid_token"):
        desk.fetch(ticket_id)
    assert len(mints(gate)) == 1
    assert len(gate.log) == 3


def test_token_that_another_process_renewed_is_not_thrown_away(
    desk: ZendeskDesk, platform: ZendeskPlatform, gate: Gate, redis: Redis
) -> None:
    desk._client.me()
    platform.world.zendesk.tokens.clear()
    other = ZendeskDesk(zendesk_account(gate.url, platform.fields), redis)
    # This one's 401 comes late: the token in Redis is the other's new one by then.
    credentials = desk._client._credentials
    other._client.me()
    renewed = redis.get(token_key(redis))
    assert credentials.renew()
    assert redis.get(token_key(redis)) == renewed
    assert len(mints(gate)) == 2


def test_wrong_client_secret_is_told_and_not_tried_again(desk: ZendeskDesk, gate: Gate) -> None:
    gate.rule(answer(401, '{"error": "invalid_client"}'), when="/oauth/tokens")
    with pytest.raises(Unauthorised, match="invalid_client"):
        desk._client.me()
    assert len(gate.log) == 1


def test_another_scope_client_or_address_has_a_token_of_its_own(
    platform: ZendeskPlatform, gate: Gate, redis: Redis
) -> None:
    ZendeskDesk(zendesk_account(gate.url, platform.fields), redis)._client.me()
    ZendeskDesk(zendesk_account(platform.url, platform.fields), redis)._client.me()
    assert len(list(redis.scan_iter("makeright:zendesk:acme:token:????????????????"))) == 2


def test_waiting_for_another_process_has_an_end(
    platform: ZendeskPlatform, gate: Gate, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "_PATIENCE_SECONDS", 0.2)
    gate.rule(stall(2), when="/oauth/tokens", times=1)
    slow, quick = (ZendeskDesk(zendesk_account(gate.url, platform.fields), redis) for _ in range(2))
    monkeypatch.setattr(slow._client._credentials._session, "_timeout", (1, 1.0))  # type: ignore[union-attr]
    failed = threading.Event()

    def hold() -> None:
        with pytest.raises(Transient):
            slow._client.me()
        failed.set()

    thread = threading.Thread(target=hold)
    thread.start()
    while not mints(gate):
        pass
    with pytest.raises(Transient, match="another process"):
        quick._client.me()
    thread.join()
    assert failed.is_set()


def test_legacy_token_goes_into_every_call_and_is_not_renewed(
    platform: ZendeskPlatform, gate: Gate, redis: Redis
) -> None:
    desk = ZendeskDesk(zendesk_account(gate.url, platform.fields, legacy=True), redis)
    desk._client.me()
    kind, _, value = gate.log[0].headers["Authorization"].partition(" ")
    assert (kind, base64.b64decode(value).decode()) == ("Basic", f"{SERVICE}/token:{API_TOKEN}")
    gate.clear()
    gate.rule(answer(401, '{"error": "Couldn\'t authenticate you"}'))
    with pytest.raises(Unauthorised):
        desk._client.me()
    assert len(gate.log) == 1
