"""Law 3 as properties: an edit changes what it names and not one byte more, on documents that nobody thought of."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import yaml
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from generator.core.errors import UserError
from generator.core.yamltext import Path, add_item, add_key, get_value, remove_item, remove_key, set_value

LAW = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)

PLAINS = [
    "podinfo",
    "1.10",
    "6.7.0",
    "on",
    "null",
    "~",
    "true",
    "3",
    "-7",
    "0x1f",
    "1e5",
    "2024-01-01",
    "a b  c",
    "ghcr.io/acme/x:1.0",
    "grüße",
    "😀 ok",
    "it's",
    'say "x"',
    "x#y",
    "a:b",
    "http://a.b/c?d=e&f",
    "-x",
    "key=val",
    "yes",
    "0o17",
]
AWKWARD = "| lead|trail |a: b|x # y|# c|- x|{a}|[|*a|&a|!t|%d|@x|`|>|?|? x|:|: x|-|---|--- x|..."
NUMBERISH = "=|<<|y|N|1:30|1_0|.5|1.|0b_"
BROKEN = [
    "|",
    "two\nlines\n",
    "no end\nline",
    "\n\nlead",
    "end\n\n\n",
    "  deep\n x\n",
    "tab\there",
    "\r\n",
    "a\x85b\u2028",
]
TEXTS = st.one_of(
    st.sampled_from([*PLAINS, *AWKWARD.split("|"), *NUMBERISH.split("|"), *BROKEN]),
    st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=12),
    st.text(alphabet="ab \n\t:#'\"-,[]{}&*!|>%\\1.0", max_size=12),
)
SCALARS = st.one_of(TEXTS, st.integers(), st.booleans(), st.none(), st.floats(allow_nan=False))
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b c", "on", "x.y", "1"]), inner, max_size=3)
    ),
    max_leaves=6,
)
KEYS = ["name", "spec", "tag", "a.b/c", "on", "with space", "ünï", '"quoted: key"', "'single'", "7", "y"]
COMMENTS = st.sampled_from(["", "", "", " # comment", "  #\tтаб: {x}", " # 'quote"])


@st.composite
def scalar_text(draw: st.DrawFn, *, flow: bool) -> str:
    """One scalar on one line (or, quoted, on two)."""
    style = draw(st.sampled_from(["plain", "single", "double"]))
    text = draw(st.sampled_from(PLAINS))
    if style == "single":
        return "'" + text.replace("'", "''") + "'"
    if style == "double":
        return '"' + text.replace('"', '\\"') + draw(st.sampled_from(["", "\\n", "\\u263a", " : #"])) + '"'
    return "x-" + text.replace("[", "") if flow and ":" in text else text


@st.composite
def block_text(draw: st.DrawFn, indent: int) -> str:
    """A literal or folded scalar, from its header to its last line break."""
    digit = draw(st.sampled_from(["", "", "2"]))
    width = 2 if digit else draw(st.sampled_from([2, 4]))
    pad = " " * (indent + width)
    first = draw(st.sampled_from(["text", " deeper" if digit else "more text", "# no comment", "a: b"]))
    lines = [first, *draw(st.lists(st.sampled_from(["next", "", "  deeper", "- x", "ü😀"]), max_size=3))]
    header = draw(st.sampled_from("|>")) + digit + draw(st.sampled_from(["", "-", "+"])) + draw(COMMENTS)
    body = "".join(f"{pad}{line}\n" if line else "\n" for line in lines)
    return f"{header}\n{body}" + draw(st.sampled_from(["", "", "\n", "\n\n"]))


@st.composite
def flow_text(draw: st.DrawFn, depth: int) -> str:
    if depth <= 0 or draw(st.booleans()):
        return draw(scalar_text(flow=True))
    items = [draw(flow_text(depth - 1)) for _ in range(draw(st.integers(0, 3)))]
    gap = draw(st.sampled_from([", ", ",", ",\n        "]))
    if draw(st.booleans()):
        return "[" + gap.join(items) + draw(st.sampled_from(["", ","] if items else [""])) + "]"
    keys = draw(
        st.lists(st.sampled_from(["a", "b", '"c"', "d e"]), min_size=len(items), max_size=len(items), unique=True)
    )
    return "{" + gap.join(f"{key}: {item}" for key, item in zip(keys, items, strict=True)) + "}"


@st.composite
def node_text(draw: st.DrawFn, indent: int, depth: int) -> str:
    """What follows a key's colon: to the end of its last line."""
    kind = draw(st.sampled_from(["scalar", "block", "flow", "empty", "lines", *["mapping", "list"] * (2 * depth)]))
    comment = draw(COMMENTS)
    texts = {
        "scalar": lambda: f" {draw(scalar_text(flow=False))}{comment}\n",
        "block": lambda: " " + draw(block_text(indent)),
        "flow": lambda: f" {draw(flow_text(2))}{comment}\n",
        "empty": lambda: f"{comment}\n",
        "lines": lambda: f" plain\n{' ' * (indent + 1)}goes on\n\n{' ' * (indent + 2)}and on{comment}\n",
        "mapping": lambda: f"{comment}\n" + draw(mapping_text(indent + draw(st.sampled_from([2, 4])), depth - 1)),
        "list": lambda: f"{comment}\n" + draw(list_text(indent + draw(st.sampled_from([0, 2])), depth - 1)),
    }
    return texts[kind]()


