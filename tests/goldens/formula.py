"""Numbers by formula, the same to the last bit as `tests/src/formula.rs` computes."""

MASK = 0xFFFFFFFF


def number(salt: int, index: int) -> float:
    """Number `index` of the sequence `salt`, in [-1, 1): an integer hash, of which 24 bits are kept."""
    bits = (index * 2654435761 + salt * 2246822519 + 374761393) & MASK
    bits = ((bits ^ (bits >> 15)) * 2246822519) & MASK
    bits = ((bits ^ (bits >> 13)) * 3266489917) & MASK
    bits ^= bits >> 16
    return (bits >> 8) / (1 << 23) - 1.0


def numbers(salt: int, count: int, scale: float) -> list[float]:
    """The first `count` numbers of the sequence `salt`, times `scale`."""
    return [scale * number(salt, index) for index in range(count)]


def indices(salt: int, count: int, size: int) -> list[int]:
    """`count` indices below `size` from the sequence `salt`."""
    return [int((number(salt, index) + 1.0) / 2.0 * size) for index in range(count)]
