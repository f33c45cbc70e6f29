from epochwise.report.seed_groups import told_apart


def config(seed=0, lr=0.1, model="a.MLP", **settings):
    model_node = {"_target_": model, **settings}
    return {
        "seed": seed, "name": model, "data": {"order_seed": seed}, "model": model_node, "optimizer": {"lr": lr},
        "spec": {"num_outputs": seed},
    }  # fmt: skip


def test_what_differs_is_said_and_what_follows_from_it_is_not():
    assert told_apart([config(0, 0.1), config(1, 0.1), config(0, 0.2)]) == [
        "optimizer.lr=0.1 seed=0", "optimizer.lr=0.1 seed=1", "optimizer.lr=0.2 seed=0",
    ]  # fmt: skip


def test_a_class_stands_for_the_settings_that_come_with_it():
    assert told_apart([config(model="a.b.MLP", hidden_sizes=[1, 2]), config(model="a.b.CNN", channels=[3])]) == [
        "model=MLP", "model=CNN",
    ]  # fmt: skip


def test_lists_are_said_as_one_types_them():
    assert told_apart([config(hidden_sizes=[16]), config(hidden_sizes=[256, 256])])[1] == "model.hidden_sizes=[256,256]"


def test_what_is_not_there_and_what_is_on_are_said_as_one_types_them():
    assert told_apart([config(dropout=None), config(dropout=0.1)])[0] == "model.dropout=null"
    assert told_apart([config(bias=True), config(bias=False)]) == ["model.bias=true", "model.bias=false"]


def test_what_changes_nothing_of_what_is_learned_tells_no_run_from_another():
    ways = [config() | {"steps_per_execution": 4}, config() | {"steps_per_execution": "auto", "changes": [{"a": 1}]}]
    assert told_apart(ways) == ["", ""]


def test_a_setting_for_which_there_is_no_room_is_left_out_whole():
    runs = [config(lr=lr, long_name_of_a_key=text * 15) for lr, text in ((0.1, "ab"), (0.2, "ab"), (0.1, "cd"))]
    assert told_apart(runs)[0] == "model.long_name_of_a_key=" + "ab" * 15


def test_runs_that_are_alike_or_without_a_config_have_nothing_to_say():
    assert told_apart([config(), config()]) == ["", ""]
    assert told_apart([{}, config(1), config(2)]) == ["", "seed=1", "seed=2"]
    assert told_apart([]) == []


def test_a_callback_that_does_nothing_is_called_by_its_file():
    runs = [config() | {"finetune": {"_target_": name}} for name in ("lightning.pytorch.Callback", "a.Plan")]
    assert told_apart(runs) == ["finetune=none", "finetune=Plan"]
