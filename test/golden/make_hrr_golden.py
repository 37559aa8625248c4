"""Writes hrr.txt, the golden vectors of the HRR algebra: what numpy, in double precision, makes of vectors that the test
makes again. Run it with Debian's /usr/bin/python3 (numpy 1.24); see README.md for the format."""

import pathlib

import numpy as np

LENGTHS = [1, 2, 3, 4, 5, 7, 64, 96, 100, 127, 128, 1000, 1024, 4096, 16000]
SAMPLES = 40
MASK = 2**64 - 1


def mix64(z):
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def noise(n, seed):
    """n numbers in [-1, 1) that are floats exactly: Random(seed) of src/base/random.hpp, the upper 24 bits of each draw."""
    state = mix64((seed + 0x9E3779B97F4A7C15) & MASK)
    out = []
    for _ in range(n):
        state = (state + 0x9E3779B97F4A7C15) & MASK
        out.append((mix64(state) >> 40) * 2.0**-23 - 1)
    return np.array(out)


def invertible(n, seed):
    """Noise of half the length of the 1 that is added to its first element: no coefficient of the spectrum is near 0."""
    x = (noise(n, seed) * 2.0 ** -np.ceil(np.log2(np.sqrt(n)) + 1)).astype(np.float32)
    x[0] += np.float32(1)
    return x.astype(np.float64)


def packed(spectrum, n):
    """The layout of fhrr."""
    return np.concatenate([spectrum.real[:1], np.stack([spectrum.real, spectrum.imag], 1)[1:].ravel()])[:n]


def power(x, p):
    n = len(x)
    spectrum = np.fft.rfft(x).astype(complex)
    raised = spectrum**p
    raised[0] = raised[0].real
    if n % 2 == 0:
        raised[-1] = raised[-1].real
    return np.fft.irfft(raised, n)


def operations(n):
    x, y, v = noise(n, 1), noise(n, 2), invertible(n, 3)
    fx, fy, fv = np.fft.rfft(x), np.fft.rfft(y), np.fft.rfft(v)
    results = {
        "bind": np.fft.irfft(fx * fy, n),
        "unbind": np.fft.irfft(fx * fy.conj(), n),
        "bundle": sum(noise(n, seed) for seed in range(1, 6)),
        "bind_all": np.fft.irfft(np.prod([np.fft.rfft(noise(n, seed)) for seed in range(1, 6)], axis=0), n),
        "exact_inverse": np.fft.irfft(1 / fv, n),
        "bind_power_2.5": power(v, 2.5),
        "bind_power_-0.3": power(v, -0.3),
        "permute": np.roll(x, 3),
    }
    yield from results.items()
    for name, result in results.items():
        yield "fhrr." + name, packed(np.fft.rfft(result), n)


def main():
    lines = []
    for n in LENGTHS:
        for name, result in operations(n):
            sample = result[[i * n // SAMPLES for i in range(SAMPLES)] if n > SAMPLES else slice(None)]
            lines.append(f"{n}.{name} 1 {len(sample) + 1}")
            lines.append(" ".join(f"{value:.9g}" for value in [np.linalg.norm(result), *sample]))
    pathlib.Path(__file__).with_name("hrr.txt").write_text("\n".join(lines) + "\n")


main()
