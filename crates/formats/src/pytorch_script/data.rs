//! The pieces of a script that read its data: a file becomes a list of examples, and some of them a batch.

use super::{Unit, Vocabulary};

/// Words as a list in Python, some to a line.
pub(super) fn list(name: &str, words: &[String]) -> String {
    // A JSON string is a Python string: both escape quotes, backslashes and control characters alike.
    let words: Vec<_> = words.iter().map(|word| serde_json::Value::from(&**word).to_string()).collect();
    let short = format!("{name} = [{}]", words.join(", "));
    if short.chars().count() <= 100 {
        return short;
    }
    format!("{name} = [\n    {},\n]", words.join(",\n    "))
}

/// A vocabulary's constants and how a text becomes its numbers.
pub(super) fn vocabulary(prefix: &str, vocabulary: &Vocabulary) -> String {
    let list = list(&format!("{prefix}SYMBOLS"), vocabulary.symbols);
    let unknown = vocabulary.unknown.map_or("None".to_owned(), |unknown| unknown.to_string());
    format!("{list}\n{prefix}UNKNOWN = {unknown}")
}

/// From a text to numbers.
pub(super) fn ids(prefix: &str, unit: Unit) -> String {
    let split = match unit {
        Unit::Character => "text",
        Unit::Word => "text.split()",
    };
    let name = prefix.to_lowercase();
    format!(
        r#"
def {name}ids_from_text(text: str) -> Tensor:
    """The numbers of its symbols. Strange ones are {prefix}UNKNOWN, or left out if there is none."""
    ids = {{symbol: index for index, symbol in enumerate({prefix}SYMBOLS)}}
    found = (ids.get(symbol, {prefix}UNKNOWN) for symbol in {split})
    return torch.tensor([index for index in found if index is not None], dtype=torch.long)"#
    )
}

/// Lines of a class, a tab and a text.
pub(super) fn classified_texts() -> String {
    r#"
def examples_from_file(path: Path) -> list:
    """Lines of a class, a tab and a text."""
    rows = [line.split("\t", 1) for line in path.read_text(encoding="utf-8-sig").splitlines() if "\t" in line]
    examples = [(ids_from_text(text), CLASSES.index(name)) for name, text in rows]
    return [example for example in examples if len(example[0]) > 0]


def batch_of(examples: list) -> tuple[Tensor, ...]:
    """Symbols [T, B], lengths [B] and classes [B]."""
    texts, classes = zip(*examples)
    return pad_sequence(texts), torch.tensor([len(text) for text in texts]), torch.tensor(classes)"#
        .to_owned()
}

/// Lines of a word and a tag.
pub(super) fn tagged_words() -> String {
    r#"
def examples_from_file(path: Path) -> list:
    """Lines of a word and its tag, and an empty line after each sentence."""
    ids = {word: index for index, word in enumerate(SYMBOLS)}
    examples = []
    for sentence in path.read_text(encoding="utf-8-sig").split("\n\n"):
        rows = [line.split() for line in sentence.splitlines() if line.strip()]
        rows = [(ids.get(row[0], UNKNOWN), TAGS.index(row[-1])) for row in rows]
        if rows and all(word is not None for word, _ in rows):
            examples.append(torch.tensor(rows))
    return examples


def batch_of(examples: list) -> tuple[Tensor, ...]:
    """Words [T, B], lengths [B] and tags [T, B], −1 where a sentence has ended."""
    words = pad_sequence([example[:, 0] for example in examples])
    tags = pad_sequence([example[:, 1] for example in examples], padding_value=-1)
    return words, torch.tensor([len(example) for example in examples]), tags"#
        .to_owned()
}

