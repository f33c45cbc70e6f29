# /// script
# requires-python = "==3.11.*"
# dependencies = ["mlflow==3.17.2", "xgboost-cpu==3.2.0", "scikit-learn==1.9.1", "matplotlib==3.11.2"]
# ///
"""MLflow: the same two runs in a folder of files and in a database, one logged by hand, one by its autolog of XGBoost.

What names a person, a host or a path of this machine is overwritten afterwards, and the files that autolog keeps beside
the metrics are left out. The database is packed: its hundred tables, most of them empty, would weigh 900 kB.
"""

import gzip
import os
import re
import shutil
import sqlite3
import warnings
from contextlib import closing
from pathlib import Path

os.environ |= {"MLFLOW_ALLOW_FILE_STORE": "true", "MLFLOW_DISABLE_TELEMETRY": "true", "GIT_PYTHON_REFRESH": "quiet"}
import mlflow
import xgboost as xgb
from best import logs_of, says
from data import halves
from sklearn.metrics import log_loss
from sklearn.neural_network import MLPClassifier

warnings.filterwarnings("ignore")
X_TRAIN, Y_TRAIN, X_VAL, Y_VAL = halves()


def by_hand(epochs=20):
    """A network whose epochs are logged one by one, and a last score without a step, which MLflow sets at step 0."""
    network = MLPClassifier(32, learning_rate_init=0.005, random_state=0)
    with mlflow.start_run(run_name="network"):
        mlflow.log_params({"lr": 0.005, "hidden": 32})
        for epoch in range(epochs):
            network.partial_fit(X_TRAIN, Y_TRAIN, classes=[0, 1])
            loss = {"train_loss": network.loss_, "val_loss": log_loss(Y_VAL, network.predict_proba(X_VAL))}
            mlflow.log_metrics(loss | {"val_accuracy": network.score(X_VAL, Y_VAL)}, step=epoch)
        mlflow.log_metric("final_accuracy", network.score(X_VAL, Y_VAL))


def by_autolog():
    """XGBoost's rounds, which autolog logs with early stopping's best as metrics of their own.

    Returns:
        The run's id and what autolog says of the best.
    """
    mlflow.xgboost.autolog(log_models=False, log_datasets=False)
    train, val = xgb.DMatrix(X_TRAIN, Y_TRAIN), xgb.DMatrix(X_VAL, Y_VAL)
    params = {"objective": "binary:logistic", "max_depth": 3, "nthread": 1}
    with mlflow.start_run(run_name="boosting") as run:
        xgb.train(
            params, train, 200, evals=[(train, "train"), (val, "val")], early_stopping_rounds=10, verbose_eval=False
        )
    return run.info.run_id, mlflow.get_run(run.info.run_id).data.metrics


def runs(uri):
    mlflow.set_tracking_uri(uri)
    mlflow.set_experiment("overfit")
    by_hand()
    return by_autolog()


def without_place(text):
    """What MLflow notes of where it ran, with a folder in place of this machine's."""
    for found in (str(Path.cwd()), str(Path(__file__).parent)):
        text = text.replace(found, "/runs")
    return text


def best_of(file, run):
    (_, metrics) = run
    says(
        file, "mlflow", "xgboost.autolog: best_iteration", int(metrics["best_iteration"]),
        number=metrics["best_iteration"], counted_from=0, score=None, score_name="val-logloss", mode="min",
        epochs=int(metrics["stopped_iteration"]) + 1,
    )  # fmt: skip


def files(folder):
    run = runs("file:mlruns")
    for path in sorted(Path("mlruns").rglob("*")):
        if path.is_file() and "artifacts" not in path.parts:
            kept = folder / path
            kept.parent.mkdir(parents=True, exist_ok=True)
            text = re.sub(r"(?m)^user_id: .*$", "user_id: someone", without_place(path.read_text()))
            kept.write_text("someone" if path.name == "mlflow.user" else text)
    (found,) = folder.glob(f"mlruns/*/{run[0]}")
    best_of(f"mlflow/{found.relative_to(folder)}", run)


def database(folder):
    run = runs("sqlite:///mlflow.db")
    with closing(sqlite3.connect("mlflow.db")) as store:
        store.create_function("without_place", 1, without_place)
        store.execute("UPDATE runs SET user_id = 'someone', artifact_uri = without_place(artifact_uri)")
        store.execute("UPDATE tags SET value = without_place(value)")
        store.execute("UPDATE tags SET value = 'someone' WHERE key = 'mlflow.user'")
        store.execute("UPDATE experiments SET artifact_location = without_place(artifact_location)")
        store.commit()
        store.execute("PRAGMA page_size = 512")
        store.execute("VACUUM")
    (folder / "mlflow.db.gz").write_bytes(gzip.compress(Path("mlflow.db").read_bytes(), mtime=0))
    best_of("mlflow/mlflow.db.gz", run)


if __name__ == "__main__":
    with logs_of("mlflow") as folder:
        files(folder)
        shutil.rmtree("mlruns")
        database(folder)
