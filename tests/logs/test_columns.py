import pytest

from epochwise.logs.columns import meanings

OURS = [
    "epoch",
    "step",
    "samples",
    "seconds",
    "lr/head",
    "lr/body",
    "train/loss",
    "train_eval/loss",
    "val/f1",
    "gradient_norm",
    "events",
]


@pytest.mark.parametrize(
    ("header", "ours"),
    [
        (OURS, OURS),
        (  # Keras, CSVLogger
            ["epoch", "accuracy", "learning_rate", "loss", "val_accuracy", "val_loss"],
            ["epoch", "train/accuracy", "lr", "train/loss", "val/accuracy", "val/loss"],
        ),
        (["epoch", "loss", "mae"], ["epoch", "train/loss", "train/mae"]),  # Keras without validation
        (  # Lightning, CSVLogger
            ["epoch", "lr-Adam", "step", "train_loss_epoch", "train_loss_step", "val_acc", "valid_f1", "test_acc"],
            ["epoch", "lr", "step", "train/loss", None, "val/acc", "val/f1", "test/acc"],
        ),
        (["epoch", "lr-SGD/a", "lr-SGD/b", "train/loss"], ["epoch", "lr/SGD/a", "lr/SGD/b", "train/loss"]),
        (  # fastai, CSVLogger
            ["epoch", "train_loss", "valid_loss", "accuracy", "time"],
            ["epoch", "train/loss", "val/loss", "val/accuracy", "seconds"],
        ),
        (  # Hugging Face, trainer.state.log_history
            [
                "loss",
                "grad_norm",
                "learning_rate",
                "epoch",
                "step",
                "eval_loss",
                "eval_f1",
                "eval_runtime",
            ],
            ["train/loss", "grad_norm", "lr", "epoch", "step", "val/loss", "val/f1", None],
        ),
        (  # made by hand
            ["Epoch", "Train Loss", "trainAcc", "loss_val", "Dev F1", "holdout_auc", "Epoch Time", "Learning Rate"],
            ["epoch", "train/loss", "train/acc", "val/loss", "val/f1", "val/auc", "seconds", "lr"],
        ),
        (["", "Loss", "ValLoss", "ValReconstructRate"], [None, "train/loss", "val/loss", "val/reconstruct_rate"]),
        (["EPOCH", "TRAIN_LOSS", "DEV_F1", "TEST_F1"], ["epoch", "train/loss", "val/f1", "test/f1"]),
        (["epoch", "train_lr", "train_loss", "test_acc1"], ["epoch", "lr", "train/loss", "test/acc1"]),
        (["epoch", "loss", "val_loss", "gpu_mem", "time_stamp"], ["epoch", "train/loss", "val/loss", None, None]),
        (["epoch", "val_loss", "train/learning_rate"], ["epoch", "val/loss", "lr"]),  # its names in a logger
        (["epoch", "val_loss", "LR"], ["epoch", "val/loss", "lr"]),
        (["epoch", "train_loss", "valid_loss", "lr_0", "lr_1"], ["epoch", "train/loss", "val/loss", "lr/0", "lr/1"]),
        (  # Lightning, LearningRateMonitor(log_momentum=True, log_weight_decay=True)
            ["epoch", "lr-SGD", "lr-SGD-momentum", "lr-SGD-weight_decay", "val_loss"],
            ["epoch", "lr", None, None, "val/loss"],
        ),
    ],
)
def test_the_columns_of_tools_that_are_known_have_our_names(header, ours):
    names = meanings(header)
    assert [names.get(name) for name in header] == ours


@pytest.mark.parametrize(
    ("header", "ours"),
    [
        (["epochs", "batch_size", "epoch", "val_loss"], [None, None, "epoch", "val/loss"]),  # a setting on each row
        (["epochs", "val_loss"], ["epoch", "val/loss"]),
        (["Epoch", "Loss", "Train_Acc", "Val_Acc"], ["epoch", "train/loss", "train/acc", "val/acc"]),
        (["epoch", "duration_min", "val_loss", "train_epochs"], ["epoch", None, "val/loss", None]),
    ],
)
def test_a_setting_is_no_column_of_epochs_and_a_bare_loss_is_of_training(header, ours):
    names = meanings(header)
    assert [names.get(name) for name in header] == ours
