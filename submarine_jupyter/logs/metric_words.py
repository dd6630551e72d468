"""The words by which metrics, steps and bookkeeping are known in a log.

A name is read word by word: `val_loss`, `trainLoss`, `loss/total` and `loss_1` all hold `loss`.
"""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache


class Kind(Enum):
    """How much a name says about its number.

    Attributes
    ----------
    CERTAIN
        A metric wherever it stands.
    LIKELY
        A metric with a fraction (`error: 0.12`), or beside a step or another metric, since
        programs also write `error: 404`.
    COMPANION
        Only beside a step or another metric: alone, `lr=0.1` is part of the configuration.
    """

    CERTAIN = 1
    LIKELY = 2
    COMPANION = 3


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


_CERTAIN = _listed(
    """
    loss losses acc accs accuracy accuracies auc auroc auprc aucpr f1 f2 fbeta fscore iou miou dice
    jaccard rmse rmsle mae mse msle mape smape nmse logloss mlogloss merror ndcg mrr ppl perplexity
    bleu sacrebleu rouge rougel rougelsum meteor chrf cer wer nll elbo kl kld bpc bpb psnr ssim
    lpips reward rewards rew crossentropy xent mcc top1 top5
    """
)
_LIKELY = _listed(
    """
    error err score scores return returns map ap ar precision recall cost fitness r2 entropy fid
    sensitivity specificity similarity correlation divergence kappa
    """
)
_COMPANIONS = (_listed("learning rate"), _listed("grad norm"))
_BOOKKEEPING = _listed(
    """
    time times timestamp ts date datetime runtime elapsed duration eta second seconds sec secs ms
    pid rank seed port version id lineno line thread process flos fps throughput memory mem size
    epochs steps timesteps samples tokens num
    """
)
_CONFIGURATION = _BOOKKEEPING | _listed(
    """
    weight weights coef coeff coefficient scale scaler factor fn func function type name threshold
    thresh tol tolerance target limit clip eps epsilon alpha beta gamma margin patience every freq
    frequency interval window warmup decay
    """
)

_FILES = (".py", ".cc", ".cpp", ".cu", ".c", ".h", ".go", ".rs", ".java", ".js", ".ts")

STEPS = ("step", "global_step", "iteration", "iter", "iter_num", "timestep", "update")
"""Names of what counts the steps of a whole run, the surest first."""

EPOCHS = ("epoch", "ep", "episode", "round")
"""Names of the larger parts of a run."""

PHASES = _listed("train training val valid validation test testing eval evaluation dev")
"""What part of the work a metric is about."""

QUALIFIERS = PHASES | _listed(
    """
    average avg mean median best final last total running smoothed macro micro weighted balanced
    squared absolute root relative top-1 top-5 lm moe aux auxiliary policy value actor critic
    generator discriminator reconstruction contrastive adversarial episode grad gradient learning
    kl exact cross entropy
    """
)
"""Words that belong to the name they stand before: `Average loss`, `learning rate`."""

QUALIFIED = ("rate", "norm")
"""Names that are one only with a qualifier: `learning rate`, `grad norm`."""

_SPLIT = re.compile(r"[^a-z0-9]+")
_CAMEL = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


@lru_cache(maxsize=4096)
def kind_of(name: str) -> Kind | None:
    """Return what a name in free text says about its number; None: no metric."""
    words = _words(name)
    if name.lower().endswith(_FILES) or words & _CONFIGURATION or {"max", "norm"} <= words:
        return None
    if words & _CERTAIN:
        return Kind.CERTAIN
    if words & _LIKELY:
        return Kind.LIKELY
    is_companion = words & {"lr", "gnorm"} or any(pair <= words for pair in _COMPANIONS)
    return Kind.COMPANION if is_companion else None


@lru_cache(maxsize=4096)
def is_bookkeeping(name: str) -> bool:
    """Tell whether a name in a structured line counts steps, time or memory, or names a part."""
    return name.lower() in (*STEPS, *EPOCHS) or bool(_words(name) & _BOOKKEEPING)


@lru_cache(maxsize=4096)
def names_phase(name: str) -> bool:
    """Tell whether a name says itself what part of the work it is about: `val_loss`."""
    return bool(_words(name) & PHASES)


def _words(name: str) -> frozenset[str]:
    words = {*_SPLIT.split(name.lower()), *(word.lower() for word in _CAMEL.findall(name))}
    return frozenset(words | {word.rstrip("0123456789") for word in words})
