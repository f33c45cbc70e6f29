"""Every key of every file that a run can be composed of: what becomes of another value where the run goes on."""

import pytest
from omegaconf import OmegaConf

from epochwise.command_line.composer import ENGINE_CONF
from epochwise.config.schema import TRAIN
from epochwise.resume.kept_settings import by_default, kept_settings
from epochwise.run.run_config import NO_SETTINGS, differing

SINGULAR = sorted(TRAIN.one | TRAIN.optional)

#: What holds from the next step on. A group's keys are those of all its files; with a star all that begin so.
APPLIED = {
    "root": "name compile channels_last activation_checkpointing",
    "data": "root path cache cache_folder cache_gib batch_size drop_last num_workers order_seed shuffle augment "
    "keep_on_device",
    "model": "hidden_sizes dropout channels depth widths blocks_per_stage model_name name num_classes in_chans "
    "pretrained_cfg_overlay causal classes config decoder_channels embedding_size encoder_depth encoder_name "
    "hidden_size in_channels max_length num_heads num_layers pooling width",  # another network than the checkpoint's
    "task": "label_smoothing class_weights loss scores threshold",
    "optimizer": "lr weight_decay betas momentum nesterov warmup_steps",
    "scheduler": "max_epochs warmup_epochs final_lr_scale factor total_iters max_lr epochs pct_start patience "
    "threshold drop_fractions lr_scale cooldown_fraction cooldown_shape",
    "stopping": "_target_ patience min_delta start_epoch target_score min_delta_mode patience_unit monitors stop_when",
    "finetune": "phases frozen one_stage_every_n_epochs lr_decay lr_scales frozen_mode patience min_delta "
    "cache_features dropout",
    "trainer": "accelerator devices num_nodes strategy precision max_epochs min_epochs max_time "
    "accumulate_grad_batches gradient_clip_val check_val_every_n_epoch val_check_interval limit_train_batches "
    "limit_test_batches num_sanity_val_steps log_every_n_steps deterministic benchmark detect_anomaly profiler "
    "use_distributed_sampler enable_model_summary",
    "callbacks": "_target_ auto_insert_metric_name save_top_k enable_version_counter class_names decay every_n_steps "
    "avg_fn every_n_minutes by_stage sets split max_depth num_samples storage study trial",
    "loggers": "_target_ save_dir name version experiment_name tracking_uri project offline",
}
#: What a run keeps.
REFUSED = {
    "root": "seed monitor mode",
    "data": "_target_ image_size classes channels on_error target kind ignore_columns groups on_missing in_order "
    "val_fraction test_fraction split_seed max_train_samples label_noise background fit batches_per_epoch class_counts "
    "class_names collate_fn dates fonts horizon ignore inputs kept_samples lowercase mask_suffix masks max_length "
    "max_tokens module normalize num_outputs num_tokens packed pad_id picture pictures plain samples_per_epoch "
    "separator shards_itself split split_by target_key "
    "target_names test text texts time tokenizer train val window x y",
    "model": "_target_ input_shape num_outputs pretrained num_tokens pad_id target",
    "task": "_target_ monitor class_counts target target_mean target_std num_tokens num_train target_entropy",
    "optimizer": "_target_ _partial_",
    "scheduler": "_target_ _partial_ mode",
    "stopping": "monitor mode",
    "finetune": "_target_ monitor mode rank layers",
    "trainer": "_target_ limit_val_batches overfit_batches fast_dev_run",
    "callbacks": "monitor mode dirpath filename",
    "loggers": "",
}


def nodes():
    """(group, key of the node, the node as it stands in its file) of all files."""
    for path in sorted(ENGINE_CONF.rglob("*.yaml")):
        group = path.parent.name
        if path.parent.parent == ENGINE_CONF and group in (*SINGULAR, *TRAIN.several):
            for name, node in [(group, OmegaConf.load(path))] if group in SINGULAR else OmegaConf.load(path).items():
                yield group, name if group in SINGULAR else f"{group}.{name}", node
    yield "root", "", {key: None for key in TRAIN.scalars if key not in NO_SETTINGS}


KEYS = sorted({(group, f"{path}.{key}".lstrip("."), key) for group, path, node in nodes() for key in node} - {
    (group, f"{group}.defaults", "defaults") for group in SINGULAR
})  # fmt: skip


@pytest.mark.parametrize(("group", "key", "name"), KEYS, ids=[key for _, key, _ in KEYS])
def test_every_key_holds_from_the_next_step_on_or_is_refused_in_a_line(group, key, name):
    applied, refused = (name in table[group].split() for table in (APPLIED, REFUSED))
    assert applied != refused, f"{key}: a key of conf without a row here: does it hold where a run goes on with it?"
    lines = kept_settings({key: {"was": 1, "now": 2}}, {}, within_epoch=False, folder="F")
    assert bool(lines) == refused
    if refused:
        assert lines[0].startswith(f"{key}: got 2, but the run goes on with 1: ")


@pytest.mark.parametrize("key", ["data.order_seed", "data.shuffle", "trainer.limit_train_batches"])
def test_what_makes_the_batches_of_an_epoch_waits_for_its_end(key):
    changed = {key: {"was": 1, "now": 2}}
    assert kept_settings(changed, {}, within_epoch=False, folder="F") == []
    (line,) = kept_settings(changed, {}, within_epoch=True, folder="F")
    assert line.endswith("set it where an epoch has ended")


def test_an_average_is_neither_added_nor_dropped():
    for side in ("was", "now"):
        changed = {"callbacks.ema._target_": {side: "lightning.pytorch.callbacks.EMAWeightAveraging"}}
        assert "the checkpoint's weights" in kept_settings(changed, {}, False, "F")[0]


def test_the_settings_of_a_class_that_is_replaced_are_its_own():
    changed = differing(
        {"stopping._target_": "a.Early", "stopping.monitor": "val/loss"}, {"stopping._target_": "b.Callback"}
    )
    assert kept_settings(changed, {}, False, "F") == []


def test_a_key_that_is_added_with_the_value_it_has_anyhow_is_no_change():
    settings = {"data._target_": "epochwise.data.digits.Digits"}
    assert by_default("data.in_order", {"now": False}, settings)
    assert by_default("data.in_order", {"was": False}, settings)
    assert not by_default("data.in_order", {"now": True}, settings)
    assert not by_default("data.in_order", {"was": False, "now": True}, settings)
    assert not by_default("data.no_such_key", {"now": None}, settings)
