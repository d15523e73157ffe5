"""Who may see what admins see: this machine alone, or who knows the password; and whose forms are taken."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import aiohttp
import pytest
import structlog
from aiohttp import HttpVersion10, HttpVersion11, web
from aiohttp.test_utils import TestServer, make_mocked_request

from bot.web import attempts, guard, strangers
from bot.web.attempts import Attempts
from bot.web.guard import Guard
from bot.web.sessions import LASTS, Sessions

PASSWORD = "correct horse"


class Notes:
    def __init__(self) -> None:
        self.kept: dict[str, str | None] = {}

    async def note(self, name: str) -> str | None:
        return self.kept.get(name)

    async def keep_note(self, name: str, text: str | None) -> None:
        self.kept[name] = text


class House:
    """A page, a program's page and the form, behind a guard whose clock the test sets."""

    def __init__(self, environ: dict[str, str], password_env: str = "", public_url: str = "") -> None:
        self.now, self.notes, self.environ = 1_000_000.0, Notes(), environ
        self.password_env, self.public_url = password_env, public_url
        self.restart()

    def restart(self) -> None:
        self.guard = Guard(
            notes=self.notes,
            environ=self.environ,
            password_env=lambda: self.password_env,
            public_url=self.public_url,
            clock=lambda: self.now,
        )

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/", self._to(lambda: self.guard.people, self._token))
        app.router.add_get("/blogs/storm", self._to(lambda: self.guard.people, self._token))
        app.router.add_post("/act", self._to(lambda: self.guard.people, self._done))
        app.router.add_get("/metrics", self._to(lambda: self.guard.programs, self._done))
        app.router.add_get("/login", self._to(lambda: self.guard.visitors, self._token))
        app.router.add_post("/login", self._to(lambda: self.guard.visitors, self._enter))
        app.router.add_post("/logout", self._to(lambda: self.guard.people, self._leave))
        return app

    def _to(self, wrap, handler):  # type: ignore[no-untyped-def]
        async def late(request: web.Request) -> web.StreamResponse:
            return await wrap()(handler)(request)

        return late

    async def _token(self, request: web.Request) -> web.Response:
        return web.Response(text=self.guard.token(request))

    async def _done(self, request: web.Request) -> web.Response:
        return web.Response(text="done")

    async def _enter(self, request: web.Request) -> web.Response:
        answer = web.Response(text="in")
        wait = await self.guard.enter(request, str((await request.post())["password"]), answer)
        return answer if wait is None else web.Response(status=429 if wait else 403, text=f"{wait:.0f}")

    async def _leave(self, request: web.Request) -> web.Response:
        answer = web.Response(text="out")
        await self.guard.leave(request, answer)
        return answer


@contextlib.asynccontextmanager
async def visiting(house: House) -> AsyncIterator[aiohttp.ClientSession]:
    server = TestServer(house.app(), host="127.0.0.1")
    await server.start_server()
    jar = aiohttp.CookieJar(unsafe=True)
    try:
        async with aiohttp.ClientSession(server.make_url("/"), cookie_jar=jar) as session:
            yield session
    finally:
        await server.close()


@pytest.fixture
async def house() -> House:
    return House({"DASHBOARD": PASSWORD}, "DASHBOARD")


async def get(session: aiohttp.ClientSession, path: str, headers: Mapping[str, str] | None = None) -> tuple[int, str]:
    async with session.get(path, headers=headers, allow_redirects=False) as answer:
        return answer.status, await answer.text()


async def post(
    session: aiohttp.ClientSession, path: str, headers: Mapping[str, str] | None = None, **fields: str
) -> tuple[int, str]:
    said = {"Origin": f"http://127.0.0.1:{session._base_url.port}"} if headers is None else headers  # type: ignore[union-attr]
    async with session.post(path, data=fields, headers=said, allow_redirects=False) as answer:
        return answer.status, await answer.text()


async def log_in(session: aiohttp.ClientSession, password: str = PASSWORD) -> tuple[int, str]:
    _, token = await get(session, "/login")
    return await post(session, "/login", token=token, password=password)


