"""Faults that must not go unnoticed; the whole campaign is `make mutants-allocation`."""

import random

import mutants
import pytest

# A few in every run, the same ones until the list changes; the rest in the campaign.
SAMPLE = random.Random(len(mutants.MUTANTS)).sample(mutants.MUTANTS, 3)


@pytest.mark.parametrize("mutant", mutants.MUTANTS, ids=lambda mutant: mutant.name)
def test_every_mutant_can_still_be_put_in(mutant, tmp_path):
    """An edit of the program that makes a mutant impossible has to give it another form."""
    file = tmp_path / mutants.ROOM / mutant.file
    file.parent.mkdir(parents=True)
    file.write_text((mutants.ROOT / mutants.ROOM / mutant.file).read_text(encoding="utf-8"), encoding="utf-8")
    mutants.put_in(tmp_path, mutant)
    compile(file.read_text(encoding="utf-8"), mutant.file, "exec")
    assert all((mutants.ROOT / mutants.TESTS / test.split("::")[0]).is_file() for test in mutant.tests)


@pytest.mark.parametrize("mutant", SAMPLE, ids=lambda mutant: mutant.name)
def test_a_mutant_is_caught(mutant):
    assert mutants.caught(mutant)
