#!/usr/bin/python3
"""Writes the golden vectors of the network: test/golden/network_<variant>.txt.

A plain double-precision PyTorch model of the network, one sequence and one time step after the other, gradients by
autograd. It shares no code with the extension, so that an agreement of the two means something. README.md describes
the file format.

    /usr/bin/python3 test/golden/make_golden.py            # rewrites the files next to this script
"""

import math
import os

import numpy
import torch

torch.set_default_dtype(torch.float64)

EPSILON = 1e-5  # of every LayerNorm
ITEMS = 11
SEQUENCE_LENGTHS = [1, 5, 9]


class Categorical:
    """values_of[i] is the list of the values of item i; it may be empty."""

    def __init__(self, name, values, values_of):
        self.name = name
        self.values = values
        self.values_of = values_of


class Numeric:
    """numbers[i] is the number of item i; nan if it is missing."""

    def __init__(self, name, numbers):
        self.name = name
        # The readers work in single precision: let the oracle start from the same numbers.
        self.numbers = [float(numpy.float32(number)) for number in numbers]


class Variant:
    def __init__(self, name, seed, attributes, dimension=8, layers=2, state_size=3, expand=2, conv_width=4,
                 feed_forward=2, post=True, tied=True, paper_scale=False):
        self.name = name
        self.seed = seed
        self.attributes = attributes
        self.dimension = dimension
        self.layers = layers
        self.state_size = state_size
        self.expand = expand
        self.conv_width = conv_width
        self.feed_forward = feed_forward
        self.post = post
        self.tied = tied
        self.paper_scale = paper_scale
        self.inner = expand * dimension
        self.rank = math.ceil(dimension / 16)


# ---- parameters


