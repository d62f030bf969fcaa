"""Proves that the structures of the binding are those of the header: names, order, types, and the sizes that the
library itself states; and that what is public has a docstring."""
import ctypes as c
import inspect
import re

import pytest
from conftest import REPOSITORY

import trkx
from trkx import _structures as s
from trkx._library import options

TYPES = {"size_t": c.c_size_t, "int": c.c_int, "double": c.c_double, "float": c.c_float, "bool": c.c_bool,
         "uint64_t": c.c_uint64, "char": c.c_char, "trkx_efficiency": s.Efficiency, "trkx_edges": s.Edges,
         "trkx_step_record": s.StepRecord}
STRUCTURES = [kind for kind in vars(s).values() if inspect.isclass(kind) and kind.__base__ is c.Structure]


def members(name):
    """(type, pointer, name, array extent) of each member in the header."""
    text = re.sub(r"/\*.*?\*/", "", (REPOSITORY / "include" / "trkx.h").read_text(), flags=re.S)
    body = re.search(rf"typedef struct {name} {{(.*?)\n}} {name};", text, re.S)[1]
    for declaration in filter(None, (" ".join(d.split()) for d in body.split(";"))):
        kind, names = re.match(r"(?:const )?((?:enum )?\w+) (.*)", declaration).groups()
        for member in names.split(", "):
            pointer, member, extent = re.match(r"(\*?)(\w+)(?:\[(\w+)\])?$", member).groups()
            yield kind, bool(pointer), member, extent


def c_name(kind):
    return "trkx_" + re.sub(r"(?<!^)([A-Z])", r"_\1", kind.__name__).lower()


@pytest.mark.parametrize("kind", STRUCTURES)
def test_structure(kind):
    declared = list(members(c_name(kind)))
    assert [field[0] for field in kind._fields_] == [member for _, _, member, _ in declared]
    for (name, given), (base, pointer, _, extent) in zip(kind._fields_, declared):
        if pointer or base == "trkx_step_hook":
            assert c.sizeof(given) == c.sizeof(c.c_void_p), name
            continue
        expected = c.c_int if base.startswith("enum") else TYPES[base]
        extents = {"TRKX_ERROR_MESSAGE_SIZE": 1024, "TRKX_STEPS": 12}
        assert given == (expected * extents[extent] if extent else expected), name


@pytest.mark.parametrize("kind", [kind for kind in STRUCTURES if kind.__name__.endswith("Options")])
def test_size_of_options(kind):
    assert options(kind, c_name(kind) + "_init").size == c.sizeof(kind)


@pytest.mark.parametrize("name", trkx.__all__)
def test_docstring(name):
    if name != "onnxruntime_version":
        assert getattr(trkx, name).__doc__
