"""What is allowed in a file and yet worth a word."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from ipaddress import ip_address
from urllib.parse import urlsplit

from bot.core.durations import say_duration
from config.values import FREE_RATE, PAID_RATE, Blog, Settings, Telegram, Web

POLITE = timedelta(seconds=15)
TELEGRAM = "api.telegram.org"
WEBHOOK_PORTS = (80, 88, 443, 8443)
NAMED = 5  # blogs that one warning names


def warnings(settings: Settings) -> list[str]:
    """One line each; none of them keeps the relay from running."""
    return [
        *_rates(settings.telegram),
        *_retention(settings),
        *_secrets(settings),
        *_bots(settings),
        *_webhook(settings),
        *_dashboard(settings.web),
        *_grouped((line, blog.id) for blog in settings.blogs for line in _blog(blog)),
    ]


def _grouped(lines: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Each line once, with the blogs it is about: a default that is inherited a hundred times is one warning."""
    blogs: dict[str, list[str]] = {}
    for line, blog in lines:
        blogs.setdefault(line, []).append(blog)
    for line, ids in blogs.items():
        more = f" and {len(ids) - NAMED} more" if len(ids) > NAMED else ""
        yield f"{line} (blog{'s' if len(ids) > 1 else ''} {', '.join(ids[:NAMED])}{more})"


def _rates(telegram: Telegram) -> Iterator[str]:
    rate, key = telegram.messages_per_second, "telegram.messages_per_second"
    if rate > PAID_RATE:
        yield f"{key}: {rate:g} is more than Telegram grants any bot ({PAID_RATE}); expect it to refuse"
    elif rate > FREE_RATE and not telegram.paid_broadcast:
        yield f"{key}: {rate:g} is more than the {FREE_RATE} that Telegram grants without paid_broadcast"
    elif rate <= FREE_RATE and telegram.paid_broadcast:
        yield f"telegram.paid_broadcast: pays for nothing while {key} is {rate:g}; leave that out, or raise it"


def _retention(settings: Settings) -> Iterator[str]:
    if settings.kept_for > timedelta(days=settings.storage.keep_days):
        kept = say_duration(settings.kept_for)
        yield f"storage.keep_days: everything is kept for {kept} all the same, as delivery.edits_for is longer"


def _secrets(settings: Settings) -> Iterator[str]:
    if urlsplit(settings.storage.url).password:
        yield "storage.url: carries a password; keep it out of the file, in PGPASSWORD or ~/.pgpass"
    for name in settings.unset:
        closed = [blog.id for blog in settings.blogs if blog.intake_secret_env == name]
        lost = f"; nothing is taken in for {', '.join(closed)}" if closed else ""
        lost += "; nobody may see the dashboard" if name == settings.web.dashboard_password_env else ""
        yield f"{name}: the file names this environment variable, and it is not set{lost}"


def _bots(settings: Settings) -> Iterator[str]:
    for first, other in settings.twins:
        envs = " and ".join(bot.token_env for bot in settings.bots if bot.name in (first, other))
        yield f"bots: {first} and {other} have the same token ({envs}); Telegram gives updates to one of them only"
    for bot in settings.bots:
        if len(settings.bots) > 1 and not settings.of(bot.name).blogs:
            yield f'bots: no blog has bot = "{bot.name}", so {bot.name} relays nothing'


def _webhook(settings: Settings) -> Iterator[str]:
    """What api.telegram.org refuses and a Bot API server of one's own may take: core.telegram.org/bots/webhooks."""
    if settings.telegram.updates != "webhook" or urlsplit(settings.telegram.api_base).hostname != TELEGRAM:
        return
    address, key = urlsplit(settings.web.public_url), "web.public_url"
    if address.scheme != "https":
        yield f"{key}: Telegram brings updates over https only"
    elif (address.port or 443) not in WEBHOOK_PORTS:
        yield f"{key}: Telegram brings updates to the ports 80, 88, 443 and 8443 only"
    if is_loopback(settings.web.public_url):
        yield f"{key}: Telegram cannot reach this machine under that name"


def _dashboard(web: Web) -> Iterator[str]:
    if web.listen and not web.dashboard_password_env and not is_loopback(f"http://{web.listen}"):
        yield (
            f"web.listen: {web.listen} is for other machines as well, and without web.dashboard_password_env the "
            "dashboard answers this machine alone"
        )


def _blog(blog: Blog) -> Iterator[str]:
    if blog.id == "all":
        yield 'id: "/hold all" means every blog, so this one cannot be held alone; choose another id'
    for key, length in (("every", blog.schedule.every), ("otherwise", blog.schedule.otherwise)):
        if length is not None and length < POLITE and not is_loopback(blog.url):
            said = f"every {say_duration(length)} is hard on another's server; {say_duration(POLITE)} or more is polite"
            yield f"schedule.{key}: {said}"


def is_loopback(url: str) -> bool:
    """Whether an address leads to this machine."""
    host = urlsplit(url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
