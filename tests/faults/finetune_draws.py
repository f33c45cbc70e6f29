"""Fine-tuning runs of settings drawn at random."""

from random import Random

BASE = ["data.batch_size=64", "data.max_train_samples=200", "trainer.max_epochs=5"]  # 4 batches an epoch, the last of 8
NETWORKS = [
    ["model=small_resnet", "model.widths=[2,4,4]"],
    ["model=cnn", "model.channels=[2,4]"],
    ["model.hidden_sizes=[16,16]"],
]
OWN = "[{at_epoch:0,unfreeze:head},{at_epoch:1,unfreeze:all},{at_epoch:3,freeze:backbone}]"
WAITS = "[{at_epoch:0,unfreeze:head},{after:plateau,unfreeze:-2},{at_epoch:3,unfreeze:all}]"
PLANS = [
    [],
    ["finetune=head"],
    ["finetune=gradual", "finetune.one_stage_every_n_epochs=1"],
    ["finetune=two_phase", "finetune.phases.1.at_epoch=2"],
    ["finetune=layerwise"],
    ["finetune=plan", f"finetune.phases={OWN}"],
    ["finetune=plan", f"finetune.phases={WAITS}", "finetune.patience=1"],
]
OPTIMIZERS = [["optimizer=sgd"], ["optimizer=adamw"], ["optimizer=muon"], ["optimizer=schedule_free"]]
SCHEDULES = [
    ["scheduler=none"],
    ["scheduler=cosine"],
    ["scheduler=one_cycle"],
    ["scheduler=plateau", "scheduler.patience=0"],
    ["scheduler=step"],
    ["scheduler=wsd"],
]
STOPPINGS = [["stopping=none"], ["stopping.patience=1"], ["stopping.patience=2"], ["stopping=adaptive"]]
CROP = "data.augment={_target_:torchvision.transforms.v2.RandomCrop,size:8,padding:1}"
#: What is set beside, or left as it is.
BESIDE = [
    [[], ["trainer.accumulate_grad_batches=2"], ["trainer.accumulate_grad_batches=3"]],
    [[], ["trainer.gradient_clip_val=0.5"]],
    [[], ["trainer.val_check_interval=2"], ["trainer.val_check_interval=0.5"], ["trainer.check_val_every_n_epoch=2"]],
    [[], *([f"callbacks.last_checkpoint.every_n_steps={n}"] for n in (1, 2, 3))],
    [[], [], ["trainer.precision=bf16-mixed"], ["trainer.precision=64-true"]],
    [[], [CROP]],
    [[], [], [], ["data.num_workers=2"]],
    [[], ["~callbacks.train_eval"]],
    [[], [], ["+callbacks=ema"]],
    [[], ["trainer.log_every_n_steps=3"]],
]
OF_A_PLAN = [
    [[], ["finetune.lr_decay=0.7"]],
    [[], ["++finetune.lr_scales.backbone=0.3"]],
    [[], [], ["finetune.cache_features=true"]],
    [[], [], ["finetune.frozen_mode=train"]],
]
#: Hooks of a task in which a run is killed, and how often they are called in the longest of these runs.
HOOKS = {
    "training_step": 20,
    "optimizer_step": 20,
    "on_validation_start": 10,
    "on_validation_end": 10,
    "on_train_epoch_end": 5,
    "on_save_checkpoint": 30,
    "on_test_start": 1,
}


def drawn_settings(chance: Random) -> list[str]:
    """Draw the overrides of a run; some are refused together."""
    plan = chance.choice(PLANS)
    optimizer, stopping = chance.choice(OPTIMIZERS), chance.choice(STOPPINGS)
    schedule = chance.choice(SCHEDULES)
    if optimizer == ["optimizer=schedule_free"]:
        schedule = []  # its own, which is none
        stopping = chance.choice(STOPPINGS[:3])
    elif stopping == ["stopping=adaptive"]:
        schedule = []  # wsd
    beside = [chance.choice(choices) for choices in (*BESIDE, *(OF_A_PLAN if plan else []))]
    return [
        *BASE,
        *chance.choice(NETWORKS),
        *plan,
        *optimizer,
        *schedule,
        *stopping,
        *(word for one in beside for word in one),
    ]


def drawn_kill(chance: Random) -> tuple[str, int]:
    """Draw where a run is killed: a hook, and at which of its calls."""
    hook = chance.choice(list(HOOKS))
    return hook, chance.randrange(HOOKS[hook])
