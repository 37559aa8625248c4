#!/usr/bin/python3
"""Times one training epoch of HoloMambaRec, a GRU and a SASRec-like Transformer in PyTorch on a CPU.

The set-up is the paper's (arXiv 2601.08360): sequences left-padded to 50 events, the last item of each user is the test
item, the 50 events before it and their targets the one training sequence of the user, no validation item; batches of 64,
AdamW, cross-entropy over the whole catalogue. The other two models have the same width and depth, no dropout either, and
go through the same loop. Two styles:

- plain: what one writes first. The scan is the loop of Mamba's reference code (selective_scan_ref): decays and inputs of
  all steps are computed at once, and each step takes its slice. All positions are scored, and the loss ignores the padded.
- careful: what a profile then suggests. The loop goes over unbind(), whose backward does not fill a tensor as large as the
  whole sequence at each step, and padded positions are not scored.

    bench/pytorch/baselines.py --data DIR --model mamba|gru|transformer [--style plain|careful] [--threads 2] [--batches K] [--seed 0]

DIR holds interactions.csv.gz (user_id,item_id,...; the rows of a user in order) and, unless its name contains "beauty",
items.csv.gz (item_id,title,genres). K optimiser steps of a shuffled epoch are timed after one warm-up step and scaled
to an epoch by the number of sequences; K = 0 times a whole epoch. One JSON line goes to standard output.
Measure on an idle machine: two threads that wait for each other at every small operation lose far more to other
processes than their share of the cores, the scan most of all. cpu_seconds well below threads times seconds tells of it.
OpenBLAS keeps threads of its own: give OPENBLAS_NUM_THREADS the value of --threads where that is not the number of
cores.
"""

import argparse
import csv
import gzip
import json
import math
import os
import time

import torch
from torch import nn
from torch.nn import functional

LENGTH = 50
BATCH = 64
DIMENSION = 96
STATE_SIZE = 16
EXPAND = 2
CONV_WIDTH = 4
PADDING = 0  # item and attribute ordinals start at 1


# ---- data


def read_csv(path):
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def read_data(folder):
    """Returns the item ordinals of each user in order, and the attribute ordinal of each item ordinal."""
    histories = {}
    for row in read_csv(os.path.join(folder, "interactions.csv.gz")):
        histories.setdefault(row["user_id"], []).append(int(row["item_id"]))
    item_ids = sorted({item for history in histories.values() for item in history})

    # The paper's attribute: the first genre of a film; item number mod 50 where there are no genres.
    if "beauty" in os.path.basename(os.path.normpath(folder)):
        value_of = {item: item % 50 for item in item_ids}
    else:
        value_of = {int(row["item_id"]): row["genres"].split("|")[0]
                    for row in read_csv(os.path.join(folder, "items.csv.gz"))}

    ordinal_of_item = {item: 1 + i for i, item in enumerate(item_ids)}
    values = sorted({value_of[item] for item in item_ids})
    ordinal_of_value = {value: 1 + i for i, value in enumerate(values)}
    sequences = [[ordinal_of_item[item] for item in history] for history in histories.values()]
    attributes = [PADDING] + [ordinal_of_value[value_of[item]] for item in item_ids]
    return sequences, torch.tensor(attributes), len(values)


def training_tensors(sequences):
    """Inputs and targets [users, LENGTH], left-padded. The last item of a user, the test item, is in neither."""
    inputs = torch.full([len(sequences), LENGTH], PADDING)
    targets = torch.full([len(sequences), LENGTH], PADDING)
    for user, sequence in enumerate(sequences):
        training = sequence[:-1][-(LENGTH + 1):]
        steps = len(training) - 1
        inputs[user, LENGTH - steps:] = torch.tensor(training[:-1])
        targets[user, LENGTH - steps:] = torch.tensor(training[1:])
    return inputs, targets


# ---- HoloMambaRec


def bind(x, y):
    """Circular convolution by "ortho" FFTs, that is divided by sqrt(d)."""
    spectrum = torch.fft.rfft(x, norm="ortho") * torch.fft.rfft(y, norm="ortho")
    return torch.fft.irfft(spectrum, n=x.shape[-1], norm="ortho")


