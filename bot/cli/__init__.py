"""The command line's verbs, grouped by what they are for."""

from bot.cli.asking import check, init, schema, status
from bot.cli.auditing import audit
from bot.cli.clustering import cluster
from bot.cli.copying import db
from bot.cli.explaining import why
from bot.cli.filing import rollback
from bot.cli.keeping import backup, restore
from bot.cli.looking import diff, read
from bot.cli.moving import subscribers
from bot.cli.publishing import push
from bot.cli.serving import demo, run

VERBS = (
    run,
    init,
    demo,
    check,
    schema,
    read,
    diff,
    status,
    why,
    rollback,
    push,
    subscribers,
    audit,
    backup,
    restore,
    cluster,
    db,
)
