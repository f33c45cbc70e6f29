"""Whether a larger or a smaller score is better, by its name."""

import re
from typing import Literal

from epochwise.logs.columns import words_of

#: Words of a score that is better when it is smaller; they win over those of the other list: ``dice_loss``.
DOWN = (
    "loss error err mae mse rmse rmsle mape smape wer cer ter per ppl perplexity nll fid kid lpips eer logloss bce"
    " ce cross entropy crossentropy xent hinge huber deviance brier ece cost distance kl kld divergence regret"
    " misclassified mpjpe nme epe ade fde assd hd hd95 hausdorff absrel"
    " mrae nmse nrmse msle medae bpc bpb bpd elbo_loss hter far frr"
)
UP = (
    "acc accuracy top1 top5 acc1 acc5 top auc auroc roc aucpr auprc prauc prc f1 f2 fbeta fscore score dice iou"
    " miou jaccard map map50 map75 mar ap ap50 ap75 ar precision recall r2 bleu sacrebleu rouge rouge1 rouge2 rougel"
    " rougelsum psnr ssim kappa mcc matthews ndcg mrr hits hit spearman spearmanr pearson correlation corr reward"
    " rewards return sensitivity specificity success meteor cider spice elo win em exact likelihood elbo gini"
    " pck pckh similarity sim rho nse kge delta1 concordance ks tpr tnr ppv npv coverage fwavacc topk chrf comet"
)
#: Of names that are written together: ``meaniou``.
UP_ENDS = ("accuracy", "acc", "auc", "f1score", "iou", "similarity")
DOWN_WORDS, UP_WORDS = frozenset(DOWN.split()), frozenset(UP.split())


def direction_of(score: str) -> Literal["min", "max"] | None:
    """The better direction of a score; None where its name does not say.

    Args:
        score: its name, with or without a stage: ``val/loss``, ``mAP50-95(B)``, ``neg_mean_squared_error``.
    """
    plain = re.sub(r"\([^)]*\)", "", score).replace("@", " ").replace(":", " ")
    words = [word for word in words_of(plain) if word not in ("train", "val", "test")]
    words += re.split(r"[\s_/\-.]+", plain.lower())  # mIoU, which looks like three words
    words += [re.sub(r"\d+$", "", word) for word in words]
    squeezed = "".join(words_of(plain)).rstrip("0123456789")
    down = any(word in DOWN_WORDS for word in words) or squeezed.endswith(("loss", "error", "logloss"))
    up = any(word in UP_WORDS for word in words) or squeezed.endswith(
        ("accuracy", "acc", "auc", "f1score", "iou", "similarity")
    )
    is_negative = bool({"neg", "negative"} & set(words))
    if "likelihood" in words and not down:
        return "min" if is_negative else "max"
    if down:
        return "max" if is_negative else "min"  # scikit-learn's neg_log_loss
    return "max" if up else None
