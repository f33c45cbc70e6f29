# /// script
# requires-python = "==3.11.*"
# dependencies = ["tensorboard==2.21.0", "torch==2.14.1"]
# ///
"""torch's SummaryWriter: one run by epoch one with losses at steps; and the CSV that TensorBoard's page gives.

TensorBoard is run over the events, and asked for the file by the address that its page's download button has.
"""

import time
import urllib.error
import urllib.parse
import urllib.request

import torch
from best import logs_of, without_host
from data import halves
from tensorboard import program
from torch.utils.tensorboard import SummaryWriter

X_TRAIN, Y_TRAIN, X_VAL, Y_VAL = map(torch.from_numpy, halves())


def train(folder, epochs, by_step, seed):
    """A loop of one's own: scores at the epoch, or at the step that the epoch ended with and the loss of each step."""
    torch.manual_seed(seed)
    model = torch.nn.Sequential(torch.nn.Linear(20, 32), torch.nn.ReLU(), torch.nn.Linear(32, 2))
    optimizer = torch.optim.Adam(model.parameters(), 0.005)
    writer = SummaryWriter(folder)
    step = 0
    for epoch in range(epochs):
        total = 0.0
        for batch in torch.randperm(len(X_TRAIN)).split(30):
            loss = torch.nn.functional.cross_entropy(model(X_TRAIN[batch]), Y_TRAIN[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(batch)
            if by_step:
                writer.add_scalar("Loss/train_step", loss, step)
            step += 1
        at = step if by_step else epoch
        with torch.no_grad():
            out = model(X_VAL)
        writer.add_scalar("Loss/train", total / len(X_TRAIN), at)
        writer.add_scalar("Loss/val", torch.nn.functional.cross_entropy(out, Y_VAL), at)
        writer.add_scalar("Accuracy/val", (out.argmax(1) == Y_VAL).float().mean(), at)
    writer.close()


def download(folder, run, tag):
    """What the button gives, under the name that the page gives it; TensorBoard needs a moment to read the events."""
    server = program.TensorBoard()
    server.configure(argv=["tensorboard", "--logdir", str(folder), "--port", "0", "--load_fast", "false"])
    address = server.launch()
    query = urllib.parse.urlencode({"run": run, "tag": tag, "format": "csv"})
    for _ in range(60):
        try:
            with urllib.request.urlopen(f"{address}data/plugin/scalars/scalars?{query}") as answer:
                table = answer.read()
            break
        except urllib.error.HTTPError:
            time.sleep(1)
    (folder / f"run-{run}-tag-{tag.replace('/', '_')}.csv").write_bytes(table)


if __name__ == "__main__":
    with logs_of("tensorboard") as folder:
        train(folder / "by_epoch", 20, False, 0)
        train(folder / "by_step", 16, True, 1)
        without_host(folder)
        for tag in ("Loss/train", "Loss/val"):
            download(folder, "by_epoch", tag)