# --- without a password --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("peer", "headers", "seen"),
    [
        ("127.0.0.1", {"Host": "127.0.0.1:8080"}, True),
        ("127.8.0.1", {"Host": "localhost"}, True),
        ("::1", {"Host": "[::1]:8080"}, True),
        ("::ffff:127.0.0.1", {"Host": "relay.localhost.:8080"}, True),
        ("10.0.0.7", {"Host": "127.0.0.1:8080"}, False),
        ("203.0.113.9", {"Host": "localhost"}, False),
        ("", {"Host": "localhost"}, False),
        ("127.0.0.1", {}, False),
        ("127.0.0.1", {"Host": "relay.example:8080"}, False),
        ("127.0.0.1", {"Host": "127.0.0.1.relay.example"}, False),
        ("127.0.0.1", {"Host": "localhost@relay.example"}, False),
        ("127.0.0.1", {"Host": "0.0.0.0:8080"}, False),
        ("127.0.0.1", {"Host": "["}, False),
        ("127.0.0.1", {"Host": "localhost", "Forwarded": "for=192.0.2.1"}, False),
        ("127.0.0.1", {"Host": "localhost", "X-Forwarded-For": "127.0.0.1"}, False),
        ("127.0.0.1", {"Host": "localhost", "x-forwarded-proto": "http"}, False),
        ("127.0.0.1", {"Host": "localhost", "X-Forwarded-Host": ""}, False),
        ("127.0.0.1", {"Host": "localhost", "X-Real-IP": "127.0.0.1"}, False),
        ("127.0.0.1", {"Host": "localhost", "Via": "1.1 proxy"}, False),
    ],
)
def test_only_this_machine_asked_directly_and_by_its_own_name(
    peer: str, headers: dict[str, str], seen: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web.BaseRequest, "remote", peer or None)
    assert strangers.is_from_this_machine(make_mocked_request("GET", "/", headers)) is seen


async def test_a_proxy_that_was_told_nothing_is_known_by_its_older_http(monkeypatch: pytest.MonkeyPatch) -> None:
    """What nginx sends with a `proxy_pass http://127.0.0.1:8080` and no line more."""
    monkeypatch.setattr(web.BaseRequest, "remote", "127.0.0.1")
    said = {"Host": "127.0.0.1:8080", "Connection": "close"}
    assert strangers.is_from_this_machine(make_mocked_request("GET", "/", said, version=HttpVersion11))
    assert not strangers.is_from_this_machine(make_mocked_request("GET", "/", said, version=HttpVersion10))


async def test_without_a_password_this_machine_sees_and_a_foreign_name_does_not() -> None:
    async with visiting(House({})) as session:
        assert (await get(session, "/"))[0] == 200
        assert await get(session, "/metrics") == (200, "done")
        for path in ("/", "/metrics", "/login"):
            status, said = await get(session, path, {"Host": "rebound.example"})
            assert status == 403
            assert "web.dashboard_password_env" in said


async def test_without_a_password_forms_need_a_token_all_the_same() -> None:
    async with visiting(House({})) as session:
        _, token = await get(session, "/")
        assert (await post(session, "/act"))[0] == 403
        assert await post(session, "/act", token=token) == (200, "done")


async def test_a_password_that_cannot_be_read_lets_nobody_in() -> None:
    async with visiting(House({}, "DASHBOARD")) as session:
        for path in ("/", "/login", "/metrics"):
            assert (await get(session, path))[0] == 503


# --- with one ------------------------------------------------------------------------------------------------------


async def test_it_is_asked_of_everyone_also_of_this_machine(house: House) -> None:
    async with visiting(house) as session:
        assert (await get(session, "/"))[0] == 401
        assert (await log_in(session))[0] == 200
        assert (await get(session, "/"))[0] == 200


@pytest.mark.parametrize(
    ("path", "form"), [("/", "./login"), ("/blogs/storm?page=2", "../login?next=blogs%2Fstorm%3Fpage%3D2")]
)
async def test_who_reads_in_a_browser_is_led_to_the_form_and_back(house: House, path: str, form: str) -> None:
    async with (
        visiting(house) as session,
        session.get(path, headers={"Accept": "text/html"}, allow_redirects=False) as answer,
    ):
        assert (answer.status, answer.headers["Location"]) == (303, form)


