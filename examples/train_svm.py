"""Train a support vector machine on scikit-learn's digits, one fold after the other."""

from __future__ import annotations

import argparse

from sklearn.datasets import load_digits
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import SVC

options = argparse.ArgumentParser()
options.add_argument("--folds", type=int, default=5)
options.add_argument("--C", type=float, default=1.0)
arguments = options.parse_args()

images, labels = load_digits(return_X_y=True)
folds = StratifiedKFold(arguments.folds, shuffle=True, random_state=0)
for number, (train, test) in enumerate(folds.split(images, labels)):
    model = SVC(C=arguments.C).fit(images[train], labels[train])
    print(f"fold={number} accuracy={model.score(images[test], labels[test]):.4f}")