class Mamba(nn.Module):
    def __init__(self, dimension, careful):
        super().__init__()
        self.careful = careful
        inner = EXPAND * dimension
        self.rank = math.ceil(dimension / 16)
        self.in_projection = nn.Linear(dimension, 2 * inner, bias=False)
        self.convolution = nn.Conv1d(inner, inner, CONV_WIDTH, groups=inner, padding=CONV_WIDTH - 1)
        self.x_projection = nn.Linear(inner, self.rank + 2 * STATE_SIZE, bias=False)
        self.delta_projection = nn.Linear(self.rank, inner)
        self.a_log = nn.Parameter(torch.log(torch.arange(1.0, STATE_SIZE + 1)).repeat(inner, 1))
        self.skip = nn.Parameter(torch.ones(inner))
        self.out_projection = nn.Linear(inner, dimension, bias=False)

    def forward(self, x):
        length = x.shape[1]
        v, z = self.in_projection(x).chunk(2, dim=-1)
        v = self.convolution(v.transpose(1, 2))[:, :, :length].transpose(1, 2)
        v = functional.silu(v)
        y = self.scan(v) + self.skip * v
        return self.out_projection(y * functional.silu(z))

    def scan(self, v):
        """v [batch, time, inner] -> y of the same shape."""
        q, B, C = self.x_projection(v).split([self.rank, STATE_SIZE, STATE_SIZE], dim=-1)
        delta = functional.softplus(self.delta_projection(q))
        A = -torch.exp(self.a_log)
        h = v.new_zeros(v.shape[0], v.shape[2], STATE_SIZE)
        y = []
        if self.careful:
            for delta_t, input_t, B_t, C_t in zip(delta.unbind(1), (delta * v).unbind(1), B.unbind(1), C.unbind(1)):
                h = torch.exp(delta_t.unsqueeze(-1) * A) * h + input_t.unsqueeze(-1) * B_t.unsqueeze(1)
                y.append((h * C_t.unsqueeze(1)).sum(dim=-1))
        else:
            decay = torch.exp(delta.unsqueeze(-1) * A)
            entering = (delta * v).unsqueeze(-1) * B.unsqueeze(2)
            for t in range(v.shape[1]):
                h = decay[:, t] * h + entering[:, t]
                y.append((h * C[:, t].unsqueeze(1)).sum(dim=-1))
        return torch.stack(y, dim=1)


class HoloMambaRec(nn.Module):
    def __init__(self, items, attributes, number_of_values, layers, careful):
        super().__init__()
        # nn.Embedding draws from N(0, 1) and keeps the padding row at zero.
        self.items = nn.Embedding(items + 1, DIMENSION, padding_idx=PADDING)
        self.values = nn.Embedding(number_of_values + 1, DIMENSION, padding_idx=PADDING)
        self.register_buffer("attributes", attributes)
        self.bound = nn.Parameter(torch.tensor(0.5))
        self.norm = nn.LayerNorm(DIMENSION)
        self.blocks = nn.ModuleList([Mamba(DIMENSION, careful) for _ in range(layers)])
        self.block_norms = nn.ModuleList([nn.LayerNorm(DIMENSION) for _ in range(layers)])
        self.head = nn.Linear(DIMENSION, items, bias=False)

    def forward(self, inputs):
        item = self.items(inputs)
        value = self.values(self.attributes[inputs])
        x = self.norm(item + self.bound * bind(item, value))
        for block, norm in zip(self.blocks, self.block_norms):
            x = x + block(norm(x))
        return x


# ---- the other models: items alone


class Gru(nn.Module):
    def __init__(self, items, layers):
        super().__init__()
        self.items = nn.Embedding(items + 1, DIMENSION, padding_idx=PADDING)
        self.gru = nn.GRU(DIMENSION, DIMENSION, layers, batch_first=True)
        self.head = nn.Linear(DIMENSION, items, bias=False)

    def forward(self, inputs):
        return self.gru(self.items(inputs))[0]


