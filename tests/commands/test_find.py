import csv

import pytest
import torch

from epochwise.commands.train import train
from epochwise.input_error import InputError

QUICK = ("~callbacks.model_summary", "~callbacks.progress_bar", "name=test", "model.hidden_sizes=[16]")


def read(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def test_a_rate_is_found_where_the_loss_falls_with_picture_table_and_override(tmp_path, composed, capsys):
    train(composed("find=lr", *QUICK, run_folder=tmp_path))
    rates = [float(row["lr"]) for row in read(tmp_path / "find_lr.csv")]
    assert rates == sorted(rates)
    assert rates[0] >= 1e-6
    assert (tmp_path / "find_lr.png").read_bytes().startswith(b"\x89PNG")
    said = capsys.readouterr().out
    suggested = float(said.split("optimizer.lr=")[1].split()[0])
    assert min(rates) < suggested < max(rates)
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == ["find_lr.csv", "find_lr.png"]


def test_the_largest_batch_is_all_of_the_data_where_memory_is_no_bound(tmp_path, composed, capsys):
    train(composed("find=batch_size", "data.max_train_samples=300", *QUICK, run_folder=tmp_path))
    sizes = [int(row["batch_size"]) for row in read(tmp_path / "find_batch_size.csv")]
    assert sizes == [64, 128, 256, 300]
    assert [row["batches_per_epoch"] for row in read(tmp_path / "find_batch_size.csv")] == ["5", "3", "2", "1"]
    assert (tmp_path / "find_batch_size.png").read_bytes().startswith(b"\x89PNG")
    assert "data.batch_size=300 is the largest that fits (all training samples)" in capsys.readouterr().out


def test_what_is_frozen_stays_frozen_and_slower_layers_slower_while_a_rate_is_looked_for(
    tmp_path, composed, monkeypatch
):
    seen, step = [], torch.optim.AdamW.step

    def watched(self, closure=None):
        out = step(self, closure)
        if any("part" in group for group in self.param_groups):  # no schedule that is looked at alone
            seen.append([(g["part"], g["lr"], any(p.grad is not None for p in g["params"])) for g in self.param_groups])
        return out

    monkeypatch.setattr(torch.optim.AdamW, "step", watched)
    monkeypatch.setattr("epochwise.commands.find.NUM_STEPS", 20)
    plan = ["finetune=plan", "finetune.phases=[{at_epoch:0,unfreeze:[1.weight,head]},{at_epoch:1,unfreeze:all}]"]
    train(composed("find=lr", *plan, "finetune.lr_decay=0.5", *QUICK, run_folder=tmp_path))
    rates = [float(row["lr"]) for row in read(tmp_path / "find_lr.csv")]
    for groups, rate in zip(seen[1:], rates[1:], strict=False):
        named = {part: (lr, trained) for part, lr, trained in groups}
        assert named["head"] == (pytest.approx(rate), True)
        assert named["body"] == (pytest.approx(rate / 2), True)
        assert named["body_2"] == (pytest.approx(rate / 2), False)


def test_a_loss_that_is_no_number_has_no_rate(tmp_path, composed, monkeypatch):
    monkeypatch.setattr("epochwise.commands.find.MIN_LR", 1e20)
    monkeypatch.setattr("epochwise.commands.find.MAX_LR", 1e30)
    with pytest.raises(InputError, match="find=lr: the loss was no number"):
        train(composed("find=lr", *QUICK, run_folder=tmp_path))
