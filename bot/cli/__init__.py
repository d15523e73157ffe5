"""The command line's verbs, grouped by what they are for."""

from bot.cli.asking import check, init, status
from bot.cli.auditing import audit
from bot.cli.explaining import why
from bot.cli.looking import diff, read
from bot.cli.publishing import push, subscribers
from bot.cli.serving import demo, run

VERBS = (run, init, demo, check, read, diff, status, why, push, subscribers, audit)
