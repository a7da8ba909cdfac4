"""The list of faults is complete and names tests that exist; it runs with every change."""

import ast
from pathlib import Path

from tests.faults.catalogue import FAULTS

ROOT = Path(__file__).resolve().parents[2]


def names_in(path):
    tree = ast.parse((ROOT / path).read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


def test_the_48_faults_are_all_there():
    assert list(FAULTS) == [f"F{number:02}" for number in range(1, 49)]


def test_every_fault_is_tried_by_tests_that_exist():
    named = {test.partition("[")[0] for fault in FAULTS.values() for test in fault.tests}
    missing = [name for name in named if name.partition("::")[2] not in names_in(name.partition("::")[0])]
    assert not missing


def test_every_trial_stands_in_the_list():
    listed = {test.partition("[")[0] for fault in FAULTS.values() for test in fault.tests}
    helpers = {
        "tests/faults/test_catalogue.py",
        "tests/faults/test_clock_jumps.py::test_the_trial_really_shifts_the_clock",
    }
    for path in sorted(Path(__file__).parent.glob("test_*.py")):
        file = str(path.relative_to(ROOT))
        for name in names_in(file):
            assert {f"{file}::{name}", file} & (listed | helpers), f"{name} is no fault of the list"
