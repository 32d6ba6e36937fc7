"""The part of a scenario file that some of its functions need: ready to read, or to paste.

Names are followed through scopes as the compiler sees them (`symtable`), so a local variable is
never taken for the module's function of that name.
"""

import ast
import symtable
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True)
class Statement:
    """A statement of the module: its lines with the comment above, and the names it deals in.

    `gap` is the number of blank lines above it. `needs` holds global names and builtins alike.
    """

    node: ast.stmt
    lines: tuple[str, ...]
    gap: int
    binds: frozenset[str]
    needs: frozenset[str]

    def joined(
        self, lines: tuple[str, ...], binds: frozenset[str], needs: frozenset[str]
    ) -> "Statement":
        """Return this statement and one that shares its line, as one."""
        both = (*self.lines, *lines)
        return Statement(ast.Pass(), both, self.gap, self.binds | binds, self.needs | needs)


@lru_cache(maxsize=8)  # a lesson asks for a snippet per path
def read_statements(source: str) -> tuple[Statement, ...]:
    """Return the statements of a module, without its docstring."""
    lines = source.split("\n")  # as ast counts lines
    found: list[Statement] = []
    before = 0  # the line on which the statement before it ended
    tree = ast.parse(source)
    for node in tree.body:
        assert node.end_lineno is not None, "ast.parse sets it"
        first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", []))])
        start = first - 1
        while start > before and lines[start - 1].startswith("#"):
            start -= 1
        if found and start < before:  # a second statement on the line: both, or neither
            first_of_line, (binds, needs) = found.pop(), read_names(node)
            more = tuple(lines[before : node.end_lineno])
            found.append(first_of_line.joined(more, binds, needs))
        elif node is not tree.body[0] or ast.get_docstring(tree) is None:
            gap = len([line for line in lines[before:start] if not line.strip()])
            kept = tuple(lines[start : node.end_lineno])
            found.append(Statement(node, kept, gap, *read_names(node)))
        before = node.end_lineno
    return tuple(found)


def read_names(node: ast.stmt) -> tuple[frozenset[str], frozenset[str]]:
    """Return the names that a statement of the module binds, and the global names it uses."""
    module = symtable.symtable(ast.unparse(node), "statement", "exec")
    binds = {each.get_name() for each in module.get_symbols() if is_bound(each)}
    needs = {each.get_name() for each in module.get_symbols() if each.is_referenced()}
    waiting = list(module.get_children())
    while waiting:
        scope = waiting.pop()
        waiting += scope.get_children()
        for symbol in scope.get_symbols():
            # A class body reads a name that it binds later from the module.
            of_class = scope.get_type() == "class" and symbol.is_referenced()
            if symbol.is_global() or of_class:
                needs.add(symbol.get_name())
    return frozenset(binds | find_changed(node)), frozenset(needs)


def find_changed(node: ast.stmt) -> set[str]:
    """Return the names whose objects a statement of the module changes: `TABLE["a"] = 1`.

    A call of a method counts as a change too: `NAMES.sort()`.
    """
    changed: list[ast.expr] = []
    if isinstance(node, ast.Assign):
        changed = list(node.targets)
    elif isinstance(node, (ast.AugAssign, ast.AnnAssign)):
        changed = [node.target]
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        changed = [node.value.func]
    found = set()
    for target in changed:
        root = target
        while isinstance(root, (ast.Attribute, ast.Subscript, ast.Call)):
            root = root.func if isinstance(root, ast.Call) else root.value
        if isinstance(root, ast.Name) and root is not target:
            found.add(root.id)
    return found


def is_bound(symbol: symtable.Symbol) -> bool:
    """Return whether a statement gives a name its value."""
    return symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace()


def find_needed(statements: tuple[Statement, ...], names: Iterable[str]) -> set[str]:
    """Return `names` and every name of the module that they need, directly or not."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [need for each in statements if name in each.binds for need in each.needs]
    return found & {name for each in statements for name in each.binds}


def cut_snippet(source: str, names: Iterable[str]) -> str:
    """Return the part of a module that `names` need, in the file's order, with its comments.

    An import keeps only the names that are used. `SCENARIO` and the module's docstring are left
    out, unless `SCENARIO` is used.
    """
    statements = read_statements(source)
    needed = find_needed(statements, names)
    lines: list[str] = []
    gap = 0  # blank lines since the last statement that was kept, the most in one place
    for statement in statements:
        gap = max(gap, statement.gap)
        if is_everywhere(statement.node) or needed & statement.binds:
            lines += [""] * (gap if lines else 0) + cut_statement(statement, needed)
            gap = 0
    return "\n".join(lines)


def is_everywhere(node: ast.stmt) -> bool:
    """Return whether an import counts for all code: of the future, or of names nobody lists."""
    return isinstance(node, ast.ImportFrom) and (
        node.module == "__future__" or any(alias.name == "*" for alias in node.names)
    )


def cut_statement(statement: Statement, needed: set[str]) -> list[str]:
    """Return a statement's lines; of an import only the names that are needed."""
    node = statement.node
    if not isinstance(node, (ast.Import, ast.ImportFrom)) or is_everywhere(node):
        return list(statement.lines)
    kept = [alias for alias in node.names if (alias.asname or alias.name.split(".")[0]) in needed]
    if len(kept) == len(node.names):
        return list(statement.lines)
    if isinstance(node, ast.Import):
        return [ast.unparse(ast.Import(kept))]
    return [ast.unparse(ast.ImportFrom(node.module, kept, node.level))]