class Transformer(nn.Module):
    """SASRec's shape: learned positions, causal attention, a feed-forward as wide as the model."""

    HEADS = 2

    def __init__(self, items, layers):
        super().__init__()
        self.items = nn.Embedding(items + 1, DIMENSION, padding_idx=PADDING)
        self.positions = nn.Parameter(torch.randn(LENGTH, DIMENSION))
        layer = nn.TransformerEncoderLayer(DIMENSION, self.HEADS, dim_feedforward=DIMENSION, dropout=0.0,
                                           batch_first=True, norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, layers, norm=nn.LayerNorm(DIMENSION))
        self.head = nn.Linear(DIMENSION, items, bias=False)

    def forward(self, inputs):
        # A padded position sees itself, so that no row of the attention is empty; nobody else sees it.
        future = torch.ones(LENGTH, LENGTH, dtype=torch.bool).triu(1)
        padded = (inputs == PADDING).unsqueeze(1)
        hidden = (future | padded) & ~torch.eye(LENGTH, dtype=torch.bool)
        return self.encoder(self.items(inputs) + self.positions, mask=hidden.repeat_interleave(self.HEADS, dim=0))


# ---- training


def train_step(model, optimiser, inputs, targets, careful):
    if careful:
        known = targets != PADDING
        loss = functional.cross_entropy(model.head(model(inputs)[known]), targets[known] - 1)
    else:
        logits = model.head(model(inputs))
        loss = functional.cross_entropy(logits.flatten(0, 1), (targets - 1).flatten(), ignore_index=PADDING - 1)
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    return loss.item()


def loaded_blas():
    """The BLAS libraries of this process: Debian's torch names none, it takes whatever libblas.so.3 is."""
    with open("/proc/self/maps", encoding="utf-8") as maps:
        paths = {line.split()[-1] for line in maps if "/" in line}
    names = {path: os.path.basename(path) for path in paths}
    return ", ".join(sorted(path for path, name in names.items() if "blas" in name or "mkl" in name))


def main():
    parser = argparse.ArgumentParser(description="Times one training epoch of a sequential recommender in PyTorch.")
    parser.add_argument("--data", required=True, help="folder with interactions.csv.gz and items.csv.gz")
    parser.add_argument("--model", required=True, choices=["mamba", "gru", "transformer"])
    parser.add_argument("--style", choices=["plain", "careful"], default="plain")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batches", type=int, default=0, help="optimiser steps to time; 0: a whole epoch")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()

    careful = arguments.style == "careful"
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)

    data = os.path.basename(os.path.normpath(arguments.data))
    sequences, attributes, number_of_values = read_data(arguments.data)
    inputs, targets = training_tensors(sequences)
    items = len(attributes) - 1
    layers = 2 if "beauty" in data else 3
    if arguments.model == "mamba":
        model = HoloMambaRec(items, attributes, number_of_values, layers, careful)
    elif arguments.model == "gru":
        model = Gru(items, layers)
    else:
        model = Transformer(items, layers)
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01)

    epoch = torch.randperm(len(inputs)).split(BATCH)
    timed = epoch[:arguments.batches] if arguments.batches > 0 else epoch
    model.train()
    train_step(model, optimiser, inputs[epoch[0]], targets[epoch[0]], careful)
    start = time.perf_counter()
    cpu_start = time.process_time()
    for batch in timed:
        loss = train_step(model, optimiser, inputs[batch], targets[batch], careful)
    seconds = time.perf_counter() - start
    cpu_seconds = time.process_time() - cpu_start
    if not math.isfinite(loss):
        raise SystemExit("the loss is not finite")

    print(json.dumps({
        "model": arguments.model,
        "style": arguments.style,
        "data": data,
        "threads": torch.get_num_threads(),
        "steps": len(timed),
        "steps_per_epoch": len(epoch),
        "seconds": round(seconds, 3),
        "cpu_seconds": round(cpu_seconds, 3),
        "seconds_per_epoch": round(seconds * len(inputs) / sum(len(batch) for batch in timed), 3),
        "torch_version": torch.__version__,
        "blas": loaded_blas(),
    }))


if __name__ == "__main__":
    main()
