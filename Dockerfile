# syntax=docker/dockerfile:1
# Built in one stage, run in another: what runs has Python, the locked packages and the relay. The lock has what nodes on
# PostgreSQL need as well (the extra "cluster"), so that one image does for one machine and for many.

FROM python:3.12-slim-bookworm AS built
WORKDIR /source
COPY requirements-setup.txt requirements-run.txt ./
# --no-deps with hashes: nothing comes along that is not in the lock
RUN pip install --no-cache-dir --disable-pip-version-check --require-hashes --no-deps -r requirements-setup.txt \
 && python -m venv --without-pip /opt/liveblog-relay \
 && uv pip install --quiet --no-cache --python /opt/liveblog-relay --compile-bytecode \
      --require-hashes -r requirements-run.txt
COPY pyproject.toml README.md LICENSE ./
COPY docs/manual docs/manual
COPY bot bot
COPY handlers handlers
COPY storage storage
COPY config config
RUN python -m build --wheel --no-isolation \
 && uv pip install --quiet --no-cache --offline --python /opt/liveblog-relay --compile-bytecode --no-deps dist/*.whl

FROM python:3.12-slim-bookworm
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /var/lib/liveblog-relay --shell /usr/sbin/nologin relay \
 && install --directory --owner relay --group relay --mode 0700 /var/lib/liveblog-relay
COPY --from=built /opt/liveblog-relay /opt/liveblog-relay
ENV PATH=/opt/liveblog-relay/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    LIVEBLOG_RELAY_CONFIG=/etc/liveblog-relay/relay.toml
# storage.url is relative to here unless told otherwise: the database is var/relay.db below it
WORKDIR /var/lib/liveblog-relay
VOLUME /var/lib/liveblog-relay
USER 10001:10001
EXPOSE 8080
STOPSIGNAL SIGTERM
# for web.listen at port 8080, as it is by default; --no-healthcheck where it is another or ""
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
  CMD ["python", "-c", "from http.client import HTTPConnection as To; to = To('127.0.0.1', 8080, timeout=4); to.request('GET', '/healthz'); raise SystemExit(to.getresponse().status != 200)"]
ENTRYPOINT ["liveblog-relay"]
CMD ["run"]
