"""Lines as trainers print them, and lines that only look alike; the formats are theirs."""

from __future__ import annotations

import math

Found = list[tuple[str, float | None, float]]

# What a run prints, line by line, and the metrics of each line.
LINES: list[tuple[str, Found]] = [
    ("Accuracy at step 990: 0.9627", [("accuracy", 990, 0.9627)]),
    ("Accuracy (step 990): 0.9627", [("accuracy", 990, 0.9627)]),
    ("loss=0.1", [("loss", None, 0.1)]),
    ("step=10 loss=0.5 acc=0.9", [("loss", 10, 0.5), ("acc", 10, 0.9)]),
    ("loss: 0.1 - accuracy: 0.9", [("loss", None, 0.1), ("accuracy", None, 0.9)]),
    ("accuracy: 0.957", [("accuracy", None, 0.957)]),
    ("val_acc = 0.91", [("val_acc", None, 0.91)]),
    ("acc: 97.1%", [("acc", None, 97.1)]),
    ("loss (%): 3", [("loss", None, 3)]),
    ("epoch 3 | loss 0.123 | ppl 12.3", [("loss", 3, 0.123), ("ppl", 3, 12.3)]),
    (
        "loss: -1.5e-3, reward=+2 elbo: .5",
        [("loss", None, -0.0015), ("reward", None, 2), ("elbo", None, 0.5)],
    ),
    (
        "loss: nan kl inf reward=-Infinity",
        [("loss", None, math.nan), ("kl", None, math.inf), ("reward", None, -math.inf)],
    ),
    ("loss: nan", [("loss", None, math.nan)]),
    ("acc inf", [("acc", None, math.inf)]),
    ("Loss is 0.5.", [("loss", None, 0.5)]),
    ("loss: tensor(0.5, grad_fn=<NllLossBackward0>)", [("loss", None, 0.5)]),
    ("trainLoss=0.2 s0.loss_cls: 0.3", [("trainloss", None, 0.2), ("s0.loss_cls", None, 0.3)]),
    ("\x1b[1mloss\x1b[0m: \x1b[36m0.25\x1b[0m", [("loss", None, 0.25)]),
    ("2024-05-01 12:00:00,123 INFO root:17 loss=0.5", [("loss", None, 0.5)]),
    ("[05/13 12:30:45] loss: 0.5", [("loss", None, 0.5)]),
    ("[2024/05/13] loss: 0.5", [("loss", None, 0.5)]),
    ("[24/5] loss: 0.5", [("loss", None, 0.5)]),
    ("loss=0.5 max_grad_norm=1.0 loss_weight=2", [("loss", None, 0.5)]),
    # Uncertain names need a fraction, a step or another metric beside them.
    ("error: 0.12", [("error", None, 0.12)]),
    ("step 4: score 7", [("score", 4, 7)]),
    ("loss=0.5 lr=0.001", [("loss", None, 0.5), ("lr", None, 0.001)]),
    ("Iteration 7, learning rate: 1e-4", [("learning_rate", 7, 1e-4)]),
    # PyTorch's examples and tutorials
    ("Train Epoch: 1 [16000/64000 (25%)]\tLoss: 0.523", [("loss", 1.25, 0.523)]),
    ("Epoch [3/10], Step [150/600], Loss: 0.25", [("loss", 3.25, 0.25)]),
    ("Epoch 2 batch 5/10 loss 0.5", [("loss", 2.5, 0.5)]),
    (
        "Epoch: [0][  10/40]\tTime  0.512 ( 0.9)\tLoss 6.9e+00 (7.0e+00)\tAcc@1   0.39 (  0.2)",
        [("loss", 0.25, 6.9), ("acc@1", 0.25, 0.39)],
    ),
    (
        "Test set: Average loss: 0.0512, Accuracy: 9834/10000 (98%)",
        [("test_average_loss", None, 0.0512), ("test_accuracy", None, 0.9834)],
    ),
    ("train Loss: 0.5 Acc: 0.7", [("train_loss", None, 0.5), ("train_acc", None, 0.7)]),
    ("val Loss: 0.2 Acc: 0.9", [("val_loss", None, 0.2), ("val_acc", None, 0.9)]),
    ("[eval] loss=0.2, val_acc=0.9", [("eval_loss", None, 0.2), ("val_acc", None, 0.9)]),
    ("loss: 2.303494  [    0/60000]", [("loss", 0, 2.303494)]),
    ("loss: 2.294637  [   64/60000]", [("loss", 64, 2.294637)]),
    # Lightning and other progress bars
    (
        "Epoch 0: 100%|####| 10/10 [00:01<00:00,  9.9it/s, loss=0.5, v_num=1]",
        [("loss", 0, 0.5)],
    ),
    (" 50%|█████     | 50/100 [00:10<00:10,  4.5it/s, loss=0.5]", [("loss", 50, 0.5)]),
    # nanoGPT, Megatron, OpenMMLab, fairseq, reinforcement learning
    ("step 250: train loss 2.1, val loss 2.2", [("train_loss", 250, 2.1), ("val_loss", 250, 2.2)]),
    ("iter 100: loss 2.3456, time 12.3ms, mfu 3.21%", [("loss", 100, 2.3456)]),
    (
        " iteration   10/  500 | elapsed (ms): 1.5 | learning rate: 1.5E-04 | lm loss: 2.3E+00 |",
        [("learning_rate", 10, 1.5e-4), ("lm_loss", 10, 2.3)],
    ),
    (
        "04:01:24,249 - mmdet - INFO - Epoch [1][15/60]\tlr: 0.0002, eta: 1 day, 1:21:05, loss: 3",
        [("lr", 1.25, 0.0002), ("loss", 1.25, 3)],
    ),
    (
        "Epoch [1][15/60] time: 1.269, data_time: 0.011, memory: 9581, loss_rpn_cls: 0.6, acc: 95",
        [("loss_rpn_cls", 1.25, 0.6), ("acc", 1.25, 95)],
    ),
    (
        "consumed samples: 5120 | lm loss: 2.3E+00 | loss scale: 1.0 | grad norm: 1.2 |",
        [("lm_loss", None, 2.3), ("grad_norm", None, 1.2)],
    ),
    (
        "[05/13 12:30:45 d2.utils.events]:  eta: 0:10:00  iter: 19  total_loss: 0.5  lr: 0.0002",
        [("total_loss", 19, 0.5), ("lr", 19, 0.0002)],
    ),
    (
        "2024-05-01 12:00:00 | INFO | train | epoch 001 | loss 9.2 | ppl 361 | wps 1000 | lr 1e-05",
        [("train_loss", 1, 9.2), ("train_ppl", 1, 361), ("train_lr", 1, 1e-5)],
    ),
    (
        "Episode 10\tLast reward: 27.00\tAverage reward: 21.58",
        [("last_reward", 10, 27), ("average_reward", 10, 21.58)],
    ),
    ("|    ep_rew_mean     | 21.7     |", [("ep_rew_mean", None, 21.7)]),
    ("    accuracy                           0.97     10000", [("accuracy", None, 0.97)]),
    # Hugging Face's Trainer
    ("{'loss': 0.1, 'epoch': 1.0}", [("loss", 1, 0.1)]),
    (
        "{'loss': nan, 'grad_norm': np.float64(1.5), 'learning_rate': 5e-05, 'epoch': 0.5}",
        [("loss", 0.5, math.nan), ("grad_norm", 0.5, 1.5), ("learning_rate", 0.5, 5e-5)],
    ),
    ("{'loss': '0.125', 'epoch': '2'}", [("loss", 2, 0.125)]),
    (
        "{'train_runtime': 12.3, 'train_steps_per_second': 1.1, 'train_loss': 0.5, 'epoch': 3.0}",
        [("train_loss", 3, 0.5)],
    ),
    ("  2%|2  | 10/500 [00:01<00:49]{'loss': 0.5, 'step': 10}", [("loss", 10, 0.5)]),
    ("Validation: {'loss': 0.5, 'step': 10}", [("validation_loss", 10, 0.5)]),
    # JSON
    (
        '{"step": 3, "loss": 0.1, "nested": {"a": 1}, "ok": true, "name": "x", "list": [1]}',
        [("loss", 3, 0.1), ("nested.a", 3, 1)],
    ),
    ('12:00:00 INFO {"Global_Step": 7, "My Thing": -2}', [("my_thing", 7, -2)]),
    ('{"loss": NaN, "kl": -Infinity}', [("loss", None, math.nan), ("kl", None, -math.inf)]),
    ('{"level": "info", "ts": 1.5, "loss": 0.5, "port": 80, "x": 1}', [("loss", None, 0.5)]),
    ("Epoch 4: {'loss': 0.5}", [("loss", 4, 0.5)]),
    ("{broken 'loss': 0.5}", [("loss", None, 0.5)]),
    # Boosting
    (
        "[10]\ttrain-rmse:0.12\ttest-rmse:0.34+0.02",
        [("train-rmse", 10, 0.12), ("test-rmse", 10, 0.34)],
    ),
    (
        "[10]\tvalid_0's l2: 0.24\tvalid_0's binary_logloss: 0.5",
        [("valid_0_l2", 10, 0.24), ("valid_0_binary_logloss", 10, 0.5)],
    ),
    (
        "[12:00:00] [7]\tfold-custom:1\tfold-auc:1",
        [("fold-custom", 7, 1), ("fold-auc", 7, 1)],
    ),
    (
        "10:\tlearn: 0.64\ttest: 0.65\tbest: 0.65 (10)\ttotal: 57.4ms\tremaining: 57s",
        [("learn", 10, 0.64), ("test", 10, 0.65), ("best", 10, 0.65)],
    ),
    ("[8]\tfold-custom:0.5\ttime:1.5", [("fold-custom", 8, 0.5)]),
    # Keras
    (
        "469/469 [====] - 2s 4ms/step - loss: 0.25 - my_own: 0.92 - val_loss: 0.11",
        [("loss", None, 0.25), ("my_own", None, 0.92), ("val_loss", None, 0.11)],
    ),
    (
        "\x1b[1m10/10\x1b[0m \x1b[32m━━\x1b[0m \x1b[1m0s\x1b[0m 4ms/step - acc: 0.9 - loss: 0.25",
        [("acc", None, 0.9), ("loss", None, 0.25)],
    ),
    (" - 2s - loss: 0.5 - own: 1", [("loss", None, 0.5), ("own", None, 1)]),
]

