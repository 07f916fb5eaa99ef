"""The module as httpd sees it: name, phases, symbols, files."""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
from html import unescape

import pytest

from support.client import fetch
from support.pair import MODULE, ORIGINAL, SIDES, Pair

from .case import covers
from .judge import Judge

FILES = {"theirs": ORIGINAL, "ours": MODULE}


@pytest.fixture(scope="module")
def pages():
    """What mod_info tells of the module, and of the hooks of all."""
    with Pair(modules="info") as pair:
        pair.workers("worker.list=w1\nworker.w1.port=1\n")
        pair.conf("<Location /server-info>\nSetHandler server-info\n</Location>")
        pair.start()
        yield {side: {name: unescape(fetch(pair.sides[side].port, f"/server-info?{name}").body.decode()) for name in ("mod_jk.c", "hooks")} for side in SIDES}


def _compared(where: str, shown: dict[str, dict[str, object]], **facts: object) -> None:
    judge = Judge("looks at the module")
    for name, wanted in facts.items():
        judge.fact(where, name.replace("_", " "), shown["theirs"], wanted)
    judge.compare(where, shown["theirs"], shown["ours"])
    judge.end()


def _field(page: str, name: str) -> str:
    found = re.search(rf"<strong>{name}:</strong>(.*?)</dt>", page, re.S)
    return " ".join(re.sub("<[^>]*>", " ", found[1]).split()) if found else ""


@covers("httpd 1 module name", "httpd 1 per-directory config", "httpd 2 log_transaction", "httpd 2 translate_name", "httpd 2 map_to_storage")
def test_name_phases_and_kinds_of_configuration(pages):
    fields = {"name": "Module Name", "configuration": "Configuration Phase Participation", "phases": "Request Phase Participation", "handlers": "Content handlers"}
    shown = {side: {what: _field(pages[side]["mod_jk.c"], name) for what, name in fields.items()} for side in SIDES}
    _compared("the module's page", shown, name="mod_jk.c", configuration="Create Server Config , Merge Server Configs")


@covers("httpd 2 post_config", "httpd 2 child_init", "httpd 2 translate_name", "httpd 2 map_to_storage", "httpd 2 handler", "httpd 2 log_transaction", "httpd 2.2 Alias", "httpd 2.3 SetHandler")
def test_its_place_in_each_hook(pages):
    """Which modules come before and which behind, with the numbers by which they are ordered."""
    shown = {side: dict(_hooks(pages[side]["hooks"])) for side in SIDES}
    _compared("hooks", shown)


def _hooks(page: str):
    for title, rest in re.findall(r"<strong>([\w ]+):</strong>(.*?)</dt>", page, re.S):
        modules = re.findall(r"(-?\d+)\s+(\S+\.c)", re.sub("<[^>]*>|&nbsp;", " ", rest))
        if any(name == "mod_jk.c" for _, name in modules):
            yield title, modules


@covers("httpd 1 exported symbol", "httpd 12 exported symbols")
def test_exported_symbols():
    shown = {}
    for side, file in FILES.items():
        lines = subprocess.run(["nm", "-D", "--defined-only", file], capture_output=True, text=True, check=True).stdout.splitlines()
        names = {line.split()[-1].split("@")[0] for line in lines}
        shown[side] = {"the module": "jk_module" in names, "others": "some" if names - {"jk_module"} else "none"}
    _compared("exported symbols", shown, the_module=True)


@covers("httpd 1 module magic")
def test_module_magic():
    """Version, cookie and all else before the pointers of the structure that httpd reads."""
    shown = {side: _structure(str(file)) for side, file in FILES.items()}
    _compared("module magic", shown)


def _structure(file: str) -> dict[str, object]:
    symbols = subprocess.run(["nm", "-D", file], capture_output=True, text=True, check=True).stdout
    at = int(re.search(r"^([0-9a-f]+) \w jk_module", symbols, re.M)[1], 16)
    dump = subprocess.run(["objdump", "-s", f"--start-address={at}", f"--stop-address={at + 64}", file], capture_output=True, text=True, check=True).stdout
    raw = bytes.fromhex("".join(re.sub(r"  .*", "", line[line.index(" ", 1) :]).replace(" ", "") for line in dump.splitlines() if re.match(r" [0-9a-f]+ ", line)))
    major, minor, index = struct.unpack_from("<iii", raw)
    return {"version": major, "minor version is not newer than httpd's": minor <= 200, "index": index, "magic": struct.unpack_from("<Q", raw, 40)[0]}


@covers("httpd 1 IfModule", "httpd 1 file", "httpd 1 Server component", "httpd 1 version in the log", "httpd 1 tag in the error log")
def test_names_it_goes_by():
    """Loaded from a file of mod_jk's name."""
    pair = Pair(modules="", jk=False)
    shown = {}
    try:
        for side, httpd in pair.sides.items():
            shutil.copy(FILES[side], httpd.dir / "conf/mod_jk.so")
            httpd.workers("worker.list=w1\nworker.w1.port=1\n")
        pair.conf("LoadModule jk_module conf/mod_jk.so\nJkLogFile logs/mod_jk.log\nJkShmFile run/shm\nJkWorkersFile conf/workers.properties\nServerTokens Full")
        pair.conf("JkMount /x w1\nJkOptions CollapseSlashesAll")
        for name in ("mod_jk.c", "jk_module", "mod_jk.so"):
            pair.conf(f"<IfModule {name}>\nHeader always set X-{name.replace('.', '-')} yes\n</IfModule>")
        pair.start()
        for side, httpd in pair.sides.items():
            reply, log = fetch(httpd.port, "/"), (httpd.dir / "logs/mod_jk.log").read_text()
            shown[side] = {
                "sections": [name for name, _ in reply.headers if name.startswith("X-")],
                "Server": [part for part in reply.header("server").split() if part.startswith("mod_jk/")],
                "starts in the log": sorted(set(re.findall(r"mod_jk/\S+ initialized", log))),
                "tags in the error log": sorted({tag for tag in re.findall(r"\[([\w-]+):\w+\] \[pid", httpd.error_log()) if "jk" in tag}),
            }
        _compared("names it goes by", shown, sections=["X-mod_jk-c", "X-jk_module"], Server=["mod_jk/1.2.48"], tags_in_the_error_log=["jk"])
    finally:
        pair.kill()


@covers("httpd 12 mode of shm", "httpd 3 JkShmFile")
def test_files_of_shared_memory():
    shown = {}
    with Pair() as pair:
        pair.workers("worker.list=w1\nworker.w1.port=1\n")
        pair.conf("JkMount /x w1").start()
        for side, httpd in pair.sides.items():
            found = [path for path in (httpd.dir / "run").iterdir() if path.name.startswith("jk-shm")]
            shown[side] = {"files": len(found), "modes": sorted({oct(path.stat().st_mode & 0o777) for path in found})}
    _compared("files of shared memory", shown, files=2, modes=["0o600"])
