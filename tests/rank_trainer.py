"""The Trainer of a script that tests run as one process and as two ranks."""

from typing import Any

import lightning as L


def rank_trainer(world_size: int, num_nodes: int = 1, **settings: Any) -> L.Trainer:
    """Plain DDP where there are ranks; it writes nothing and shows nothing."""
    return L.Trainer(
        accelerator="cpu",
        devices=world_size // num_nodes,
        num_nodes=num_nodes,
        strategy="ddp" if world_size > 1 else "auto",
        use_distributed_sampler=False,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        **settings,
    )
