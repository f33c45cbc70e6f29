# /// script
# requires-python = "==3.11.*"
# dependencies = ["keras==3.15.1", "tensorflow-cpu==2.21.0", "pandas==3.1.1", "tensorboard==2.21.0"]
# ///
"""Keras: CSVLogger once, appended when a run goes on and by a new one; the history as tables; TensorBoard's folder."""

import json
import os
import shutil
from pathlib import Path

os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
import keras
import pandas as pd
from best import logs_of, says, without_host
from data import halves
from keras.callbacks import CSVLogger, EarlyStopping, ModelCheckpoint, ReduceLROnPlateau, TensorBoard

X_TRAIN, Y_TRAIN, X_VAL, Y_VAL = halves()


def network(seed=0, lr=0.002):
    keras.utils.set_random_seed(seed)
    model = keras.Sequential([keras.layers.Dense(32, "relu"), keras.layers.Dense(1, "sigmoid")])
    model.compile(keras.optimizers.Adam(lr), "binary_crossentropy", metrics=["accuracy"])
    return model


def fit(model, epochs, callbacks, **options):
    return model.fit(
        X_TRAIN, Y_TRAIN, validation_data=(X_VAL, Y_VAL), batch_size=32, epochs=epochs, callbacks=callbacks, verbose=0,
        **options,
    )  # fmt: skip


def best_of(stopping, file, history, score_name="val_loss", mode="min"):
    says(
        file, "keras", "EarlyStopping.best_epoch", stopping.best_epoch, number=stopping.best_epoch, counted_from=0,
        score=stopping.best, score_name=score_name, mode=mode, epochs=len(history.epoch),
    )  # fmt: skip


def stopped_early(folder):
    """One run whose rate comes down and that ends early; from it the table, the history in three forms, the events."""
    stopping = EarlyStopping(patience=8, restore_best_weights=True)
    rate = ReduceLROnPlateau(patience=4, factor=0.5)
    tensorboard = TensorBoard("logs", write_graph=False)
    history = fit(network(), 40, [stopping, rate, CSVLogger(folder / "training.csv"), tensorboard])
    table = pd.DataFrame(history.history)
    table.to_csv(folder / "history.csv")
    table.to_csv(folder / "history_without_index.csv", index=False)
    table.to_json(folder / "history_by_index.json")
    Path(folder, "history.json").write_text(json.dumps(history.history))
    shutil.copytree("logs", folder / "logs")
    without_host(folder / "logs")
    for name in ("training.csv", "history.csv", "history_without_index.csv", "history_by_index.json", "history.json"):
        best_of(stopping, f"keras/{name}", history)
    best_of(stopping, "keras/logs", history, "epoch_loss")


def judged_by_accuracy(folder):
    stopping = EarlyStopping("val_accuracy", patience=8, mode="max")
    history = fit(network(1), 30, [stopping, CSVLogger(folder / "accuracy.csv", separator=";")])
    best_of(stopping, "keras/accuracy.csv", history, "val_accuracy", "max")


def without_validation(folder):
    model = network(2)
    model.fit(X_TRAIN, Y_TRAIN, epochs=10, callbacks=[CSVLogger(folder / "no_validation.csv")], verbose=0)


def gone_on(folder):
    """A run of ten epochs goes on from its best checkpoint to twenty: the epochs after it stand twice in the table."""
    table = folder / "gone_on.csv"
    model = network(3, lr=0.005)
    best = ModelCheckpoint("{epoch:02d}.keras", save_best_only=True)
    fit(model, 10, [best, CSVLogger(table)])
    (kept, *_) = sorted(Path().glob("*.keras"), reverse=True)
    again = ModelCheckpoint("{epoch:02d}.keras", save_best_only=True, initial_value_threshold=best.best)
    fit(keras.models.load_model(kept), 20, [again, CSVLogger(table, append=True)], initial_epoch=int(kept.stem))
    (kept, *_) = sorted(Path().glob("*.keras"), reverse=True)
    says(
        "keras/gone_on.csv", "keras", "ModelCheckpoint's last file", kept.name, number=kept.stem, counted_from=1,
        score=again.best, score_name="val_loss", mode="min", epochs=20,
    )  # fmt: skip


def twice(folder):
    """The same script started twice with append=True: two runs in one table. What is said is that of the second."""
    for seed, epochs in ((4, 12), (5, 16)):
        stopping = EarlyStopping(patience=20)
        history = fit(network(seed), epochs, [stopping, CSVLogger(folder / "twice.csv", append=True)])
    best_of(stopping, "keras/twice.csv", history)


if __name__ == "__main__":
    with logs_of("keras") as folder:
        stopped_early(folder)
        judged_by_accuracy(folder)
        without_validation(folder)
        gone_on(folder)
        twice(folder)
