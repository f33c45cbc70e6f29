import pytest

from epochwise.input_error import InputError


@pytest.mark.parametrize(
    "header",
    ["epoch,loss,val_loss", "epoch,train_loss,valid_loss", "epoch,train_loss,val_loss,time", "epoch,step,val_loss"],
)
def test_a_table_by_hand_that_looks_like_a_tool_and_counts_from_1_has_no_epoch_0(read, header):
    cells = ",1" * (header.count(",") - 1)
    log = read(f"{header}\n" + "".join(f"{epoch}{cells},{4 / epoch}\n" for epoch in (1, 2, 3, 4)))
    assert log.num_epochs == 4


def test_lightning_that_validates_every_other_epoch_counts_from_0(read):
    assert read("epoch,step,val_loss\n1,7,0.5\n3,15,0.25\n5,23,0.3\n").num_epochs == 6


def test_the_score_of_yolo_with_masks_is_that_of_boxes_and_masks_together(read):
    log = read(
        "epoch,train/box_loss,metrics/mAP50-95(B),metrics/mAP50-95(M),val/box_loss\n1,1,0.75,0.25,1\n2,1,0.5,0.625,1\n"
    )
    assert log.monitor == "val/fitness"
    assert log.rows.columns["val/fitness"].tolist() == [1.0, 1.125]


@pytest.mark.parametrize("text", ["Epoch: 1, Loss: 0.5\nEpoch: 2, Loss: 0.4\n", "epoch 1 = 3, loss = 2\n"])
def test_sentences_are_no_table(read, text):
    with pytest.raises(InputError, match="is text that no tool writes as a table"):
        read(text, "log.txt")


def test_json_below_an_empty_line_is_read(read):
    assert read('\n{"loss": [3, 2], "val_loss": [2, 1]}', "history.json").num_epochs == 2