async def test_the_cookie_is_for_our_own_pages_alone(house: House) -> None:
    async with visiting(house) as session:
        async with session.get("/login") as form:
            token = await form.text()
        said = {"Origin": str(session._base_url).rstrip("/"), "X-Forwarded-Proto": "https"}
        async with session.post("/login", data={"token": token, "password": PASSWORD}, headers=said) as answer:
            cookie = answer.headers["Set-Cookie"]
    assert {"HttpOnly", "SameSite=Strict", "Secure", f"Max-Age={LASTS:.0f}"} <= {
        one.strip() for one in cookie.split(";")
    }
    assert PASSWORD not in cookie


async def test_a_session_ends_after_a_week_and_outlives_a_restart(house: House) -> None:
    async with visiting(house) as session:
        await log_in(session)
        house.restart()
        house.now += LASTS - 60
        assert (await get(session, "/"))[0] == 200
        house.now += 61
        assert (await get(session, "/"))[0] == 401


async def test_another_password_ends_all_sessions(tmp_path: Path) -> None:
    kept = tmp_path / "password"
    kept.write_text("first\n")
    house = House({"DASHBOARD_FILE": str(kept)}, "DASHBOARD")
    async with visiting(house) as session:
        await log_in(session, "first")
        assert (await get(session, "/"))[0] == 200
        kept.write_text("second\n")
        house.now += 5
        assert (await get(session, "/"))[0] == 401
        assert (await log_in(session, "second"))[0] == 200


async def test_a_cookie_that_was_copied_ends_with_the_logout(house: House) -> None:
    async with visiting(house) as session:
        await log_in(session)
        copied = {"Cookie": "; ".join(f"{one.key}={one.value}" for one in session.cookie_jar)}
        _, token = await get(session, "/")
        assert (await post(session, "/logout", token=token))[0] == 200
        assert (await get(session, "/", copied))[0] == 401
        house.restart()
        assert (await get(session, "/", copied))[0] == 401


async def test_who_logs_out_on_one_node_is_logged_out_on_all_of_them_after_a_moment(house: House) -> None:
    other = House({"DASHBOARD": PASSWORD}, "DASHBOARD")
    other.notes = house.notes
    other.restart()
    async with visiting(house) as here, visiting(other) as there:
        await log_in(here)
        copied = {"Cookie": "; ".join(f"{one.key}={one.value}" for one in here.cookie_jar)}
        assert (await get(there, "/", copied))[0] == 200
        _, token = await get(here, "/")
        assert (await post(here, "/logout", token=token))[0] == 200
        other.now += 2
        assert (await get(there, "/", copied))[0] == 401
        await log_in(there)
        _, token = await get(there, "/")
        assert (await post(there, "/logout", token=token))[0] == 200  # forgets nothing that ended elsewhere
        assert (await get(there, "/", copied))[0] == 401


async def test_who_only_saw_the_form_is_not_logged_in(house: House) -> None:
    async with visiting(house) as session:
        _, token = await get(session, "/login")
        assert (await get(session, "/"))[0] == 401
        assert (await post(session, "/act", token=token))[0] == 401


@pytest.mark.parametrize("cookie", ["x", "a.b.c.d", "....", "é.1.1.x"])
def test_a_cookie_we_did_not_write_is_none(cookie: str) -> None:
    assert Sessions("secret", PASSWORD).read(cookie, 0.0) is None


def test_a_cookie_that_was_changed_is_none() -> None:
    sessions = Sessions("secret", PASSWORD)
    visitor = sessions.cookie(sessions.begin(0.0, known=False))
    assert sessions.read(visitor, 0.0) is not None
    assert sessions.read(visitor.replace(".0.", ".1."), 0.0) is None
    assert Sessions("another", PASSWORD).read(visitor, 0.0) is None


# --- guessing ------------------------------------------------------------------------------------------------------