def random_unitary(random, d):
    """A random real vector of length d whose spectrum has modulus 1 everywhere.

    The phases keep clear of pi, where a rounding error would flip the principal phase; the real bins (DC, and Nyquist
    when d is even) are -1, the harder of their two possible values.
    """
    spectrum = numpy.exp(1j * random.uniform(-2.9, 2.9, d // 2 + 1))
    spectrum[0] = -1.0
    if d % 2 == 0:
        spectrum[-1] = -1.0
    return numpy.fft.irfft(spectrum, d)


def make_parameters(variant, random):
    """All parameters by name, none at a special value, each a single-precision number kept in double precision."""
    d, E, N, W, R = variant.dimension, variant.inner, variant.state_size, variant.conv_width, variant.rank
    F = variant.feed_forward * d
    number_of_attributes = len(variant.attributes)
    values = {}

    def normal(shape, mean, deviation):
        return mean + deviation * random.standard_normal(shape)

    def linear(rows, columns):
        return normal([rows, columns], 0.0, 1.0 / math.sqrt(columns))

    def norm(name):
        values[name + ".gain"] = normal([d], 1.0, 0.2)
        values[name + ".bias"] = normal([d], 0.0, 0.2)

    values["embedding.items"] = normal([ITEMS + 2, d], 0.0, 0.7)
    for attribute in variant.attributes:
        if isinstance(attribute, Categorical):
            values["embedding.values." + attribute.name] = normal([attribute.values, d], 0.0, 0.5)
        else:
            values["embedding.base." + attribute.name] = random_unitary(random, d)
    if number_of_attributes > 0:
        if variant.paper_scale:
            identity = numpy.zeros(d)
            identity[0] = 1.0
            values["embedding.roles"] = numpy.stack([identity] * number_of_attributes)
        else:
            values["embedding.roles"] = numpy.stack([random_unitary(random, d) for _ in range(number_of_attributes)])
        values["embedding.bound"] = normal([number_of_attributes], 0.5, 0.2)
        if not variant.paper_scale:
            values["embedding.added"] = normal([number_of_attributes], 0.5, 0.2)
    norm("embedding.norm")

    for k in range(variant.layers):
        block = "blocks.%d." % k
        values[block + "mamba.in_projection.weight"] = linear(2 * E, d)
        values[block + "mamba.convolution.weight"] = normal([W, E], 0.0, 0.5)
        values[block + "mamba.convolution.bias"] = normal([E], 0.0, 0.2)
        values[block + "mamba.x_projection.weight"] = linear(R + 2 * N, E)
        values[block + "mamba.delta_projection.weight"] = linear(E, R)
        values[block + "mamba.delta_projection.bias"] = normal([E], -1.0, 0.5)
        first_a_log = numpy.log(numpy.arange(1, N + 1)).reshape(N, 1) * numpy.ones([1, E])
        values[block + "mamba.a_log"] = first_a_log + normal([N, E], 0.0, 0.3)
        values[block + "mamba.skip"] = normal([E], 1.0, 0.3)
        values[block + "mamba.out_projection.weight"] = linear(d, E)
        norm(block + "mamba_norm")
        if variant.feed_forward > 0:
            values[block + "feed_forward.up.weight"] = linear(F, d)
            values[block + "feed_forward.up.bias"] = normal([F], 0.0, 0.2)
            values[block + "feed_forward.down.weight"] = linear(d, F)
            values[block + "feed_forward.down.bias"] = normal([d], 0.0, 0.2)
            norm(block + "feed_forward_norm")

    if variant.tied:
        values["head.bias"] = normal([ITEMS], 0.0, 0.3)
    else:
        values["head.weight"] = normal([ITEMS, d], 0.0, 0.5)

    parameters = {}
    for name, value in values.items():
        single = value.astype(numpy.float32)
        parameters[name] = torch.tensor(single.astype(numpy.float64), requires_grad=is_trained(name))
    return parameters


def is_trained(name):
    return name != "embedding.roles" and not name.startswith("embedding.base.")


# ---- network


def circular_convolution(x, y):
    """out_j = sum_k x_k y_{(j - k) mod d}, straight from the definition; x and y are vectors."""
    d = x.shape[0]
    out = []
    for j in range(d):
        indices = [(j - k) % d for k in range(d)]
        out.append((x * y[indices]).sum())
    return torch.stack(out)


def fractional_power(base, x):
    """The spectrum of base raised to the real power x, by its principal phase; the real bins stay real."""
    d = base.shape[0]
    spectrum = torch.fft.rfft(base)
    modulus = torch.abs(spectrum) ** x
    phase = x * torch.angle(spectrum)
    real = modulus * torch.cos(phase)
    imaginary = modulus * torch.sin(phase)
    imaginary[0] = 0.0
    if d % 2 == 0:
        imaginary[-1] = 0.0
    return torch.fft.irfft(torch.complex(real, imaginary), n=d)


def layer_norm(x, gain, bias):
    mean = x.mean()
    variance = ((x - mean) ** 2).mean()
    return (x - mean) / torch.sqrt(variance + EPSILON) * gain + bias


def silu(x):
    return x / (1.0 + torch.exp(-x))


def softplus(x):
    return torch.log1p(torch.exp(x))


def gelu_tanh(x):
    return 0.5 * x * (1.0 + torch.tanh(math.sqrt(2.0 / math.pi) * (x + 0.044715 * x**3)))


def attribute_vector(variant, p, attribute, item):
    """m_{i,r}: the mean of the vectors of the item's values, or the power of the base; zero where there is nothing."""
    zero = torch.zeros(variant.dimension)
    if isinstance(attribute, Categorical):
        values = attribute.values_of[item]
        if len(values) == 0:
            return zero
        return p["embedding.values." + attribute.name][values].mean(dim=0)
    number = attribute.numbers[item]
    if math.isnan(number):
        return zero
    return fractional_power(p["embedding.base." + attribute.name], number)


def raw_vectors(variant, p):
    """[items + 2, d]: the items, the unknown item, the start token."""
    scale = 1.0 / math.sqrt(variant.dimension) if variant.paper_scale else 1.0
    rows = []
    for i in range(ITEMS + 2):
        embedding = p["embedding.items"][i]
        raw = embedding
        if i < ITEMS:
            for r, attribute in enumerate(variant.attributes):
                role = p["embedding.roles"][r]
                filler = circular_convolution(role, attribute_vector(variant, p, attribute, i))
                raw = raw + p["embedding.bound"][r] * scale * circular_convolution(embedding, filler)
                if not variant.paper_scale:
                    raw = raw + p["embedding.added"][r] * filler
        rows.append(raw)
    return torch.stack(rows)


def token_vectors(p, raw):
    return torch.stack([layer_norm(row, p["embedding.norm.gain"], p["embedding.norm.bias"]) for row in raw])


def mamba_step(variant, p, prefix, state, x):
    """One time step. state holds conv, the last W - 1 inputs of the convolution (oldest first), and h [N, E]."""
    E, N, R, W = variant.inner, variant.state_size, variant.rank, variant.conv_width
    vz = p[prefix + "in_projection.weight"] @ x
    v = vz[:E]
    z = vz[E:]

    window = state["conv"] + [v]
    state["conv"] = window[1:]
    convolved = p[prefix + "convolution.bias"]
    for j in range(W):
        convolved = convolved + p[prefix + "convolution.weight"][j] * window[j]
    v = silu(convolved)

    qBC = p[prefix + "x_projection.weight"] @ v
    q = qBC[:R]
    B = qBC[R:R + N]
    C = qBC[R + N:]
    delta = softplus(p[prefix + "delta_projection.weight"] @ q + p[prefix + "delta_projection.bias"])
    A = -torch.exp(p[prefix + "a_log"])

    h = torch.exp(delta.reshape(1, E) * A) * state["h"] + B.reshape(N, 1) * (delta * v).reshape(1, E)
    state["h"] = h
    y = (C.reshape(N, 1) * h).sum(dim=0) + p[prefix + "skip"] * v
    return p[prefix + "out_projection.weight"] @ (y * silu(z))


def feed_forward(p, prefix, x):
    hidden = gelu_tanh(p[prefix + "up.weight"] @ x + p[prefix + "up.bias"])
    return p[prefix + "down.weight"] @ hidden + p[prefix + "down.bias"]


def residual(variant, p, norm, x, function):
    gain = p[norm + ".gain"]
    bias = p[norm + ".bias"]
    if variant.post:
        return layer_norm(x + function(x), gain, bias)
    return x + function(layer_norm(x, gain, bias))


def encode(variant, p, inputs):
    """inputs: the tokens of one sequence, in order. Returns the outputs [len(inputs), d] and each block's state."""
    states = []
    for _ in range(variant.layers):
        conv = [torch.zeros(variant.inner) for _ in range(variant.conv_width - 1)]
        states.append({"conv": conv, "h": torch.zeros(variant.state_size, variant.inner)})
    outputs = []
    for x in inputs:
        for k in range(variant.layers):
            block = "blocks.%d." % k
            x = residual(variant, p, block + "mamba_norm", x,
                         lambda y: mamba_step(variant, p, block + "mamba.", states[k], y))
            if variant.feed_forward > 0:
                x = residual(variant, p, block + "feed_forward_norm", x,
                             lambda y: feed_forward(p, block + "feed_forward.", y))
        outputs.append(x)
    return torch.stack(outputs), states


def scores(variant, p, raw, x):
    if variant.tied:
        return raw[:ITEMS] @ x + p["head.bias"]
    return p["head.weight"] @ x


def run(variant, p, sequences):
    """Everything expected of the network, by record name, and the loss as a tensor that can be differentiated."""
    expected = {}
    raw = raw_vectors(variant, p)
    token = token_vectors(p, raw)
    expected["expected.raw"] = raw
    expected["expected.token"] = token
    losses = []
    for j, sequence in enumerate(sequences):
        start = ITEMS + 1
        inputs = [token[i] for i in [start] + sequence]
        encoded, states = encode(variant, p, inputs)
        expected["expected.encoded.%d" % j] = encoded
        for k in range(variant.layers):
            expected["expected.state.%d.%d.h" % (j, k)] = states[k]["h"]
            expected["expected.state.%d.%d.conv" % (j, k)] = torch.stack(states[k]["conv"])
        expected["expected.scores.%d" % j] = scores(variant, p, raw, encoded[-1])
        # The output at position t predicts the item that the sequence has next; the last output has no target.
        for t, target in enumerate(sequence):
            losses.append(-torch.log_softmax(scores(variant, p, raw, encoded[t]), dim=0)[target])
    loss = torch.stack(losses).mean()
    expected["expected.loss"] = loss
    return expected, loss


# ---- files


def write_record(file, name, value):
    """value: a number, a list of numbers or a tensor."""
    array = numpy.asarray(value.detach().numpy() if isinstance(value, torch.Tensor) else value)
    file.write(" ".join([name, str(array.ndim)] + [str(length) for length in array.shape]) + "\n")
    file.write(" ".join("%.9g" % number for number in array.reshape(-1)) + "\n")


def write_catalogue(file, variant):
    write_record(file, "catalogue.items", ITEMS)
    for attribute in variant.attributes:
        prefix = "attribute." + attribute.name
        if isinstance(attribute, Categorical):
            offsets = [0]
            indices = []
            for values in attribute.values_of:
                indices += values
                offsets.append(len(indices))
            write_record(file, prefix + ".kind", 0)
            write_record(file, prefix + ".values", attribute.values)
            write_record(file, prefix + ".offsets", offsets)
            write_record(file, prefix + ".indices", indices)
        else:
            write_record(file, prefix + ".kind", 1)
            write_record(file, prefix + ".numbers", attribute.numbers)


def write_variant(variant, folder):
    random = numpy.random.RandomState(variant.seed)
    p = make_parameters(variant, random)
    sequences = [random.randint(0, ITEMS, length).tolist() for length in SEQUENCE_LENGTHS]
    expected, loss = run(variant, p, sequences)
    loss.backward()

    with open(os.path.join(folder, "network_" + variant.name + ".txt"), "w", encoding="ascii") as file:
        for option in ["dimension", "layers", "state_size", "expand", "conv_width", "feed_forward", "post", "tied",
                       "paper_scale"]:
            write_record(file, "option." + option, int(getattr(variant, option)))
        write_catalogue(file, variant)
        for j, sequence in enumerate(sequences):
            write_record(file, "sequence.%d" % j, sequence)
        for name, value in p.items():
            write_record(file, "parameter." + name, value)
        for name, value in expected.items():
            write_record(file, name, value)
        for name, value in p.items():
            if value.requires_grad:
                write_record(file, "gradient." + name, value.grad)


# ---- variants

NAN = float("nan")
BRAND = Categorical("brand", 3, [[0], [2], [1], [1], [0], [2], [2], [0], [1], [0], [2]])
# Item 3 has no tag, items 0, 5 and 8 have several, nobody has tag 4.
TAGS = Categorical("tags", 5, [[0, 2], [1], [3], [], [2], [3, 0, 1], [1], [2], [1, 3], [0], [3]])
# Item 6 has no price; 0, 1 and a negative one are in.
PRICE = Numeric("price", [0.0, 1.0, -0.7, 2.5, 0.3, 1.25, NAN, -1.6, 0.9, 3.0, 0.05])

VARIANTS = [
    Variant("small_post_tied", 1, [BRAND, PRICE, TAGS]),
    # Odd, so that there is no Nyquist bin and no length is a multiple of a vector register's.
    Variant("small_post_tied_odd", 2, [BRAND, PRICE, TAGS], dimension=9),
    Variant("paper", 3, [BRAND], feed_forward=0, post=False, tied=False, paper_scale=True),
    Variant("pre_tied_no_attributes", 4, [], feed_forward=4, post=False),
    # The only one in which the rank of delta, ceil(d / 16), is not 1.
    Variant("rank_two_post_untied", 5, [TAGS, PRICE], dimension=17, layers=1, state_size=2, expand=1, conv_width=3,
            feed_forward=1, tied=False),
]


def main():
    folder = os.path.dirname(os.path.abspath(__file__))
    for variant in VARIANTS:
        write_variant(variant, folder)


if __name__ == "__main__":
    main()
