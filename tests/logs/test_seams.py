import pytest

from epochwise.logs.read_log import read_log


@pytest.fixture
def logs(tmp_path):
    """Reads pairs of an epoch and a loss as a table of Keras's."""

    def reader(*pieces, header=False):
        line = "epoch,loss,val_loss\n"
        text = line + (line if header else "").join(
            "".join(f"{e},{v},{v + 0.5}\n" for e, v in piece) for piece in pieces
        )
        (tmp_path / "log.csv").write_text(text)
        return read_log(tmp_path / "log.csv")

    return reader


def falling(first, last, start=2.0, rate=0.9):
    return [(epoch, start * rate**epoch) for epoch in range(first, last + 1)]


def test_rows_that_were_done_again_are_replaced(logs):
    again = [(epoch, loss + 0.001) for epoch, loss in falling(7, 19)]
    (log,) = logs(falling(0, 9), again)
    assert log.num_epochs == 20
    assert log.rows.columns["train/loss"].tolist() == [loss for _, loss in falling(0, 6) + again]
    assert log.rows[7]["events"] == "resume"
    assert "row 11: epoch 7 again: training went on there, what was done again is replaced" in log.notes[0]


def test_a_resumption_of_a_resumption_is_one_training(logs):
    (log,) = logs(falling(0, 9), falling(5, 12), falling(11, 15))
    assert (log.num_epochs, len(log.rows)) == (16, 16)


def test_epochs_that_are_counted_anew_while_losses_go_on_are_counted_on(logs):
    later = [(epoch, 2.0 * 0.9 ** (10 + epoch)) for epoch in range(5)]
    (log,) = logs(falling(0, 9), later)
    assert log.num_epochs == 15
    assert log.rows[10]["train/loss"] == later[0][1]
    (log,) = logs(falling(0, 9), later, header=True)  # fastai, timm
    assert log.num_epochs == 15


def test_losses_that_are_back_at_the_beginning_are_another_training(logs):
    runs = logs(falling(0, 4), falling(0, 3, 2.1), falling(0, 9, 1.95), falling(0, 4, 2.2))
    assert [(log.name, log.num_epochs) for log in runs] == [
        ("training 1", 5), ("training 2", 4), ("training 3", 10), ("training 4", 5),
    ]  # fmt: skip
    assert "4 trainings in one file; the last is the answer" in runs[-1].notes[0]


def test_a_training_that_was_begun_again_after_one_epoch_is_another(logs):
    assert [log.num_epochs for log in logs([(0, 2.0)], falling(0, 5, 2.05))] == [1, 6]


def test_epochs_from_1_fall_back_to_1(tmp_path):
    rows = "".join(f"{e},{loss},{loss}\n" for run in (5, 3) for e, loss in [(e + 1, 0.8**e) for e in range(run)])
    (tmp_path / "log.csv").write_text("epoch,train_loss,val_loss\n" + rows)
    assert [log.num_epochs for log in read_log(tmp_path / "log.csv")] == [5, 3]
