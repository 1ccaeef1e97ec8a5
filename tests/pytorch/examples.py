"""Writes the files of examples that are no text, `frames.npz` and `pictures.npz`.

    python examples.py FOLDER

They can be learnt: what is to be written follows from the signs of the numbers that are read.
"""

import sys
from pathlib import Path

import numpy

COUNT, STEPS, LABELS = 24, 6, 3


def main() -> None:
    folder = Path(sys.argv[1])
    random = numpy.random.default_rng(1)
    frames = random.normal(size=(COUNT, STEPS, 3))
    labels = 1 + (frames[:, :LABELS, 0] > 0)
    lengths = random.integers(2 * LABELS - 1, STEPS + 1, COUNT), random.integers(1, LABELS, COUNT)
    numpy.savez(
        folder / "frames.npz", frames=frames, frame_lengths=lengths[0], labels=labels, label_lengths=lengths[1]
    )
    images = random.normal(size=(COUNT, 2, 9, 7))
    captions = 3 + (images[:, 0, 0, :LABELS] > 0)
    captions[::2, -1] = -1
    numpy.savez(folder / "pictures.npz", images=images, captions=captions)


if __name__ == "__main__":
    main()
