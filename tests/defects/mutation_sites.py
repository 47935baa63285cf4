"""Where a source may be mutated: found in the syntax tree of clang, in the bodies of functions.

What no test could see is left out: constants that the compiler folds, the texts of errors, room
that is only reserved. What stands in a template is left out too: its types are not known.
"""
import ctypes
import functools
import os
import re
import sys

# Debian's bindings, for whichever Python runs this.
sys.path.append("/usr/lib/python3/dist-packages")
import clang.cindex as clang  # noqa: E402
from clang.cindex import CursorKind, TypeKind  # noqa: E402

FUNCTIONS = {CursorKind.FUNCTION_DECL, CursorKind.CXX_METHOD, CursorKind.CONSTRUCTOR,
             CursorKind.DESTRUCTOR, CursorKind.CONVERSION_FUNCTION}
# Their calls may fall, and nothing but time, memory or a line of a log is different.
UNSEEN = {"reserve", "shrink_to_fit", "fprintf", "fflush", "Log"}
RELATIONS = {"<": ("Less", ("<=", ">=")), ">": ("Greater", (">=", "<=")),
             "<=": ("LessOrEqual", ("<", ">")), ">=": ("GreaterOrEqual", (">", "<"))}
BLANK = re.compile(rb"(?:\s|//[^\n]*\n|/\*.*?\*/)*", re.DOTALL)


class Site:
    """A place of a file with its mutants: bytes `begin` to `end`, `operator` where it has one.

    `kind` says how it is planted; `mutants` say what each of its mutants does.
    """

    def __init__(self, file, function, kind, begin, end, mutants, operator=None):
        self.file, self.function, self.kind = file, function, kind
        self.begin, self.end, self.mutants = begin, end, list(mutants)
        self.operator = operator


def file_place(location):
    """The file and the offset where it was written, in the argument of a macro too."""
    file, offset = ctypes.c_void_p(), ctypes.c_uint()
    clang.conf.lib.clang_getFileLocation(location, ctypes.byref(file), None, None,
                                         ctypes.byref(offset))
    return file.value, offset.value


@functools.lru_cache(maxsize=None)
def real_path(path):
    return os.path.realpath(path)


def file_name(cursor):
    file = cursor.location.file
    return real_path(file.name) if file is not None else None


def is_number(cursor):
    kind = cursor.type.get_canonical().kind
    return TypeKind.BOOL.value <= kind.value <= TypeKind.LONGDOUBLE.value


def is_scalar(cursor):
    return is_number(cursor) or cursor.type.get_canonical().kind in (TypeKind.POINTER,
                                                                     TypeKind.ENUM)


def bare(cursor):
    """Without what the compiler adds around an expression."""
    while cursor.kind == CursorKind.UNEXPOSED_EXPR:
        children = list(cursor.get_children())
        if len(children) != 1:
            break
        cursor = children[0]
    return cursor


