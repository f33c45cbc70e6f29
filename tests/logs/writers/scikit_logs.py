# /// script
# requires-python = "==3.11.*"
# dependencies = ["scikit-learn==1.9.1", "skorch==1.4.0", "torch==2.14.1"]
# ///
"""skorch: history.json. scikit-learn, which writes no log: the curves that a fitted network holds, as JSON."""

import json

import torch
from best import logs_of, says
from data import halves, noisy_classes
from sklearn.neural_network import MLPClassifier
from skorch import NeuralNetClassifier
from skorch.callbacks import EarlyStopping, EpochScoring, LRScheduler
from skorch.dataset import Dataset
from skorch.helper import predefined_split

X_TRAIN, Y_TRAIN, X_VAL, Y_VAL = halves()


def skorch_history(folder, name, monitor="valid_loss", mode="min", seed=0, callbacks=(), **options):
    torch.manual_seed(seed)
    stopping = EarlyStopping(monitor, patience=8, lower_is_better=mode == "min", load_best=True)
    network = NeuralNetClassifier(
        torch.nn.Sequential(torch.nn.Linear(20, 32), torch.nn.ReLU(), torch.nn.Linear(32, 2), torch.nn.Softmax(-1)),
        max_epochs=30, lr=0.005, optimizer=torch.optim.Adam, batch_size=64, callbacks=[*callbacks, stopping], verbose=0,
        **options,
    )  # fmt: skip
    network.fit(X_TRAIN, Y_TRAIN)
    network.history.to_file(folder / f"{name}.json")
    says(
        f"skorch/{name}.json", "skorch", "EarlyStopping.best_epoch_", stopping.best_epoch_, number=stopping.best_epoch_,
        counted_from=1, score=network.history[stopping.best_epoch_ - 1, monitor], score_name=monitor, mode=mode,
        epochs=len(network.history),
    )  # fmt: skip


def sklearn_curves(folder):
    """MLPClassifier says the best score, not its epoch: that is where the score first stands in the curve."""
    x, y = noisy_classes(600)
    stopped = MLPClassifier(
        32, learning_rate_init=0.004, early_stopping=True, validation_fraction=0.3, max_iter=60, random_state=0
    )
    stopped.fit(x, y)
    curves = {"loss_curve_": stopped.loss_curve_, "validation_scores_": stopped.validation_scores_}
    (folder / "early_stopping.json").write_text(json.dumps(curves))
    best = stopped.validation_scores_.index(stopped.best_validation_score_)
    says(
        "scikit-learn/early_stopping.json", "scikit-learn", "best_validation_score_", stopped.best_validation_score_,
        number=best, counted_from=0, score=stopped.best_validation_score_, score_name="validation_scores_", mode="max",
        epochs=stopped.n_iter_,
    )  # fmt: skip
    alone = MLPClassifier(16, learning_rate_init=0.05, tol=1e-2, max_iter=200, random_state=0).fit(x, y)
    (folder / "loss_curve.json").write_text(json.dumps(alone.loss_curve_))


if __name__ == "__main__":
    with logs_of("skorch") as folder:
        validation = predefined_split(Dataset(X_VAL, Y_VAL))
        skorch_history(folder, "history", train_split=validation)
        rate = LRScheduler("StepLR", step_size=5, gamma=0.7, event_name="lr")
        scored = EpochScoring("roc_auc", lower_is_better=False, name="valid_auc")
        skorch_history(folder, "auc", "valid_auc", "max", seed=1, callbacks=[rate, scored], train_split=validation)
    with logs_of("scikit-learn") as folder:
        sklearn_curves(folder)