/// Rows of numbers.
pub(super) fn table() -> String {
    r#"
def examples_from_file(path: Path) -> list:
    """Windows of the rows of a CSV file under a line of names, each column with mean 0 and variance 1.
    The first INPUTS columns are read, and the first OUTPUTS // AHEAD of them forecast."""
    lines = path.read_text(encoding="utf-8-sig").splitlines()[1:]
    rows = torch.tensor([[float(cell) for cell in line.split(",")[:INPUTS]] for line in lines if line])
    rows = (rows - rows.mean(dim=0)) / rows.std(dim=0).clamp(min=1e-6)
    starts = range(STEPS, len(rows) - AHEAD + 1)
    read = [rows[start - STEPS : start] for start in starts]
    followed = [rows[start : start + AHEAD, : OUTPUTS // AHEAD].flatten() for start in starts]
    return list(zip(read, followed))


def batch_of(examples: list) -> tuple[Tensor, ...]:
    """Measurements [T, B, INPUTS] and what followed [B, OUTPUTS]."""
    inputs, targets = zip(*examples)
    return torch.stack(inputs, dim=1), torch.stack(targets)"#
        .to_owned()
}

/// Lists of frames and labels.
pub(super) fn frames() -> String {
    r#"
def examples_from_file(path: Path) -> list:
    """An .npz file of `frames` [N, T, INPUTS] and `labels` [N, S], padded, and of how many of each count,
    `frame_lengths` and `label_lengths` [N]."""
    with numpy.load(path) as file:
        frames, labels = torch.from_numpy(file["frames"]).float(), torch.from_numpy(file["labels"]).long()
        lengths = zip(file["frame_lengths"].tolist(), file["label_lengths"].tolist())
    return [(frames[index, :long], labels[index, :short]) for index, (long, short) in enumerate(lengths)]


def batch_of(examples: list) -> tuple[Tensor, ...]:
    """Frames [T, B, INPUTS], lengths [B], labels [B, S] and lengths [B]."""
    frames, labels = zip(*examples)
    lengths = [torch.tensor([len(part) for part in parts]) for parts in (frames, labels)]
    return pad_sequence(frames), lengths[0], pad_sequence(labels, batch_first=True), lengths[1]"#
        .to_owned()
}

/// Lines of a source, a tab and a target.
pub(super) fn pairs() -> String {
    r#"
def examples_from_file(path: Path) -> list:
    """Lines of a source, a tab and a target."""
    rows = [line.split("\t", 1) for line in path.read_text(encoding="utf-8-sig").splitlines() if "\t" in line]
    pairs = [(source_ids_from_text(source), target_ids_from_text(target)) for source, target in rows]
    return [(source, target) for source, target in pairs if len(source) > 0]


def batch_of(examples: list) -> tuple[Tensor, ...]:
    """Sources [T, B], lengths [B], and targets [S, B] that end in END, −1 behind it."""
    sources, targets = zip(*examples)
    targets = [torch.cat([target, torch.tensor([END])]) for target in targets]
    lengths = torch.tensor([len(source) for source in sources])
    return pad_sequence(sources), lengths, pad_sequence(targets, padding_value=-1)"#
        .to_owned()
}

/// Pictures and their captions.
pub(super) fn pictures() -> String {
    r#"
def examples_from_file(path: Path) -> list:
    """An .npz file of `images` [N, CHANNELS, height, width] and of `captions` [N, S], padded with −1."""
    with numpy.load(path) as file:
        images, captions = torch.from_numpy(file["images"]).float(), torch.from_numpy(file["captions"]).long()
    return [(image, caption[caption >= 0]) for image, caption in zip(images, captions)]


def batch_of(examples: list) -> tuple[Tensor, ...]:
    """Pictures [B, CHANNELS, height, width], and captions [S, B] that end in END, −1 behind it."""
    images, captions = zip(*examples)
    captions = [torch.cat([caption, torch.tensor([END])]) for caption in captions]
    return torch.stack(images), pad_sequence(captions, padding_value=-1)"#
        .to_owned()
}

/// Training on examples, and the command line.
pub(super) fn training_loop(is_scheduled: bool) -> String {
    let (schedule, advance) = if is_scheduled {
        ("\n    schedule = schedule_of(optimizer)", "\n        schedule.step()")
    } else {
        ("", "")
    };
    r#"
def train(model: Network, examples: list, step_count: int) -> list[float]:
    """Learns from BATCH random examples a step. Returns each step's loss."""
    optimizer = optimizer_of(model)SCHEDULE
    losses = []
    model.train()
    for step in range(step_count):
        chosen = torch.randint(len(examples), (min(BATCH, len(examples)),))
        losses.append(train_step(model, optimizer, batch_of([examples[index] for index in chosen])))ADVANCE
        if (step + 1) % 100 == 0:
            print(f"step {step + 1}: loss {losses[-1]:.4f}")
    return losses


@torch.no_grad()
def evaluate(model: Network, examples: list) -> float:
    """The mean loss over all examples."""
    model.eval()
    batches = [examples[start : start + BATCH] for start in range(0, len(examples), BATCH)]
    total = sum(loss_of(model, batch_of(batch)).item() * len(batch) for batch in batches)
    return total / len(examples)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", type=Path, help="start from these weights, as safetensors")
    parser.add_argument("--data", type=Path, help="train on this file; see examples_from_file")
    parser.add_argument("--steps", type=int, default=2000, help="training steps")
    parser.add_argument("--out", type=Path, help="write the trained weights here")
    arguments = parser.parse_args()
    torch.manual_seed(SEED)
    model = network(arguments.weights)
    if arguments.data is not None:
        examples = examples_from_file(arguments.data)
        cut = len(examples) - len(examples) // 20
        train(model, examples[:cut], arguments.steps)
        if examples[cut:]:
            print(f"loss {evaluate(model, examples[cut:]):.4f} on the last twentieth")
    if arguments.out is not None:
        save_file(WEIGHTS, arguments.out)
    print(f"{sum(parameter.numel() for parameter in model.parameters()):,} parameters")"#
        .replace("SCHEDULE", schedule)
        .replace("ADVANCE", advance)
}
