# /// script
# requires-python = "==3.11.*"
# dependencies = ["flair==0.15.1", "datasets==3.6.0", "transformers==4.57.6", "torch==2.14.1", "numpy==2.4.6"]
# ///
"""Flair: loss.tsv of a tagger of made-up words, whose rate falls when the score of the development set stands still."""

import random
import re
import shutil
from pathlib import Path

import flair
from best import logs_of, says
from flair.data import Corpus, Sentence
from flair.datasets import FlairDatapointDataset
from flair.embeddings import OneHotEmbeddings
from flair.models import SequenceTagger
from flair.trainers import ModelTrainer


def tagged(count, noise=0.2):
    """Sentences of eight words of sixty; a word's tag is that of its number, and wrong at times."""
    sentences = []
    for _ in range(count):
        words = random.choices(range(60), k=8)
        sentence = Sentence([f"w{word}" for word in words])
        for token, word in zip(sentence, words, strict=True):
            token.add_label("pos", "ABC"[random.randrange(3) if random.random() < noise else word % 3])
        sentences.append(sentence)
    return FlairDatapointDataset(sentences)


if __name__ == "__main__":
    with logs_of("flair") as folder:
        flair.set_seed(0)
        flair.device = "cpu"
        corpus = Corpus(tagged(40), tagged(60), tagged(60))
        embeddings = OneHotEmbeddings.from_corpus(corpus, field="text", min_freq=1, embedding_length=32)
        tags = corpus.make_label_dictionary("pos", add_unk=False)
        tagger = SequenceTagger(embeddings, tags, "pos", hidden_size=32, use_crf=False, reproject_embeddings=False)
        trainer = ModelTrainer(tagger, corpus)
        trainer.train(
            "tagger", learning_rate=1.0, mini_batch_size=8, max_epochs=15, patience=2, embeddings_storage_mode="none"
        )
        shutil.copy("tagger/loss.tsv", folder / "loss.tsv")
        said = Path("tagger/training.log").read_text()
        of_epoch = r"(?:(?!EPOCH).)*?"
        *_, saved = re.finditer(rf"EPOCH (\d+) done{of_epoch}avg\)  ([\d.]+){of_epoch}saving best", said, re.DOTALL)
        epoch, score = saved.groups()
        says(
            "flair/loss.tsv", "flair", "training.log: saving best model", f"EPOCH {epoch}", number=epoch,
            counted_from=1, score=score, score_name="DEV_F1", mode="max",
            epochs=len(re.findall(r"EPOCH \d+ done", said)),
        )  # fmt: skip
