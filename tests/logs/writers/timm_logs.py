# /// script
# requires-python = "==3.11.*"
# dependencies = ["timm==1.0.31", "torch==2.14.1", "torchvision==0.29.1"]
# ///
"""timm: summary.csv as its train.py writes it (timm.utils.update_summary), of one run and of one that was resumed.

train.py itself is not in the package. The loop here calls what it calls: the meters, the schedule, the summary and the
saver that says which epoch was best; and like it writes the header again when it resumes.
"""

from collections import OrderedDict

import torch
from best import logs_of, says
from data import halves
from timm.scheduler import create_scheduler_v2
from timm.utils import AverageMeter, CheckpointSaver, accuracy, update_summary

X_TRAIN, Y_TRAIN, X_VAL, Y_VAL = map(torch.from_numpy, halves())


def train_one_epoch(model, optimizer):
    losses = AverageMeter()
    for batch in torch.randperm(len(X_TRAIN)).split(30):
        loss = torch.nn.functional.cross_entropy(model(X_TRAIN[batch]), Y_TRAIN[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.update(loss.item(), len(batch))
    return OrderedDict([("loss", losses.avg)])


@torch.no_grad()
def validate(model):
    out = model(X_VAL)
    top1, top2 = accuracy(out, Y_VAL, topk=(1, 2))
    loss = torch.nn.functional.cross_entropy(out, Y_VAL)
    return OrderedDict([("loss", loss.item()), ("top1", top1.item()), ("top5", top2.item())])


def train(path, metric="top1", resumed_at=None, epochs=20, seed=0):
    """Train as train.py does; at ``resumed_at`` it begins anew and knows of no best; the saver here knows of all."""
    torch.manual_seed(seed)
    model = torch.nn.Sequential(torch.nn.Linear(20, 32), torch.nn.ReLU(), torch.nn.Linear(32, 2))
    optimizer = torch.optim.AdamW(model.parameters(), 0.005)
    schedule, _ = create_scheduler_v2(optimizer, "cosine", num_epochs=epochs, warmup_epochs=2, warmup_lr=1e-4)
    saver = CheckpointSaver(model, optimizer, checkpoint_dir=".", recovery_dir=".", decreasing=metric == "loss")
    best = best_epoch = None
    for epoch in range(epochs):
        if epoch == resumed_at:
            best = None
        train_metrics = train_one_epoch(model, optimizer)
        eval_metrics = validate(model)
        lrs = [group["lr"] for group in optimizer.param_groups]
        update_summary(
            epoch, train_metrics, eval_metrics, filename=path, lr=sum(lrs) / len(lrs), write_header=best is None
        )
        best, best_epoch = saver.save_checkpoint(epoch, metric=eval_metrics[metric])
        schedule.step(epoch + 1, eval_metrics[metric])
    says(
        f"timm/{path.name}", "timm", "CheckpointSaver's best_epoch", best_epoch, number=best_epoch, counted_from=0,
        score=best, score_name=f"eval_{metric}", mode="min" if metric == "loss" else "max", epochs=epochs,
    )  # fmt: skip


if __name__ == "__main__":
    with logs_of("timm") as folder:
        train(folder / "summary.csv")
        train(folder / "loss.csv", "loss", seed=1)
        train(folder / "resumed.csv", "loss", resumed_at=12, seed=2)
