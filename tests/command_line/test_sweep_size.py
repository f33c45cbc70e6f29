import pytest


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["seed=range(0,1000000000)"], "seed (100,000,000) are 100,000,000 jobs, allowed: 10,000"),
        (["seed=range(0,1e9,1e-9)"], "seed (100,000,000) are 100,000,000 jobs, allowed: 10,000"),
        (["seed=shuffle(range(0,999999))"], "seed (999,999) are 999,999 jobs, allowed: 10,000"),
        (["seed=range(0,200)", "trainer.max_epochs=range(1,101)"], "seed (200) x trainer.max_epochs (100) are 20,000"),
    ],
)
def test_a_sweep_of_more_jobs_than_can_be_listed_is_one_line_at_once(lines, words, said):
    (line,) = lines("-m", *words)
    assert line.startswith(f"--multirun: {said}")


@pytest.mark.parametrize("word", ["seed=range(0,30)", "seed=range(5,1)", "seed=1,2", "seed=3", "seed=choice(1,2)"])
def test_a_sweep_of_few_jobs_is_none_too_large(lines, word):
    assert not [line for line in lines("-m", word) if "jobs, allowed" in line]


def test_only_a_sweep_has_a_size(lines):
    assert "a sweep; add -m" in lines("seed=range(0,1000000000)")[0]