NOTHING = [
    "2024-05-01T12:00:00Z INFO starting",
    "2024-05-01 12:00:00,123 - root - INFO - step",
    "Serving on 10.0.0.1:8080, peer 127.0.0.1:29500",
    "tensorflow==2.3.1",
    "CUDA: 11.2, cuDNN: 8.1",
    "Python 3.11.7, torch 2.1.0+cu118, NCCL version 2.18.1+cuda11.8",
    "/data/run-3/loss_0.5/epoch=3-val_loss=0.12.ckpt",
    "Saving model to 'ckpt/epoch=3-step=100-val_acc=0.9.ckpt'",
    "https://example.org/?loss=0.5&acc=0.9",
    " 45%|####5     | 45/100 [00:10<00:12,  4.5it/s]",
    "downloading 10%",
    "Downloading: 10%|#         | 12.3M/123M [00:01<00:12, 9.11MB/s]",
    "object at 0x7f3a2b1c",
    "loss: 0x7f",
    "PID=123 rank: 0 world_size=2 seed=42 lr=0.001",
    "batch_size=64, lr=0.1",
    "learning_rate: 0.001",
    "Namespace(lr=0.1, epochs=3, loss=0.5)",
    "TrainingArguments(learning_rate=5e-05, accuracy=1)",
    "Trainer(precision=16, devices=1)",
    "python train.py --loss 0.5 --accuracy=0.9",
    "label_smoothing=0.1 loss_scale: 65536.0 target_accuracy: 0.9 max_grad_norm: 1.0",
    "elapsed: 3.2s",
    "Found 100 files belonging to 5 classes.",
    "UserWarning: loss 0.5 is below the threshold",
    "ValueError: accuracy: 0.5",
    'Traceback: File "train.py", line 39, in loss',
    "    loss = 0.5 * kl",
    "error: 404 Not Found",
    "HTTP error 500",
    "ERROR 12345 --- [main]",
    "error: 12:30:01",
    "loss: 2024-05-01",
    "precision: 16 bits",
    "Process finished with return code 1",
    "score: 5",
    "accuracy: 1,234",
    "loss: 1,234,567",
    "loss: 0.1,0.2",
    "loss=[0.1, 0.2]",
    "Accuracy at step 1,000: 0.5",
    "loss 3 times",
    "recall 5 products",
    "kl_div 0.5 apart",
    "accuracy.py:45 - INFO - done",
    "W0501 12:00:00.123 99 loss.cc:12] done",
    "val_loss improved from inf to 0.5",
    "Accuracy > 0.9 expected",
    '{"level": "info", "ts": 1647.5, "port": 8080, "msg": "started"}',
    '{"batch_size": 64, "lr": 0.1, "epochs": 3}',
    "{'loss': 'mse', 'hidden': 128}",
    '{"step": 3, "time": 1.5, "samples_per_second": 10, "done": true}',
    "[1234]\tport: 8080",
    "[1234]\tretries: 3",
    "3/10 - passed: 3",
    "I0318 07:52:07.369276 140242 executor.cc:1043] Enqueued batch 128 of 200 in 12 ms",
    "GPU 0: 34C, 120W / 300W | 1024MiB / 16160MiB | 45%",
    "tests/test_loss.py::test_accuracy PASSED [ 10%]",
    "Step 10",
    "Epoch 3/10",
    "",
]