@st.composite
def mapping_text(draw: st.DrawFn, indent: int, depth: int) -> str:
    pad = " " * indent
    lines = []
    for key in draw(st.lists(st.sampled_from(KEYS), min_size=1, max_size=4, unique=True)):
        lines.append(draw(st.sampled_from(["", "", f"{pad}# above\n", "\n"])))
        lines.append(f"{pad}{key}:{draw(node_text(indent, depth))}")
    return "".join(lines)


@st.composite
def list_text(draw: st.DrawFn, indent: int, depth: int) -> str:
    pad = " " * indent
    items = []
    for _ in range(draw(st.integers(1, 3))):
        if depth > 0 and draw(st.booleans()):
            body = draw(mapping_text(indent + 2, depth - 1)).lstrip("\n")
            plain_start = not body.lstrip(" ").startswith("#")
            items.append(f"{pad}- {body[indent + 2 :]}" if plain_start else f"{pad}-\n{body}")
        else:
            items.append(f"{pad}- {draw(scalar_text(flow=False))}{draw(COMMENTS)}\n")
    return "".join(items)


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """A YAML file: one to three documents, any line ends, with or without a byte order mark and a last line break."""
    documents = [draw(mapping_text(0, 3)) for _ in range(draw(st.integers(1, 3)))]
    marker = draw(st.sampled_from(["---\n", "--- # next\n", "...\n---\n", "...\n# between\n---\n"]))
    text = draw(st.sampled_from(["", "---\n", "# head\n", "%YAML 1.1\n---\n"])) + marker.join(documents)
    if draw(st.booleans()):
        text = text.rstrip("\n")
    data = text.replace("\n", draw(st.sampled_from(["\n", "\r\n"]))).encode()
    return (b"\xef\xbb\xbf" if draw(st.booleans()) else b"") + data


def composed(data: bytes) -> list[yaml.Node]:
    try:
        return list(yaml.compose_all(data.removeprefix(b"\xef\xbb\xbf"), Loader=yaml.CSafeLoader))
    except yaml.YAMLError:
        assume(False)
        raise


def loaded(data: bytes) -> list[Any]:
    return [typed(document) for document in yaml.load_all(data, Loader=yaml.CSafeLoader)]


