"""Generated configurations and paths over both: which worker, which bytes, which status."""

import pytest

from . import generate, generate_forms, generate_mounts
from .arena import Arena
from .shrink import reproduction

SHOWN = 3
"""So many differences are made small and shown in full."""


@pytest.mark.parametrize("world", generate_mounts.worlds(), ids=lambda world: world.name)
def test_rules_choose_the_same_worker(world, backends):
    play(world, generate_mounts.questions(world), "generated mappings", backends)


def test_odd_paths_are_passed_on_in_the_same_form(backends):
    world = generate_forms.world()
    play(world, generate_forms.questions(world), "generated URI forms", backends)


def play(world, questions, kind, backends):
    arena = Arena(world, backends, kind)
    arena.ask(questions)
    assert arena.forwarded > len(questions) / 5, "the questions have nothing to do with the rules"
    if arena.differences:
        shown = list(dict.fromkeys(reproduction(one, backends) for one in arena.differences[:SHOWN]))
        rest = [one.text for one in arena.differences[SHOWN:]]
        pytest.fail(f"JK_SEED={generate.SEED}: {len(arena.differences)} of {len(questions)} differ\n\n" + "\n\n".join(shown + rest[:20]), pytrace=False)