async def test_who_guesses_has_to_wait_even_with_the_right_one(house: House) -> None:
    async with visiting(house) as session:
        said = [await log_in(session, f"guess {n}") for n in range(attempts.BY_ONE)]
        assert [status for status, _ in said] == [403] * (attempts.BY_ONE - 1) + [429]
        assert await log_in(session) == (429, f"{attempts.WITHIN:.0f}")
        house.now += attempts.WITHIN + 1
        assert (await log_in(session))[0] == 200


def test_who_came_in_before_is_not_kept_out_by_the_guesses_of_others() -> None:
    tried = Attempts()
    tried.succeeded("192.0.2.1")
    for number in range(attempts.BY_ALL):
        tried.failed(f"198.51.100.{number}", 1.0)
    assert tried.wait("192.0.2.2", 2.0) > 0
    assert tried.wait("192.0.2.1", 2.0) == 0
    for second in range(attempts.BY_ONE):
        tried.failed("192.0.2.1", 2.0 + second)
    assert tried.wait("192.0.2.1", 12.0) > 0


def test_of_those_who_came_in_before_the_last_are_remembered() -> None:
    tried = Attempts(by_all=1)
    for number in range(attempts.ADDRESSES + 1):
        tried.succeeded(f"2001:db8:{number:x}::1")
    tried.failed("192.0.2.9", 0.0)
    assert tried.wait("2001:db8:0::1", 1.0) > 0
    assert tried.wait("2001:db8:1::1", 1.0) == 0


def test_many_addresses_together_have_a_limit_and_little_memory() -> None:
    tried = Attempts()
    for number in range(attempts.ADDRESSES + 500):
        tried.failed(f"2001:db8:{number:x}::1", float(number) / 1000)
    assert tried.wait("192.0.2.1", 2.0) > 0
    assert len(tried._ones) == attempts.ADDRESSES
    assert tried.wait("192.0.2.1", 2.0 + attempts.WITHIN) == 0


def test_a_network_of_the_newer_kind_counts_as_one_address() -> None:
    tried = Attempts(by_one=2)
    tried.failed("2001:db8::1", 0.0)
    tried.failed("2001:db8::ffff", 0.0)
    assert tried.wait("2001:db8::2", 1.0) > 0
    assert tried.wait("2001:db8:0:1::2", 1.0) == 0


@pytest.mark.parametrize(
    ("peer", "said", "counted"),
    [
        ("8.8.8.8", "198.51.100.1", "8.8.8.8"),
        ("127.0.0.1", "1.1.1.1, 198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", None, "127.0.0.1"),
        ("127.0.0.1", "198.51.100.1, <b>", "127.0.0.1"),
    ],
)
def test_an_attempt_counts_for_whom_our_own_proxy_names(
    peer: str, said: str | None, counted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web.BaseRequest, "remote", peer)
    headers = {"X-Forwarded-For": said} if said else {}
    assert strangers.address_of(make_mocked_request("GET", "/", headers)) == counted


# --- programs ------------------------------------------------------------------------------------------------------


async def test_a_program_says_the_password_with_its_request(house: House) -> None:
    async with visiting(house) as session:
        assert (await get(session, "/metrics"))[0] == 401
        assert await get(session, "/metrics", {"Authorization": f"Bearer {PASSWORD}"}) == (200, "done")
        basic = aiohttp.encode_basic_auth("prometheus", PASSWORD)
        assert await get(session, "/metrics", {"Authorization": basic}) == (200, "done")
        for wrong in ("Bearer wrong", "Basic !!!", "Digest x", aiohttp.encode_basic_auth(PASSWORD, "")):
            assert (await get(session, "/metrics", {"Authorization": wrong}))[0] == 401
        assert (await get(session, "/", {"Authorization": f"Bearer {PASSWORD}"}))[0] == 401


async def test_a_program_with_an_old_password_keeps_no_person_out(house: House) -> None:
    async with visiting(house) as session:
        for _ in range(attempts.BY_ONE):
            status, _ = await get(session, "/metrics", {"Authorization": "Bearer old"})
        assert status == 429
        assert (await get(session, "/metrics", {"Authorization": f"Bearer {PASSWORD}"}))[0] == 429
        assert (await log_in(session))[0] == 200


