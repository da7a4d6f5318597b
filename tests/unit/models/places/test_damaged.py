"""Settings and manifests of other programs, damaged in every way: none of it may end the program."""

from __future__ import annotations

from pathlib import Path
from random import Random

from app.models.places.find import find_places
from tests.helpers.places import Ollama, folders, model_bytes, put


def test_whatever_a_file_has_in_it_there_is_an_answer(tmp_path: Path) -> None:
    there = folders(tmp_path)
    ollama = Ollama(there.home / ".ollama/models")
    ollama.tag("a:1", model_bytes())
    put(there.home / ".local/share/nomic.ai/GPT4All/d.gguf", model_bytes())
    files = [
        ollama.manifest("a:1"),
        put(there.home / ".config/Jan/settings.json", '{"data_folder": "/x"}'),
        put(there.home / ".local/share/Jan/data/models/e/model.yml", "model_path: x.gguf\n"),
        put(there.home / ".config/nomic.ai/GPT4All.ini", "[General]\nmodelPath=/x\n"),
        put(there.home / ".lmstudio/settings.json", '{"downloadsFolder": "/x"}'),
        put(there.home / ".lmstudio-home-pointer", "/x"),
        put(there.home / ".cache/huggingface/hub/models--a--b/refs/main", "c" * 40),
    ]
    random = Random(1)
    for number in range(700):
        file = files[number % len(files)]
        whole = file.read_bytes()
        data = bytearray(whole)
        for _ in range(random.choice((1, 3, 10))):
            data[random.randrange(len(data))] = random.choice((0, 34, 92, 255, random.randrange(256)))
        file.write_bytes(data)
        reports = find_places(there)
        assert "GPT4All" in [report.program for report in reports], "the others are still found"
        file.write_bytes(whole)