class Finder:
    """Goes through the functions of one file."""

    def __init__(self, name, path):
        self.name = name
        self.path = path
        with open(path, "rb") as file:
            self.text = file.read()
        self.sites = []
        self.function = ""

    def span(self, cursor):
        """Its bytes, or None where it is not written in this file."""
        begin_file, begin = file_place(cursor.extent.start)
        end_file, end = file_place(cursor.extent.end)
        if begin_file is None or begin_file != end_file or begin >= end:
            return None
        return begin, end

    def add(self, kind, begin, end, mutants, operator=None):
        text = self.text[begin:end]
        if text.count(b"(") != text.count(b")") or text.count(b"{") != text.count(b"}"):
            return
        self.sites.append(Site(self.name, self.function, kind, begin, end, mutants, operator))

    def after(self, offset):
        """Where the next token begins."""
        return BLANK.match(self.text, offset).end()

    def before(self, offset):
        """The character before, blanks left out; comments are not looked for."""
        return self.text[:offset].rstrip()[-1:]

    def begins(self, offset, *words):
        return self.text.startswith(words, offset)

    # Declarations.

    def declarations(self, cursor):
        for child in cursor.get_children():
            if file_name(child) != self.path:
                continue
            if child.kind in FUNCTIONS:
                self.body_of(child)
            elif child.kind in (CursorKind.NAMESPACE, CursorKind.CLASS_DECL,
                                CursorKind.STRUCT_DECL, CursorKind.LINKAGE_SPEC,
                                CursorKind.UNEXPOSED_DECL):
                self.declarations(child)

    def body_of(self, cursor):
        if not cursor.is_definition():
            return
        children = list(cursor.get_children())
        if not children or children[-1].kind != CursorKind.COMPOUND_STMT:
            return  # Defaulted.
        span, body = self.span(cursor), self.span(children[-1])
        if span is None or body is None:
            return
        if re.search(rb"\b(constexpr|consteval)\b", self.text[span[0]:body[0]]):
            return
        self.function = cursor.spelling
        for child in children:
            if child.kind != CursorKind.PARM_DECL:
                self.visit(child, cursor, ())

    # Statements and expressions. `around` are the cursors around one, the nearest first.

    def visit(self, cursor, parent, around):
        kind = cursor.kind
        if kind in (CursorKind.STATIC_ASSERT, CursorKind.PARM_DECL,
                    CursorKind.CXX_UNARY_EXPR) or kind.is_attribute():
            return
        span = self.span(cursor)
        if span is not None and self.left_out(cursor, span, around):
            return
        if span is not None:
            self.mutate(cursor, parent, span, around)
        children = list(cursor.get_children())
        if kind == CursorKind.CASE_STMT:
            children = children[1:]
        inner = (cursor, *around)
        for child in children:
            self.visit(child, cursor, inner)

    def left_out(self, cursor, span, around):
        if cursor.kind == CursorKind.VAR_DECL:
            declared = self.text[span[0]:span[1]].split(b"=")[0]
            return re.search(rb"\bconstexpr\b", declared) is not None
        if cursor.kind == CursorKind.IF_STMT:
            return re.match(rb"if\s+constexpr", self.text[span[0]:span[0] + 20]) is not None
        if cursor.kind == CursorKind.CALL_EXPR:
            if cursor.spelling in UNSEEN:
                return True
            # What an error says, not what it carries.
            return cursor.spelling in ("StrCat", "StrFormat") and any(
                other.kind == CursorKind.CALL_EXPR and
                re.search(r"Error$|^Fatal$", other.spelling) for other in around)
        return False

    def mutate(self, cursor, parent, span, around):
        kind = cursor.kind
        if kind == CursorKind.BINARY_OPERATOR:
            self.binary(cursor, span)
        elif kind == CursorKind.COMPOUND_ASSIGNMENT_OPERATOR:
            self.compound(cursor, span)
        elif kind == CursorKind.UNARY_OPERATOR:
            self.unary(cursor, span, around)
        elif kind == CursorKind.INTEGER_LITERAL:
            self.literal(span, around)
        elif kind == CursorKind.CXX_BOOL_LITERAL_EXPR:
            word = self.text[span[0]:span[1]]
            if word in (b"true", b"false"):
                self.add("negation", *span, ["false" if word == b"true" else "true"])
        elif kind == CursorKind.CALL_EXPR:
            self.call(cursor, parent, span)
        elif kind in (CursorKind.IF_STMT, CursorKind.WHILE_STMT, CursorKind.FOR_STMT,
                      CursorKind.DO_STMT, CursorKind.CONDITIONAL_OPERATOR):
            self.conditional(cursor, span)

    def operands(self, cursor):
        """The two sides, and the operator between: its offset and its text."""
        children = list(cursor.get_children())
        if len(children) < 2:
            return None
        left, right = children[0], children[-1]
        left_span, right_span = self.span(left), self.span(right)
        if left_span is None or right_span is None or left_span[1] > right_span[0]:
            return None
        operator = self.after(left_span[1])
        text = self.text[operator:right_span[0]].split()
        if not text:
            return None
        return left, right, operator, text[0].decode(errors="replace")

    def binary(self, cursor, span):
        found = self.operands(cursor)
        if found is None:
            return
        left, right, offset, operator = found
        place = (offset, offset + len(operator))
        if operator in RELATIONS:
            if is_scalar(left) and is_scalar(right):
                self.add(RELATIONS[operator][0], *span, RELATIONS[operator][1], place)
        elif operator in ("==", "!="):
            self.add("negation", *span, ["!=" if operator == "==" else "=="])
        elif operator in ("&&", "||"):
            self.add("logic", *span, ["||" if operator == "&&" else "&&"], place)
        elif operator in ("+", "-"):
            pointers = sum(not is_number(side) for side in (left, right))
            if pointers == 0 or pointers == 1 and is_number(right) and is_scalar(left):
                self.add("Plus" if operator == "+" else "Minus", *span,
                         ["-" if operator == "+" else "+"], place)

    def compound(self, cursor, span):
        found = self.operands(cursor)
        if found is None or found[3] not in ("+=", "-="):
            return
        left, _, offset, operator = found
        if is_scalar(left):
            self.add("AddTo" if operator == "+=" else "TakeFrom", *span,
                     ["-=" if operator == "+=" else "+="], (offset, offset + 2))

    def unary(self, cursor, span, around):
        children = list(cursor.get_children())
        if len(children) != 1 or not is_scalar(children[0]):
            return
        begin, end = span
        for step, other in ((b"++", "--"), (b"--", "++")):
            name = "Up" if step == b"++" else "Down"
            if self.begins(begin, step):
                self.add("First" + name, *span, [other], (begin, begin + 2))
            elif self.text[end - 2:end] == step:
                self.add("Then" + name, *span, [other], (end - 2, end))
        if self.begins(begin, b"!") and around and \
                bare(around[0]).kind == CursorKind.BINARY_OPERATOR:
            self.add("negation", *span, ["without the !"])

    def literal(self, span, around):
        text = self.text[span[0]:span[1]]
        if not re.fullmatch(rb"[0-9][0-9a-fA-FxXbB']*[uUlLzZ]*", text):
            return
        if self.before(span[0]) == b"[" and around[0].kind == CursorKind.VAR_DECL:
            return  # The size of an array.
        # Beside < and its like, one more is the comparison's other bound.
        for other in around:
            if other.kind == CursorKind.UNEXPOSED_EXPR:
                continue
            if other.kind == CursorKind.BINARY_OPERATOR:
                found = self.operands(other)
                if found is not None and found[3] in RELATIONS:
                    return
            break
        self.add("Number", *span, ["+ 1", "- 1"])

    def call(self, cursor, parent, span):
        begin, end = span
        if cursor.spelling in ("operator==", "operator!="):
            self.add("negation", *span, [cursor.spelling[-2:] + " negated"])
        statement = parent.kind in (
            CursorKind.COMPOUND_STMT, CursorKind.IF_STMT, CursorKind.FOR_STMT,
            CursorKind.CXX_FOR_RANGE_STMT, CursorKind.WHILE_STMT, CursorKind.UNEXPOSED_EXPR)
        if not statement or cursor.spelling.startswith("operator") or \
                self.begins(begin, b"DAYBOOK_ASSIGN_OR_RETURN"):  # It may declare.
            return
        self.statement(begin, end)

    def statement(self, begin, end):
        semicolon = self.after(end)
        if self.text[semicolon:semicolon + 1] != b";":
            return
        previous = self.text[:begin].rstrip()
        if previous[-1:] not in (b"{", b"}", b";", b")") and not previous.endswith(b"else"):
            # A comment may end the line before.
            line = previous[previous.rfind(b"\n") + 1:]
            if b"//" not in line:
                return
        self.add("statement", begin, semicolon + 1, ["left out"])

    def conditional(self, cursor, span):
        begin = span[0]
        if cursor.kind == CursorKind.DO_STMT:
            macro = re.compile(rb"DAYBOOK_RETURN_IF_ERROR\(").match(self.text, begin)
            if macro:
                self.returned_error(begin, macro.end() - 1)
            return
        children = [(child, self.span(child)) for child in cursor.get_children()]
        if cursor.kind == CursorKind.CONDITIONAL_OPERATOR:
            ends = (b"?",)
        elif not self.begins(begin, b"if", b"while", b"for"):
            return  # Out of the body of a macro.
        else:
            ends = (b";",) if cursor.kind == CursorKind.FOR_STMT else (b")",)
        for child, place in children:
            if place is None or not child.kind.is_expression():
                continue
            condition = bare(child)
            if self.text[self.after(place[1]):][:1] not in ends:
                continue
            if cursor.kind != CursorKind.CONDITIONAL_OPERATOR and \
                    self.before(place[0]) not in (b"(", b";"):
                continue
            if not self.compared(condition):
                self.add("negation", *place, ["negated"])
            return

    def compared(self, condition):
        """Whether it has mutants that negate it already."""
        if condition.kind == CursorKind.BINARY_OPERATOR:
            found = self.operands(condition)
            return found is not None and found[3] in (*RELATIONS, "==", "!=")
        return condition.kind == CursorKind.CALL_EXPR and \
            condition.spelling in ("operator==", "operator!=")

    def returned_error(self, begin, parenthesis):
        depth = 0
        for offset in range(parenthesis, len(self.text)):
            depth += {40: 1, 41: -1}.get(self.text[offset], 0)
            if depth == 0:
                self.statement(begin, offset + 1)
                return


def find(name, path, arguments, headers):
    """The sites of the source `path`, and of the `headers` (names by paths) that it includes."""
    tu = clang.Index.create().parse(path, args=arguments)
    errors = [str(one) for one in tu.diagnostics if one.severity >= clang.Diagnostic.Error]
    if errors:
        sys.exit(f"{path} does not parse: {errors[0]}")
    included = {real_path(one.include.name) for one in tu.get_includes()}
    sites = []
    for its_name, its_path in [(name, path),
                               *((headers[p], p) for p in sorted(included & headers.keys()))]:
        finder = Finder(its_name, real_path(its_path))
        finder.declarations(tu.cursor)
        seen = set()
        for site in finder.sites:
            place = (site.kind, site.begin, site.end)
            if place not in seen:
                seen.add(place)
                sites.append(site)
    return sites