# --- forms ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "taken"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": "none"}, False),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, False),
        ({"Origin": "http://example.org"}, True),
        ({"Origin": "http://evil.example"}, False),
        ({"Origin": "https://example.org"}, False),
        ({"Origin": "null"}, False),
        ({}, False),
    ],
)
async def test_a_form_is_taken_from_our_own_pages_alone(headers: dict[str, str], taken: bool) -> None:
    house = House({"DASHBOARD": PASSWORD}, "DASHBOARD", "http://example.org/relay")
    async with visiting(house) as session:
        await log_in(session)
        _, token = await get(session, "/")
        status, _ = await post(session, "/act", headers, token=token)
        assert (status == 200) is taken


@pytest.mark.parametrize("chunked", [None, True])
@pytest.mark.parametrize(
    ("kind", "length"),
    [
        ("application/x-www-form-urlencoded", guard.LARGEST_FORM),
        ("multipart/form-data; boundary=x", guard.LARGEST_FORM),
        ("multipart/form-data; boundary=x", 1),
        ("text/plain", 1),
    ],
)
async def test_a_form_that_is_too_large_or_of_another_kind_is_not_read_whoever_has_a_token(
    house: House, kind: str, length: int, chunked: bool | None
) -> None:
    """A stranger has one as well: that of the form which asks for the password."""
    async with visiting(house) as session:
        _, token = await get(session, "/login")
        said = {"Origin": str(session._base_url).rstrip("/"), "X-Relay-Token": token, "Content-Type": kind}
        with structlog.testing.capture_logs() as logged:
            body = b"password=" + b"x" * length
            async with session.post("/login", data=body, headers=said, chunked=chunked) as answer:
                assert answer.status == 403
        assert logged == []  # no password was looked at


async def test_a_link_on_another_site_ends_no_session(house: House) -> None:
    """A browser keeps its strict cookie back there, so that we do not know it and show the form."""
    async with visiting(house) as session:
        await log_in(session)
        none = aiohttp.DummyCookieJar()
        async with aiohttp.ClientSession(session._base_url, cookie_jar=none) as linked, linked.get("/login") as answer:
            session.cookie_jar.update_cookies(answer.cookies, answer.url)
        assert (await get(session, "/"))[0] == 200


@pytest.mark.parametrize(
    ("site", "mode", "seen"),
    [
        ("same-origin", "cors", 200),
        ("none", "navigate", 200),
        ("cross-site", "navigate", 200),
        ("same-site", "navigate", 200),
        ("cross-site", "cors", 403),
        ("cross-site", "no-cors", 403),
        ("same-site", "no-cors", 403),
    ],
)
async def test_a_page_elsewhere_may_lead_here_but_not_ask_in_a_persons_name(site: str, mode: str, seen: int) -> None:
    """Streams above all: their number is bounded, and without a password a browser on this machine needs no cookie."""
    async with visiting(House({})) as session:
        said = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode}
        assert [(await get(session, path, said))[0] for path in ("/", "/metrics")] == [seen, seen]


async def test_a_token_is_of_one_session(house: House) -> None:
    async with visiting(house) as one:
        await log_in(one)
        _, foreign = await get(one, "/")
        async with aiohttp.ClientSession(one._base_url, cookie_jar=aiohttp.CookieJar(unsafe=True)) as other:
            await log_in(other)
            _, own = await get(other, "/")
            assert (await post(other, "/act", token=foreign))[0] == 403
            assert (await post(other, "/act"))[0] == 403
            assert (await post(other, "/act", token=own))[0] == 200


async def test_what_is_seen_is_kept_nowhere_and_framed_by_nobody(house: House) -> None:
    async with visiting(house) as session, session.get("/login") as answer:
        said = answer.headers
    assert said["Cache-Control"] == "no-store"
    assert "default-src 'none'" in said["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in said["Content-Security-Policy"]
    assert "unsafe" not in said["Content-Security-Policy"]
    assert said["Referrer-Policy"] == "same-origin"
    assert guard.HEADERS.items() <= said.items()
