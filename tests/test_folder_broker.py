"""The folder as broker: a message is there whole or not at all."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from kombu import Connection

from config import folder_broker


@pytest.fixture
def folder(tmp_path: Path) -> dict[str, str]:
    names = {"data_folder_in": "queue", "data_folder_out": "queue", "control_folder": "control"}
    for name in set(names.values()):
        (tmp_path / name).mkdir()
    return {option: str(tmp_path / name) for option, name in names.items()}


def connection(folder: dict[str, str]) -> Connection:
    return Connection("filesystem://", transport_options=folder)


def test_it_stands_in_for_the_transport_of_the_library(folder: dict[str, str]) -> None:
    with connection(folder) as broker:
        assert isinstance(broker.default_channel, folder_broker.Channel)


def test_a_reader_meets_no_message_that_is_being_written(folder: dict[str, str]) -> None:
    count, read = 300, []

    def write() -> None:
        with connection(folder) as broker, broker.SimpleQueue("bells") as queue:
            for number in range(count):
                queue.put({"number": number})

    writer = threading.Thread(target=write)
    with connection(folder) as broker, broker.SimpleQueue("bells") as queue:
        writer.start()
        while len(read) < count:
            message = queue.get(timeout=10)
            read.append(message.payload["number"])
            message.ack()
    writer.join()

    assert sorted(read) == list(range(count))


def test_a_message_that_cannot_be_read_is_no_message(folder: dict[str, str]) -> None:
    with connection(folder) as broker, broker.SimpleQueue("chimes") as queue:
        Path(folder["data_folder_in"], "0_broken.chimes.msg").write_text("")
        queue.put({"whole": True})

        assert queue.get(timeout=10).payload == {"whole": True}
