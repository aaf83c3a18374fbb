"""Modules have a limited size, unique names and one purpose, and do not import each other."""

import ast
from collections import defaultdict
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp

PACKAGE = Path(__file__).parent.parent / "batchcreate"
MODULES = {
    path.relative_to(PACKAGE).as_posix(): path.read_text(encoding="utf-8")
    for path in sorted(PACKAGE.rglob("*.py"))
}

LINES_MIN = 60
LINES_MAX = 400
FUNCTION_LINES_MAX = 40
# The sentence that justifies a short module, in a paragraph of its docstring after the first.
REASON = "A short module: "


def is_short_for_a_reason(text: str) -> bool:
    """Return True if the docstring of the module *text* states why it is short."""
    _, *paragraphs = (ast.get_docstring(ast.parse(text)) or "").split("\n\n")
    return any(REASON in " ".join(paragraph.split()) for paragraph in paragraphs)


def test_no_module_name_is_used_twice() -> None:
    """A name identifies one module of the package, whichever its folder."""
    places = defaultdict(list)
    for name in MODULES:
        places[Path(name).stem].append(name)

    repeated = {stem: names for stem, names in places.items() if len(names) > 1}

    assert {stem for stem in repeated if stem != "__init__"} == set()


def test_every_module_has_a_reasonable_size() -> None:
    """A module has 60 to 400 lines; a shorter one states the reason in its docstring."""
    wrong = []

    for name, text in MODULES.items():
        lines = text.count("\n")
        is_init = name.endswith("__init__.py")
        if lines > LINES_MAX:
            wrong.append(f"{name}: {lines} lines, at most {LINES_MAX} are allowed")
        elif lines < LINES_MIN and not is_init and not is_short_for_a_reason(text):
            wrong.append(f"{name}: {lines} lines, and no sentence that starts with {REASON!r}")

    assert wrong == []


def test_no_function_is_longer_than_a_screen() -> None:
    """A function has at most 40 lines, its docstring included."""
    long = [
        f"{name}:{node.lineno}: {node.name} has {node.end_lineno - node.lineno + 1} lines"
        for name, text in MODULES.items()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno + 1 > FUNCTION_LINES_MAX
    ]

    assert long == []


def is_export(node: ast.stmt) -> bool:
    """Return True if *node* is a docstring, an import, or the assignment of ``__all__``."""
    match node:
        case ast.Expr(value=ast.Constant(value=str())) | ast.Import() | ast.ImportFrom():
            return True
        case ast.Assign(targets=[ast.Name(id="__all__")]):
            return True
        case _:
            return False


def test_packages_contain_only_exports() -> None:
    """Code is in modules; only the root of the package has more, to import its names on demand."""
    wrong = [
        f"{name}:{node.lineno}: {ast.unparse(node).splitlines()[0]}"
        for name, text in MODULES.items()
        if name.endswith("/__init__.py")
        for node in ast.parse(text).body
        if not is_export(node)
    ]

    assert wrong == []


def cycle_of(imports: dict[str, set[str]]) -> list[str]:
    """Return the modules of one import cycle of *imports*, or an empty list if there is none."""
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        cycle: list[str] = error.args[1]
        return cycle
    return []


def test_no_modules_import_each_other() -> None:
    """Imports have no cycle, those inside functions and for annotations included."""
    graph = grimp.build_graph("batchcreate", cache_dir=None)
    imports = {name: graph.find_modules_directly_imported_by(name) for name in graph.modules}

    assert len(imports) == len(MODULES)
    assert cycle_of(imports) == []


def test_a_cycle_is_detected() -> None:
    """The cycle is reported with all its modules, wherever it is in the graph."""
    imports = {"main": {"a"}, "a": {"b"}, "b": {"c"}, "c": {"a"}}

    assert set(cycle_of(imports)) == {"a", "b", "c"}
    assert cycle_of({"main": {"a"}, "a": set()}) == []
