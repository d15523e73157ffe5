"""What stands between us and PostgreSQL."""

from __future__ import annotations

import asyncio
import struct

import pytest

from storage import StoreError
from storage.postgres.place import Place, shown
from tests.ports import free_port


async def test_a_pooler_that_takes_no_settings_of_a_session_is_told_in_one_line() -> None:
    """In transaction pooling a lane's lock would be somebody else's: what PgBouncer refuses, it must not ignore."""

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        (length,) = struct.unpack("!i", await reader.readexactly(4))
        first = await reader.readexactly(length - 4)
        if first == struct.pack("!i", 80877103):  # whether it has TLS
            writer.write(b"N")
            (length,) = struct.unpack("!i", await reader.readexactly(4))
            first = await reader.readexactly(length - 4)
        assert b"search_path" in first
        said = b"SFATAL\0VFATAL\0C08P01\0Munsupported startup parameter: search_path\0\0"
        writer.write(b"E" + struct.pack("!i", len(said) + 4) + said)
        writer.close()

    pooler = await asyncio.start_server(refuse, "127.0.0.1", 0)
    port = pooler.sockets[0].getsockname()[1]
    async with pooler:
        with pytest.raises(StoreError, match="unsupported startup parameter: search_path; is that a pooler"):
            await Place(f"postgresql://relay:secret@127.0.0.1:{port}/relay").session("node")


async def test_a_server_that_cannot_be_reached_is_named_without_its_password() -> None:
    address = f"127.0.0.1:{free_port()}/relay"
    with pytest.raises(StoreError, match=f"^postgresql://relay@{address} cannot be reached: .*[Cc]onnect.*$"):
        await Place(f"postgresql://relay:secret@{address}").session("node")


async def test_a_certificate_that_is_not_there_is_not_called_a_network_that_is_down() -> None:
    address = "postgresql://relay@127.0.0.1/relay"
    with pytest.raises(StoreError, match="the socket, or a certificate that it names, is not there"):
        await Place(f"{address}?sslmode=verify-full&sslrootcert=/nowhere/root.pem").session("node")


async def test_a_host_that_has_no_name_is_one_line() -> None:
    with pytest.raises(StoreError, match="PostgreSQL: an address cannot be read; write postgresql"):
        await Place("postgresql://relay@a..b/relay").session("node")


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("postgresql://ann:secret@db.example:6543/relay", "postgresql://ann@db.example:6543/relay"),
        ("postgres://ann@/relay?host=/run/pg&password=secret", "postgresql://ann@/relay?host=/run/pg"),
        ("postgresql://db.example/relay?search_path=es", "postgresql://db.example/relay?search_path=es"),
        ("postgresql://ann:12/se@cret@db.example/relay", "postgresql://db.example/relay"),
        ("postgresql://ann:12/se#cret@db.example/relay", "postgresql://…"),
        ("postgresql://ann:12?secret@db.example/relay", "postgresql://…"),
    ],
)
def test_an_address_is_shown_without_what_is_secret_in_it(url: str, name: str) -> None:
    assert shown(url) == name
