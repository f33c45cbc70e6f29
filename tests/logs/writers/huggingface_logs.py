# /// script
# requires-python = "==3.11.*"
# dependencies = ["transformers==5.24.0", "accelerate==1.15.0", "trl==1.16.0", "datasets==5.2.0", "torch==2.14.1"]
# ///
"""Hugging Face: trainer_state.json of evaluations by epoch, by step and of several sets; TRL's SFTTrainer.

The models are tiny ones made from their configs; nothing is downloaded.
"""

import os
import shutil

os.environ |= {"HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": ""}
import datasets
import numpy as np
import torch
from best import logs_of, says
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    EarlyStoppingCallback,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
    Trainer,
    TrainingArguments,
    set_seed,
)
from transformers.utils import logging
from trl import SFTConfig, SFTTrainer

logging.set_verbosity_error()
logging.disable_progress_bar()
SHARED = {
    "eval_strategy": "epoch", "save_strategy": "epoch", "logging_strategy": "epoch", "per_device_train_batch_size": 30,
    "per_device_eval_batch_size": 150, "load_best_model_at_end": True, "report_to": "none", "disable_tqdm": True,
    "use_cpu": True, "save_total_limit": 1,
}  # fmt: skip


def sentences(count, seed, noise=0.15):
    """Twelve words of twenty each; the label says which half of them is there more often, and is wrong at times."""
    draw = np.random.default_rng(seed)
    words = draw.integers(1, 21, size=(count, 12))
    labels = ((words > 10).sum(1) > 6) ^ (draw.random(count) < noise)
    return [
        {"input_ids": list(row), "attention_mask": [1] * 12, "labels": int(label)}
        for row, label in zip(words.tolist(), labels, strict=True)
    ]


TRAIN, VAL, OTHER = sentences(600, 0), sentences(300, 1), sentences(150, 2, noise=0.3)


def accuracy(predicted):
    return {"accuracy": float((predicted.predictions.argmax(1) == predicted.label_ids).mean())}


def classify(epochs, eval_dataset=VAL, seed=0, **options):
    set_seed(seed)
    config = BertConfig(
        vocab_size=21, hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
        max_position_embeddings=16, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
    )  # fmt: skip
    asked = TrainingArguments("out", num_train_epochs=epochs, learning_rate=1e-3, seed=seed, **SHARED | options)
    trainer = Trainer(
        BertForSequenceClassification(config), asked, train_dataset=TRAIN, eval_dataset=eval_dataset,
        compute_metrics=accuracy, callbacks=[EarlyStoppingCallback(5)],
    )  # fmt: skip
    trainer.train()
    return trainer


def keep(folder, name, trainer, package="transformers", monitor="eval_loss", mode="min"):
    """Save the state as Trainer does, and what its best_global_step says: an epoch is the steps of one pass."""
    trainer.save_state()
    state = trainer.state
    shutil.copy("out/trainer_state.json", folder / name)
    steps = len(trainer.get_train_dataloader())
    says(
        f"{folder.name}/{name}", package, "best_global_step", state.best_global_step,
        number=-(-state.best_global_step // steps), counted_from=1, score=state.best_metric, score_name=monitor,
        mode=mode, epochs=state.global_step // steps,
    )  # fmt: skip


def tune(epochs):
    """SFTTrainer on sentences of a small grammar, with a tokenizer of their words."""
    draw = np.random.default_rng(0)
    words = [f"w{number}" for number in range(30)]
    vocabulary = {word: index for index, word in enumerate(["<pad>", "<eos>", "<unk>", *words])}
    tokenizer = Tokenizer(WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", eos_token="<eos>", unk_token="<unk>"
    )

    def texts(count):
        starts = draw.integers(0, 30, count)
        steps = [draw.choice([1, 2, 3], 10).cumsum() for _ in range(count)]
        return datasets.Dataset.from_dict(
            {"text": [" ".join(words[(a + b) % 30] for b in row) for a, row in zip(starts, steps, strict=True)]}
        )

    set_seed(0)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=33, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2,
            max_position_embeddings=32, pad_token_id=0, eos_token_id=1, bos_token_id=1,
        )
    )  # fmt: skip
    asked = SFTConfig("out", num_train_epochs=epochs, learning_rate=2e-2, dataset_num_proc=None, bf16=False, **SHARED)
    trainer = SFTTrainer(model, asked, train_dataset=texts(90), eval_dataset=texts(90), processing_class=tokenizer)
    trainer.train()
    return trainer


if __name__ == "__main__":
    torch.set_num_threads(1)
    with logs_of("huggingface") as folder:
        keep(folder, "by_epoch.json", classify(15))
        by_steps = {"eval_strategy": "steps", "save_strategy": "steps", "logging_strategy": "steps"}
        every = {"eval_steps": 7, "save_steps": 7, "logging_steps": 7}
        keep(folder, "by_steps.json", classify(12, seed=1, **by_steps, **every))
        two = classify(12, {"val": VAL, "other": OTHER}, 2, metric_for_best_model="eval_val_loss", eval_on_start=True)
        keep(folder, "two_sets.json", two, monitor="eval_val_loss")
        by_accuracy = classify(12, seed=3, metric_for_best_model="accuracy", logging_strategy="steps", logging_steps=4)
        by_accuracy.evaluate()  # as notebooks do at the end; a row more, of the best model and with the last step
        keep(folder, "evaluated_again.json", by_accuracy, monitor="eval_accuracy", mode="max")
    with logs_of("trl") as folder:
        keep(folder, "trainer_state.json", tune(20), "trl")
