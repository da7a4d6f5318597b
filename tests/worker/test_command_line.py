"""The real program as a child process, with real models and real files; killed, interrupted, cut off."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from app.core.paths import Home
from app.services.compose import Services
from app.storage.schema import open_database
from tests.helpers.command_line import REPOSITORY, Satchel, until

LONG = "Write a very long story about the sea, in many chapters, and never stop."
ENDLESS = "[chat]\nmax_reply_tokens = 3000\n[sampling]\ntemperature = 0.0\nrepeat_penalty = 1.0\n"


@pytest.fixture
def satchel(home: Home, chat_model: Path, embedding_model: Path) -> Satchel:
    return Satchel(home)


@pytest.fixture
def endless(satchel: Satchel) -> Satchel:
    """Its replies to :data:`LONG` have thousands of tokens, so that there is a middle of them to stop in."""
    satchel.home.settings_file.write_text(ENDLESS, "utf-8")
    return satchel


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory, chat_model: Path, embedding_model: Path) -> Satchel:
    """A home with one indexed collection, "Towers"."""
    folder = tmp_path_factory.mktemp("Towers")
    (folder / "paris.md").write_text(
        "# Paris\n\n## The Eiffel Tower\n\nThe Eiffel Tower is 330 metres high and made of iron. It was finished"
        " in 1889. Seven million people visit it every year.\n"
    )
    (folder / "pisa.txt").write_text(
        "The tower of Pisa leans by about four degrees. The building of the tower began in 1173 and took 199 years."
    )
    (folder / "broken.pdf").write_bytes(b"%PDF-1.4 and then nothing of use")
    satchel = Satchel(Home(tmp_path_factory.mktemp("home")).create())
    info = satchel.json("documents", "add", str(folder))
    assert (info["name"], info["files"], info["indexed"], info["pending"]) == (folder.name, 3, 2, 0)
    (trouble,) = info["trouble"]
    assert trouble["path"].endswith("broken.pdf")
    assert trouble["reason"]
    return satchel


def test_hardware_in_words_and_as_json(satchel: Satchel) -> None:
    assert "memory" in satchel.run("hardware")[0]
    machine = satchel.json("hardware")
    assert machine["usable_cores"] >= 1
    assert machine["memory_total_bytes"] > machine["memory_available_bytes"] > 0
    assert isinstance(machine["llama_cpp"]["supports_gpu_offload"], bool)


def test_models_are_listed_sized_and_added(satchel: Satchel, tmp_path: Path, chat_model: Path) -> None:
    models = satchel.json("models", "list")
    assert {model["kind"] for model in models} == {"chat", "embedding"}
    chat = next(model for model in models if model["kind"] == "chat")
    verdict = satchel.json("models", "size", str(chat["id"]), "--context", "2048")
    parts = ("weights_bytes", "kv_bytes", "compute_bytes", "other_bytes")
    assert verdict["n_ctx"] == 2048
    assert verdict["total_bytes"] == sum(verdict[part] for part in parts)
    text, _ = satchel.run("models", "size", str(chat["id"]), "--context", "2048")
    assert "KV cache, 2,048 tokens" in text
    assert "Laid out by llama.cpp itself." in text
    link = tmp_path / "mine.gguf"
    link.symlink_to(chat_model)
    assert satchel.json("models", "add", str(link))["model"]["kind"] == "chat"
    assert satchel.run("models", "add", str(link))[0].startswith("It is in the library already:")


def test_a_file_that_is_no_model_is_refused_in_words(satchel: Satchel, tmp_path: Path) -> None:
    page = tmp_path / "model.gguf"
    page.write_text("<html>Not found</html>")
    out, err = satchel.run("models", "add", str(page), code=1)
    assert out == ""
    assert err.startswith("satchel: ")
    assert len(err.splitlines()) >= 2


def test_status_and_search(library: Satchel) -> None:
    (status,) = library.json("documents", "status")
    assert (status["indexed"], status["failed"] + status["skipped"]) == (2, 1)
    assert "broken.pdf" in library.run("documents", "status", status["name"])[0]
    found = library.json("documents", "search", "How high is the Eiffel Tower?")
    assert found["found"]
    assert "330 metres" in found["quotes"][0]["text"]
    text, _ = library.run("documents", "search", "How high is the Eiffel Tower?")
    assert text.index("330 metres") < text.index("paris.md")


def test_ask_quotes_first_then_answers_with_sources(library: Satchel) -> None:
    name = library.json("documents", "status")[0]["name"]
    text, _ = library.run("ask", "How high is the Eiffel Tower?", "--collection", name)
    assert (
        text.index("“The Eiffel Tower is 330 metres high")
        < text.index("Checked against your documents")
        < text.index("Sources:")
    )
    assert "paris.md, Paris › The Eiffel Tower" in text
    reply = library.messages()[-1]
    assert reply.text.strip() in text
    assert reply.checks


def test_ask_as_json(library: Satchel) -> None:
    reply = library.json("ask", "In which year did the building of the tower of Pisa begin?", "--collection", "1")
    assert reply["state"] == "complete"
    assert reply["evidence"]["found"]
    assert any("1173" in quote["text"] for quote in reply["evidence"]["quotes"])
    assert "".join(s["text"] for s in reply["sentences"]).replace(" ", "") in reply["answer"].replace("\n", "").replace(
        " ", ""
    )
    assert reply["figures"]["tokens_per_second"] > 0


def test_what_the_documents_do_not_say_is_said(library: Satchel) -> None:
    reply = library.json("ask", "Which enzyme digests lactose in the small intestine?", "--collection", "1")
    assert not reply["evidence"]["found"]
    assert reply["figures"] is None
    assert reply["answer"].startswith("I found nothing in your documents")
    assert reply["evidence"]["passages"]


def test_mistakes_are_said(library: Satchel, tmp_path: Path) -> None:
    _, err = library.run("documents", "add", str(tmp_path / "nowhere"), code=1)
    assert "does not exist" in err
    _, err = library.run("ask", "What?", "--collection", "nothing", code=1)
    assert "no collection “nothing”" in err
    _, err = library.run("chat", "--conversation", "999", code=1)
    assert "not there any more" in err
    _, err = library.run("ask", "What?", "--model", "nothing", code=1)
    assert "no model “nothing”" in err


def test_a_second_satchel_on_the_same_index_is_refused_in_words(library: Satchel) -> None:
    services = Services.open(library.home)
    try:
        services.documents.collections()
        _, err = library.run("documents", "status", code=1)
        assert "satchel: " in err
        assert "another" in err.lower()
        library.run("models", "list")  # needs no index
    finally:
        services.close()


def test_a_conversation_from_a_pipe(satchel: Satchel) -> None:
    out, _ = satchel.run("chat", typed="Say hello.\n\nSay it again.\n")
    messages = satchel.messages()
    assert [message.role for message in messages] == ["user", "assistant"] * 2
    assert all(message.text.strip() in out for message in messages if message.role == "assistant")


def test_nothing_said_is_no_conversation(satchel: Satchel) -> None:
    satchel.run("chat", typed="\n  \n")
    satchel.run("ask", "", code=2)
    with satchel.conversations() as conversations:
        assert conversations.summaries() == []


def test_a_context_beyond_the_trained_one_is_said(satchel: Satchel, chat_model: Path) -> None:
    out, err = satchel.run("models", "size", str(chat_model), "--context", "50000")
    assert "was trained for 8,192 tokens" in err
    assert "KV cache, 8,192 tokens" in out


def test_output_onto_a_full_disk_is_said(satchel: Satchel) -> None:
    with Path("/dev/full").open("w") as full:
        process = satchel.start("models", "list", stdout=full)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert err.startswith("satchel: The output could not be written.")
    assert "Traceback" not in err


def test_a_folder_that_is_none_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    _, err = Satchel(Home(tmp_path / "file" / "home")).run("models", "list", code=1)
    assert err.startswith("satchel: Satchel cannot use its folder.")
    assert "Errno" not in err


def test_a_folder_that_is_a_collection_already_is_looked_through_again(library: Satchel, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("The lighthouse of Hook is the oldest one in Ireland that is still in use.")
    made = library.json("documents", "add", str(tmp_path))
    (tmp_path / "other.txt").write_text("The lighthouse of Cordouan stands in the mouth of the Gironde.")
    out, err = library.run("documents", "add", str(tmp_path))
    assert "is looked through again" in err
    assert "Added: 1 file, 1 passage." in out
    assert "Nothing is new." in library.run("documents", "add", str(tmp_path))[0]
    assert f"{made['name']} ({made['id']}): up to date" in out
    assert "2 of 2 files indexed; 2 passages" in out
    status, _ = library.run("documents", "status", made["name"])
    assert "up to date" in status, "the scan at the start is waited for"


def test_processes_killed_while_documents_are_added(satchel: Satchel, tmp_path: Path) -> None:
    folder = tmp_path / "notes"
    folder.mkdir()
    for n in range(30):
        (folder / f"{n}.txt").write_text(f"Note {n} is about valve {n}. " * 60)
    process = satchel.start("documents", "add", str(folder), "--json")
    for generation in (2, 2, 1, 2):  # the parser, twice while it starts; its parent; the next one's parser
        victim = until(lambda generation=generation: _spawned(process.pid, generation))  # type: ignore[misc]
        victim.kill()
        until(lambda victim=victim: not psutil.pid_exists(victim.pid) or victim.status() == psutil.STATUS_ZOMBIE)  # type: ignore[misc]
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    info = json.loads(out)
    assert (info["indexed"], info["failed"], info["pending"], info["problem"]) == (30, 0, 0, "")
    assert info["embedded"] == info["chunks"] > 0


def _spawned(pid: int, generation: int) -> psutil.Process | None:
    """A child process (1) or a child's child (2) that runs Python code of ours."""
    try:
        found = psutil.Process(pid).children()
        if generation == 2:
            found = [inner for child in found for inner in child.children()]
        return next((child for child in found if "spawn_main" in " ".join(child.cmdline())), None)
    except psutil.Error:
        return None


