#!/usr/bin/env bash
# CatBoost with metric_period: get_best_iteration() names a round that is no place in the lists of get_evals_result(), which do not say their rounds.
# catboost 1.2.10
# Seen: 60 rounds with metric_period=5, best_iteration 20: the list has 13 values, and the best of them is at place 4.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python=${FINDINGS_PYTHON:-}
if [ -z "$python" ]; then
    "${PYTHON:-python3}" -m venv "$folder/venv"
    python=$folder/venv/bin/python
    "$python" -m pip install --quiet catboost==1.2.10
fi
cd "$folder"
"$python" - <<'PYTHON'
import sys

import catboost
import numpy as np

draw = np.random.default_rng(0)
x = draw.normal(size=(600, 20)).astype("float32")
y = ((x[:, :5].sum(1) > 0) ^ (draw.random(600) < 0.1)).astype(int)
model = catboost.CatBoostClassifier(
    iterations=60, learning_rate=0.2, depth=4, metric_period=5, use_best_model=True, random_seed=0, thread_count=1,
    verbose=False, allow_writing_files=False,
)
model.fit(x[:300], y[:300], eval_set=(x[300:], y[300:]))
scores = model.get_evals_result()["validation"]["Logloss"]
best, place = model.get_best_iteration(), int(np.argmin(scores))
print("catboost", catboost.__version__)
print("expected: get_evals_result()[...][get_best_iteration()] is the best score, as without metric_period")
print(f"seen: best iteration {best}, {len(scores)} scores of 60 rounds, the best of them at place {place}")
if len(scores) > best or place == best:
    sys.exit("the surprise is gone: the round is a place in the list")
PYTHON
