# /// script
# requires-python = "==3.11.*"
# dependencies = ["xgboost-cpu==3.2.0", "lightgbm==4.7.0", "catboost==1.2.10", "scikit-learn==1.9.1", "pandas==3.1.1"]
# ///
"""XGBoost and LightGBM: evals_result as JSON, which neither writes by itself. CatBoost: the folder that it writes."""

import json
import shutil

import lightgbm as lgb
import xgboost as xgb
from best import logs_of, says
from catboost import CatBoostClassifier
from data import halves

X_TRAIN, Y_TRAIN, X_VAL, Y_VAL = halves()


def xgboost_native(folder, name, metrics, mode, **options):
    """xgb.train over training and validation; the last metric of the last set decides."""
    params = {"objective": "binary:logistic", "eval_metric": metrics, "max_depth": 3, "eta": 0.3, "nthread": 1}
    train, val = xgb.DMatrix(X_TRAIN, Y_TRAIN), xgb.DMatrix(X_VAL, Y_VAL)
    result = {}
    booster = xgb.train(
        params, train, 200, evals=[(train, "train"), (val, "eval")], evals_result=result, verbose_eval=False, **options
    )
    (folder / f"{name}.json").write_text(json.dumps(result, indent=2))
    says(
        f"xgboost/{name}.json", "xgboost-cpu", "Booster.best_iteration", booster.best_iteration,
        number=booster.best_iteration, counted_from=0, score=booster.best_score, score_name=f"eval-{metrics[-1]}",
        mode=mode, epochs=booster.num_boosted_rounds(),
    )  # fmt: skip


def xgboost_sklearn(folder):
    model = xgb.XGBClassifier(n_estimators=200, max_depth=3, early_stopping_rounds=10, n_jobs=1)
    model.fit(X_TRAIN, Y_TRAIN, eval_set=[(X_TRAIN, Y_TRAIN), (X_VAL, Y_VAL)], verbose=False)
    (folder / "classifier.json").write_text(json.dumps(model.evals_result()))
    says(
        "xgboost/classifier.json", "xgboost-cpu", "XGBClassifier.best_iteration", model.best_iteration,
        number=model.best_iteration, counted_from=0, score=model.best_score, score_name="validation_1-logloss",
        mode="min", epochs=model.get_booster().num_boosted_rounds(),
    )  # fmt: skip


def lightgbm_native(folder, name, **options):
    """lgb.train over training and validation; its early stopping looks at all sets but that of training."""
    train = lgb.Dataset(X_TRAIN, Y_TRAIN)
    val = train.create_valid(X_VAL, Y_VAL)
    result = {}
    params = {"objective": "binary", "metric": "binary_logloss", "num_leaves": 15, "num_threads": 1, "verbosity": -1}
    watch = [lgb.record_evaluation(result), lgb.early_stopping(10, verbose=False, **options)]
    booster = lgb.train(params, train, 200, [train, val], ["train", "val"], callbacks=watch)
    (folder / f"{name}.json").write_text(json.dumps(result))
    says(
        f"lightgbm/{name}.json", "lightgbm", "Booster.best_iteration", booster.best_iteration,
        number=booster.best_iteration, counted_from=1, score=booster.best_score["val"]["binary_logloss"],
        score_name="val-binary_logloss", mode="min", epochs=len(result["val"]["binary_logloss"]),
    )  # fmt: skip


def lightgbm_sklearn(folder):
    model = lgb.LGBMClassifier(n_estimators=200, num_leaves=7, n_jobs=1, verbosity=-1)
    sets = [(X_TRAIN, Y_TRAIN), (X_VAL, Y_VAL)]
    model.fit(X_TRAIN, Y_TRAIN, eval_set=sets, eval_metric="auc", callbacks=[lgb.early_stopping(10, True, False)])
    (folder / "classifier.json").write_text(json.dumps(model.evals_result_, indent=4))
    says(
        "lightgbm/classifier.json", "lightgbm", "LGBMClassifier.best_iteration_", model.best_iteration_,
        number=model.best_iteration_, counted_from=1, score=model.best_score_["valid_1"]["auc"],
        score_name="valid_1-auc", mode="max", epochs=len(model.evals_result_["valid_1"]["auc"]),
    )  # fmt: skip


def catboost_folder(folder, name, score_name="Logloss", mode="min", **options):
    """The whole of catboost_info, as a run leaves it beside the notebook, without its empty tmp/."""
    model = CatBoostClassifier(learning_rate=0.2, depth=4, random_seed=0, thread_count=1, verbose=False, **options)
    model.fit(X_TRAIN, Y_TRAIN, eval_set=(X_VAL, Y_VAL))
    shutil.copytree("catboost_info", folder / name, ignore=shutil.ignore_patterns("tmp"))
    shutil.rmtree("catboost_info")
    result, files = model.get_evals_result(), [name]
    rounds = options["iterations"]
    if "metric_period" not in options:  # with it the lists of the result do not say which rounds they are of
        (folder / f"{name}.json").write_text(json.dumps(result))
        files.append(f"{name}.json")
        rounds = len(result["learn"]["Logloss"])
    for file in files:
        says(
            f"catboost/{file}", "catboost", "get_best_iteration()", model.get_best_iteration(),
            number=model.get_best_iteration(), counted_from=0, score=model.get_best_score()["validation"][score_name],
            score_name=score_name, mode=mode, epochs=rounds,
        )  # fmt: skip


if __name__ == "__main__":
    with logs_of("xgboost") as folder:
        xgboost_native(folder, "two_metrics", ["error", "logloss"], "min", early_stopping_rounds=10)
        xgboost_native(folder, "auc", ["logloss", "auc"], "max", early_stopping_rounds=10)
        xgboost_sklearn(folder)
    with logs_of("lightgbm") as folder:
        lightgbm_native(folder, "train")
        lightgbm_native(folder, "min_delta", min_delta=0.01)
        lightgbm_sklearn(folder)
    with logs_of("catboost") as folder:
        catboost_folder(folder, "catboost_info", iterations=60, use_best_model=True)
        catboost_folder(folder, "every_5", iterations=60, use_best_model=True, metric_period=5)
        catboost_folder(folder, "auc", "AUC", "max", iterations=80, eval_metric="AUC", early_stopping_rounds=15)