def test_documents_are_found_by_words_where_there_is_no_embedding_model(satchel: Satchel, tmp_path: Path) -> None:
    for n in range(3):
        (tmp_path / f"{n}.txt").write_text(f"Note {n} is about valve {n}.")
    satchel.environment["SATCHEL_MODELS"] = str(tmp_path / "none")
    info = satchel.json("documents", "add", *(str(tmp_path / f"{n}.txt") for n in range(3)), code=1)
    assert "no embedding model" in info["problem"]
    assert (info["indexed"], info["pending"], info["phase"]) == (3, 0, "idle")


def test_a_restored_ledger_is_said(satchel: Satchel, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("The lighthouse of Hook is the oldest one in Ireland that is still in use.")
    out, _ = satchel.run("documents", "add", str(tmp_path / "note.txt"))
    assert "1 of 1 file indexed; 1 passage\n" in out
    ledger = satchel.home.knowledge / "ledger.sqlite"
    ledger.write_bytes(b"\0" * 5000 + ledger.read_bytes()[5000:])
    out, err = satchel.run("documents", "status")
    assert "restored from the backup" in " ".join(err.split())
    assert "note.txt (1)" in out


def test_ctrl_c_stops_the_reply_and_keeps_it(endless: Satchel) -> None:
    process = endless.start("ask", LONG)
    assert process.stdout is not None
    assert process.stdout.read(1)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "Stopped." in err
    assert endless.messages()[-1].state == "stopped"
    assert endless.messages()[-1].text


def test_a_reader_that_leaves_ends_it_quietly(endless: Satchel) -> None:
    process = endless.start("ask", LONG)
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.read(1)
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()
    assert process.wait(60) == 1
    assert err == ""
    assert endless.messages()[-1].state == "stopped"


def test_without_any_output_it_still_works(satchel: Satchel) -> None:
    command = f'exec "{sys.executable}" -m app models list >&- 2>&-'
    done = subprocess.run(["sh", "-c", command], cwd=REPOSITORY, env=satchel.environment, timeout=60)
    assert done.returncode == 0


def test_kill_9_in_the_middle_of_a_reply_loses_nothing_that_was_saved(endless: Satchel) -> None:
    process = endless.start("ask", LONG)
    with endless.conversations() as conversations:
        until(lambda: conversations.summaries())
        conversation_id = conversations.summaries()[0].id
        until(lambda: any(m.role == "assistant" and m.text for m in conversations.path(conversation_id)))
    process.kill()
    process.communicate(timeout=60)
    out, _ = endless.run("chat", "--conversation", str(conversation_id))
    question, reply = endless.messages()
    assert question.text == LONG
    assert reply.state == "interrupted"
    assert reply.text
    assert "Ask again" in reply.problem
    assert LONG[:50] in out


def test_a_damaged_database_is_restored_and_said(satchel: Satchel) -> None:
    with satchel.conversations() as conversations:
        conversations.add_question(conversations.create().id, "What was before?")
    whole = satchel.home.database.read_bytes()
    satchel.home.database.write_bytes(b"\0" * 5000 + whole[5000:])
    out, err = satchel.run("models", "list")
    assert "restored from the backup" in " ".join(err.split())
    assert "SmolLM2" in out
    assert satchel.messages()[0].text == "What was before?"


def test_a_newer_database_is_refused_in_words(satchel: Satchel) -> None:
    database = open_database(satchel.home)
    database.execute("INSERT INTO migrations(name) VALUES ('from the future')")
    database.close()
    _, err = satchel.run("models", "list", code=1)
    assert "newer version" in err
