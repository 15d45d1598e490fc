"""No module of ours opens a door that attackers know: read from the syntax of every module, with the few exceptions and why."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCES = sorted([*ROOT.glob("src/bocore/**/*.py"), *ROOT.glob("plugins/*/src/**/*.py")])

MODULES = frozenset({
    "xml", "lxml", "xmlrpc", "html5lib", "zipfile", "tarfile", "pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib",
    "marshal", "shelve", "dbm", "yaml", "ruamel", "runpy", "code", "codeop", "imp", "ctypes", "cffi", "telnetlib", "ftplib", "smtplib",
    "poplib", "imaplib", "urllib.request", "urllib3", "requests", "httpx", "aiohttp", "http.client", "http.server", "socketserver",
    "socket", "ssl", "paramiko", "random", "jinja2", "mako", "subprocess", "webbrowser",
})  # fmt: skip
"""What unpickles, expands, unpacks, runs, calls out, or gives numbers that can be guessed."""
CALLS = frozenset({
    "eval", "exec", "compile", "__import__", "builtins.eval", "builtins.exec", "os.system", "os.popen", "os.execv", "os.execvp",
    "os.execve", "os.spawnv", "os.startfile", "tempfile.mktemp", "hashlib.md5", "hashlib.sha1", "hashlib.new", "shutil.unpack_archive",
    "importlib.util.spec_from_file_location", "ssl._create_unverified_context", "ast.literal_eval",
})  # fmt: skip
KEYWORDS = {"shell=True", "verify=False", "allow_pickle=True", "strings_to_formulas=True", "autoescape=False"}
SQL = ("text", "literal_column", "exec_driver_sql", "DDL")
"""Functions whose text the database runs: it must stand in the code as it is."""
ALLOWED = {
    # code made of declarations, whose names are identifiers that were checked
    "src/bocore/entities/generate.py": {"exec", "compile"},
    "src/bocore/migrate/render.py": {"eval", "text(made up)"},
    # migrations are files of installed packages, named by number and not imported as modules
    "src/bocore/migrate/running.py": {"importlib.util.spec_from_file_location"},
    # the name of a column in the condition of an index: of our own tables, and of those in a tenant's file, where it was checked
    "src/bocore/storage/tables.py": {"text(made up)"},
    "src/bocore/tenants/detached.py": {"text(made up)"},
    # the table of contents of archives, within limits
    "src/bocore/kernel/filetypes.py": {"zipfile"},
    # workbooks are archives of XML: their size and that no part declares a document type is looked at before the library reads them
    "src/bocore/imports/workbook.py": {"zipfile", "xml"},
    # processes of our own: a list of arguments, no shell
    "src/bocore/cli/job.py": {"subprocess"},
    "src/bocore/testing/faults.py": {"subprocess"},
    "src/bocore/testing/postgres.py": {"subprocess"},
    "src/bocore/testing/ddl.py": {"text(made up)"},
    # chance that spreads retries and hides nothing; the name of this machine
    "src/bocore/jobs/worker.py": {"random", "socket"},
    "src/bocore/uow/running.py": {"random"},
    # whether the configuration of a plugin is a plain value; of a ledger, which has a size
    "plugins/bocore-beancount/src/bocore_beancount/parse.py": {"ast.literal_eval"},
}


def doors(path: Path) -> set[str]:
    """The doors of a module, each as the name that opens it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [name.name for name in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [f"{node.module}.{name.name}" for name in node.names]
        elif isinstance(node, ast.Call):
            found |= _called(node)
        for parts in (name.split(".") for name in names):
            found |= MODULES & {".".join(parts[:n]) for n in range(1, len(parts) + 1)}
            found |= CALLS & {".".join(parts)}
    return found


def _called(call: ast.Call) -> set[str]:
    name = ast.unparse(call.func)
    found = ({name} & CALLS) | (KEYWORDS & {ast.unparse(keyword) for keyword in call.keywords})
    last = name.rpartition(".")[2]
    if last in SQL and call.args and not isinstance(call.args[0], (ast.Constant, ast.Name)):
        found.add(f"{last}(made up)")
    return found


def test_a_door_is_seen(tmp_path):
    path = tmp_path / "bad.py"
    path.write_text(
        "import xml.etree.ElementTree as ET, yaml\nfrom pickle import loads\nimport subprocess as s\ns.run(x, shell=True)\n"
        "eval('1')\nc.exec_driver_sql(f'DROP {x}')\nimport hashlib\nhashlib.md5(b'')\nfrom urllib import request\nimport urllib.request\n"
    )
    assert doors(path) == {
        "xml",
        "yaml",
        "pickle",
        "subprocess",
        "shell=True",
        "eval",
        "exec_driver_sql(made up)",
        "hashlib.md5",
        "urllib.request",
    }


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_module_has_a_door_without_a_reason(path):
    assert doors(path) == ALLOWED.get(str(path.relative_to(ROOT)), set())
