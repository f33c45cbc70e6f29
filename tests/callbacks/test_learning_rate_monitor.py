from epochwise.callbacks.learning_rate_monitor import learning_rates


def test_groups_with_one_rate_are_one_curve():
    assert learning_rates([{"name": "decay", "lr": 0.1}, {"name": "no_decay", "lr": 0.1}]) == {"lr": 0.1}


def test_groups_that_differ_are_a_curve_each_by_name():
    assert learning_rates([{"name": "head", "lr": 0.1}, {"lr": 0.01}]) == {"lr/head": 0.1, "lr/1": 0.01}