def typed(value: Any) -> Any:
    """A value in which 1, 1.0 and true differ."""
    if isinstance(value, dict):
        return {key: typed(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [typed(item) for item in value]
    return (type(value).__name__, value)


def nodes(node: yaml.Node, path: Path = Path()) -> list[tuple[Path, yaml.Node]]:  # noqa: B008  it is frozen
    found = [(path, node)]
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            found += nodes(value, path / str(key.value))
    elif isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            found += nodes(item, path / number)
    return found


def pick(data: st.DataObject, file: bytes, kind: type[yaml.Node]) -> tuple[int, Path, Any]:
    places = [
        (number, path, node)
        for number, root in enumerate(composed(file))
        for path, node in nodes(root)
        if isinstance(node, kind)
    ]
    assume(places)
    return data.draw(st.sampled_from(places))


def changed(documents: list[Any], number: int, path: Path, change: Any) -> list[Any]:
    """The documents with one place changed; keys are found by their text, as paths find them."""
    result = copy.deepcopy(documents)
    holder: Any = result
    key: Any = number
    for step in path.steps:
        holder, key = holder[key], step
        if isinstance(holder, dict):
            key = next(name for name in holder if _text(name) == str(step))
    holder[key] = change(holder[key])
    return result


def _text(name: Any) -> str:
    return {True: "on"}.get(name, "7" if name == 7 else str(name)) if not isinstance(name, str) else name


@LAW
@given(files(), SCALARS, st.data())
def test_law_3_a_set_value_changes_that_value_and_no_byte_outside_its_scalar(
    file: bytes, value: Any, data: Any
) -> None:
    number, path, node = pick(data, file, yaml.ScalarNode)
    result = set_value(file, path, value, document=number)

    assert loaded(result) == changed(loaded(file), number, path, lambda _: typed(value))
    text, new = file.decode("utf-8-sig"), result.decode("utf-8-sig")
    before, behind = text[: node.start_mark.index], text[node.end_mark.index :]
    if not node.value and not node.style:
        before = before.rstrip(" ")  # where nothing stands, the value follows its colon
    assert new.startswith(before)
    assert new.endswith(behind)
    assert file.startswith(b"\xef\xbb\xbf") == result.startswith(b"\xef\xbb\xbf")


REFUSALS = (
    "ends in a block scalar without a line break",  # nothing can follow it
    "a comment stands beside it inside the brackets",
    "would change what stands on line",  # blank lines or comments that a block scalar above would swallow
)


def tried(edit: Callable[[], bytes]) -> bytes | None:
    """The edited file; None where it was refused with one of the reasons that there are."""
    try:
        return edit()
    except UserError as error:
        if any(reason in error.message for reason in REFUSALS):
            return None
        raise


@LAW
@given(files(), SCALARS, st.data())
def test_law_3_setting_the_present_value_changes_no_byte(file: bytes, value: Any, data: Any) -> None:
    number, path, _ = pick(data, file, yaml.ScalarNode)
    present: Any = get_value(file, path, document=number)
    assert set_value(file, path, present, document=number) == file
    once = set_value(file, path, value, document=number)
    assert set_value(once, path, value, document=number) == once


@LAW
@given(files(), SCALARS, st.data())
def test_law_3_setting_the_old_value_back_restores_the_meaning(file: bytes, value: Any, data: Any) -> None:
    number, path, _ = pick(data, file, yaml.ScalarNode)
    present: Any = get_value(file, path, document=number)
    back = set_value(set_value(file, path, value, document=number), path, present, document=number)
    count = len(composed(file))
    assert [get_value(back, "", document=at) for at in range(count)] == [
        get_value(file, "", document=at) for at in range(count)
    ]


@settings(LAW, max_examples=500)
@given(TEXTS, st.sampled_from(["plain", "'q'", '"q"', "|\n  x", ">-\n  x"]), st.booleans())
def test_law_3_a_string_stays_that_string_for_readers_of_yaml_1_1_and_1_2(text: str, old: str, flow: bool) -> None:
    file = f"key: {{in: {old}}}\n" if flow and "\n" not in old else f"key:\n  in: {old}\n"
    file = file.replace("\n  x", "\n    x")
    result = set_value(file.encode(), "key.in", text)
    assert yaml.safe_load(result) == {"key": {"in": text}}
    assert YAML(typ="safe", pure=True).load(result) == {"key": {"in": text}}


@LAW
@given(files(), VALUES, st.data())
def test_law_3_adding_a_key_and_removing_it_restores_every_byte(file: bytes, value: Any, data: Any) -> None:
    number, path, node = pick(data, file, yaml.MappingNode)
    result = tried(lambda: add_key(file, path, "added", value, document=number))
    if result is None:
        return
    assert loaded(result) == changed(loaded(file), number, path, lambda old: {**old, "added": typed(value)})
    back = remove_key(result, path / "added", document=number)
    if node.value:
        assert back == file
    else:
        assert loaded(back) == loaded(file)


@LAW
@given(files(), VALUES, st.data())
def test_law_3_adding_an_item_and_removing_it_restores_every_byte(file: bytes, value: Any, data: Any) -> None:
    number, path, node = pick(data, file, yaml.SequenceNode)
    at = data.draw(st.integers(0, len(node.value)))
    result = tried(lambda: add_item(file, path, value, index=at, document=number))
    if result is None:
        return
    assert loaded(result) == changed(loaded(file), number, path, lambda old: [*old[:at], typed(value), *old[at:]])
    back = remove_item(result, path / at, document=number)
    if node.value:
        assert back == file
    else:
        assert loaded(back) == loaded(file)


@LAW
@given(files(), st.data())
def test_law_3_removing_a_key_removes_that_key_and_adds_no_byte(file: bytes, data: Any) -> None:
    number, path, node = pick(data, file, yaml.MappingNode)
    assume(node.value)
    at = data.draw(st.integers(0, len(node.value) - 1))
    name = node.value[at][0].value
    result = tried(lambda: remove_key(file, path / name, document=number))
    if result is None:
        return
    gone = changed(loaded(file), number, path, lambda old: {key: old[key] for key in old if _text(key) != name})
    assert loaded(result) == gone
    assert len(node.value) == 1 or is_part(result, file)


@LAW
@given(files(), st.data())
def test_law_3_removing_an_item_removes_that_item_and_adds_no_byte(file: bytes, data: Any) -> None:
    number, path, node = pick(data, file, yaml.SequenceNode)
    assume(node.value)
    at = data.draw(st.integers(0, len(node.value) - 1))
    result = tried(lambda: remove_item(file, path / at, document=number))
    if result is None:
        return
    assert loaded(result) == changed(loaded(file), number, path, lambda old: old[:at] + old[at + 1 :])
    assert len(node.value) == 1 or is_part(result, file)


def is_part(result: bytes, file: bytes) -> bool:
    """Whether every byte of the result stands in the file, in that order."""
    rest = iter(file)
    return all(byte in rest for byte in result)
