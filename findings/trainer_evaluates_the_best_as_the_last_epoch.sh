#!/usr/bin/env bash
# Trainer.evaluate() after training with load_best_model_at_end writes the best model's scores into log_history as those of the last epoch: read by epoch, the last one is as good as the best.
# transformers 5.24.0, torch 2.14.1
# Seen: eval_loss of the last epoch stands twice at the same step, first its own, then the best's.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python=${FINDINGS_PYTHON:-}
if [ -z "$python" ]; then
    "${PYTHON:-python3}" -m venv "$folder/venv"
    python=$folder/venv/bin/python
    "$python" -m pip install --quiet transformers==5.24.0 accelerate==1.15.0 torch==2.14.1
fi
cd "$folder"
HF_HUB_OFFLINE=1 "$python" - <<'PYTHON'
import sys

import torch
import transformers
from transformers import BertConfig, BertForSequenceClassification, Trainer, TrainingArguments

transformers.utils.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()
transformers.set_seed(0)
config = BertConfig(
    vocab_size=9, hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8, max_position_embeddings=8
)
words = torch.randint(1, 9, (32, 6)).tolist()
train = [{"input_ids": row, "labels": number % 2} for number, row in enumerate(words)]
val = [{"input_ids": row, "labels": 1 - number % 2} for number, row in enumerate(words)]  # so that it gets ever worse
args = TrainingArguments(
    "out", num_train_epochs=5, learning_rate=0.02, eval_strategy="epoch", save_strategy="epoch", report_to="none",
    load_best_model_at_end=True, disable_tqdm=True, use_cpu=True,
)
trainer = Trainer(BertForSequenceClassification(config), args, train_dataset=train, eval_dataset=val)
trainer.train()
trainer.evaluate()
rows = [(row["epoch"], row["step"], row["eval_loss"]) for row in trainer.state.log_history if "eval_loss" in row]
print("transformers", transformers.__version__)
print("expected: the row of the evaluation afterwards says whose scores it has, or at least the step of that model")
print(f"seen: best step {trainer.state.best_global_step}; (epoch, step, eval_loss):", *rows, sep="\n  ")
(*_, last, again) = rows
best = min(loss for _, _, loss in rows[:-1])
if last[:2] != again[:2] or last[2] <= best or abs(again[2] - best) > 1e-5:
    sys.exit("the surprise is gone: the last row is not the best's under the last epoch")
PYTHON
