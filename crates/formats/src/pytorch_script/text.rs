//! The pieces of a script for a language model of characters: its data, its training loop, its writing.

/// The vocabulary.
pub(super) fn constants(symbols: &[char]) -> String {
    let text: String = symbols.iter().collect();
    // A JSON string is a Python string: both escape quotes, backslashes and control characters alike.
    let literal = serde_json::Value::String(text);
    format!("SYMBOLS = {literal}\nUNKNOWN = \"\\ufffd\"")
}

/// From a file to streams of symbols.
pub(super) fn data() -> String {
    r#"
def ids_from_text(text: str) -> Tensor:
    """The numbers of the characters. Strange ones are UNKNOWN, or left out if that is none of SYMBOLS."""
    ids = {symbol: index for index, symbol in enumerate(SYMBOLS)}
    found = (ids.get(symbol, ids.get(UNKNOWN)) for symbol in text)
    return torch.tensor([index for index in found if index is not None])


def streams_from_file(path: Path) -> tuple[Tensor, Tensor]:
    """Streams to train on, and held-out streams of the last twentieth of the text: [length, B] each."""
    # A byte-order mark is dropped, and every line end read as one newline.
    text = path.read_text(encoding="utf-8-sig")
    cut = len(text) - min(max(len(text) // 20, 8), 100_000)
    return streams(ids_from_text(text[:cut])), streams(ids_from_text(text[cut:]))


def streams(ids: Tensor) -> Tensor:
    """Contiguous parts of equal length, each a column: as many as BATCH, or as fill a window."""
    count = max(1, min(BATCH, len(ids) // (STEPS + 1)))
    length = len(ids) // count
    return ids[: length * count].reshape(count, length).T.contiguous()"#
        .to_owned()
}

/// Training and evaluation.
pub(super) fn training_loop(is_scheduled: bool) -> String {
    let (schedule, advance) = if is_scheduled {
        ("\n    schedule = schedule_of(optimizer)", "\n        schedule.step()")
    } else {
        ("", "")
    };
    r#"
def train(model: Network, text: Tensor, step_count: int) -> list[float]:
    """Reads the streams window by window, from the start again at their end. Returns each step's loss."""
    if len(text) < 2:
        raise ValueError("the text is too short to predict anything")
    steps = min(STEPS, len(text) - 1)
    optimizer = optimizer_of(model)SCHEDULE
    position, state, losses = 0, None, []
    model.train()
    for step in range(step_count):
        if position + steps >= len(text):
            position, state = 0, None
        window = text[position : position + steps + 1]
        position += steps
        loss, state = train_step(model, optimizer, window[:-1], window[1:], state)ADVANCE
        losses.append(loss)
        if (step + 1) % 100 == 0:
            print(f"step {step + 1}: {bits(loss):.3f} bits per character")
    return losses


@torch.no_grad()
def evaluate(model: Network, text: Tensor) -> float:
    """The mean cross-entropy over all of the streams, the state carried from window to window."""
    model.eval()
    total, count, state = 0.0, 0, None
    for position in range(0, len(text) - 1, STEPS):
        window = text[position : position + STEPS + 1]
        scores, state = model(window[:-1], state)
        targets = window[1:].flatten()
        total += functional.cross_entropy(scores.flatten(0, 1), targets, reduction="sum").item()
        count += targets.numel()
    return total / max(count, 1)


def bits(nats: float) -> float:
    return nats / math.log(2)"#
        .replace("SCHEDULE", schedule)
        .replace("ADVANCE", advance)
}

/// Sampling.
pub(super) fn writing() -> String {
    r#"
@torch.no_grad()
def write(model: Network, prompt: str, length: int, temperature: float) -> str:
    """Continues a prompt. A low temperature is bold, a high one wild, 0 takes the likeliest character."""
    model.eval()
    ids, state, written = ids_from_text(prompt), None, prompt
    if len(ids) == 0:
        ids = torch.tensor([max(SYMBOLS.find("\n"), 0)])
    for _ in range(length):
        scores, state = model(ids[:, None], state)
        last = scores[-1, 0]
        if UNKNOWN in SYMBOLS:
            last[SYMBOLS.index(UNKNOWN)] = -torch.inf
        if temperature > 0:
            ids = torch.multinomial(functional.softmax(last / temperature, dim=0), 1)
        else:
            ids = last.argmax()[None]
        written += SYMBOLS[ids.item()]
    return written"#
        .to_owned()
}

/// The command line.
pub(super) fn main() -> String {
    r#"
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", type=Path, help="start from these weights, as safetensors")
    parser.add_argument("--text", type=Path, help="train on this UTF-8 text")
    parser.add_argument("--steps", type=int, default=2000, help="training steps")
    parser.add_argument("--out", type=Path, help="write the trained weights here")
    parser.add_argument("--prompt", default="", help="what the text that is written begins with")
    parser.add_argument("--length", type=int, default=400, help="characters to write")
    parser.add_argument("--temperature", type=float, default=0.8)
    arguments = parser.parse_args()
    torch.manual_seed(SEED)
    model = network(arguments.weights)
    if arguments.text is not None:
        training, held_out = streams_from_file(arguments.text)
        train(model, training, arguments.steps)
        print(f"{bits(evaluate(model, held_out)):.3f} bits per character held out")
    if arguments.out is not None:
        save_file(WEIGHTS, arguments.out)
    print(write(model, arguments.prompt, arguments.length, arguments.temperature))"#
        .to_owned()
}
