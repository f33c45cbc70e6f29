import pytest

from epochwise.logs.directions import direction_of

DOWN = (
    "loss", "val/loss", "train/dice_loss", "val/error_rate", "mae", "val/mse", "RMSE", "wer", "cer", "perplexity",
    "nll", "fid", "binary_logloss", "val/class_error", "trainLoss", "val/neg_log_likelihood", "negative_log_likelihood",
    "crossentropy", "val/rmse_log", "MAPE", "coco_loss_bbox", "NME", "val/epe",
)  # fmt: skip
UP = (
    "accuracy", "val/acc", "val_acc1", "auc", "val/roc_auc", "f1", "f1_macro", "dice", "mIoU", "val/mAP50-95(B)",
    "mAP_0.5:0.95", "bbox_AP", "precision(B)", "recall", "r2", "bleu", "rougeL", "psnr", "ssim", "top-5",
    "sparse_categorical_accuracy", "neg_mean_squared_error", "hits_at_k", "pseudo_dice", "test/AUROC", "f1-score",
    "mean_io_u", "val/mean_io_u_1", "coco/PCK", "PCK@0.5", "cosine_similarity", "val/rho",
)  # fmt: skip


@pytest.mark.parametrize("score", DOWN)
def test_smaller_is_better(score):
    assert direction_of(score) == "min"


@pytest.mark.parametrize("score", UP)
def test_larger_is_better(score):
    assert direction_of(score) == "max"


@pytest.mark.parametrize(
    "score", ["lr", "reconstruct_rate", "val/reconstruct_rate", "quality", "epoch", "grad_norm", "x"]
)
def test_a_name_that_does_not_say_has_no_direction(score):
    assert direction_of(score) is None
