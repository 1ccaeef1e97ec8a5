//! `rnn export`, from a training run to the files; what they hold is tested in `tests/`.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{fs, io};

type Outcome = Result<(), Box<dyn Error>>;

fn rnn(folder: &Path, arguments: &[&str]) -> io::Result<Output> {
    Command::new(env!("CARGO_BIN_EXE_rnn")).current_dir(folder).args(arguments).output()
}

/// What a command that must succeed says on standard error.
fn succeed(folder: &Path, arguments: &[&str]) -> Result<String, Box<dyn Error>> {
    let output = rnn(folder, arguments)?;
    let errors = String::from_utf8(output.stderr)?;
    if output.status.success() { Ok(errors) } else { Err(format!("rnn {arguments:?}: {errors}").into()) }
}

fn folder(name: &str) -> io::Result<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

#[test]
fn a_trained_network_is_exported() -> Outcome {
    let folder = folder("export")?;
    fs::write(folder.join("text.txt"), "the whale, the sea, the ship; “call me” what you like.\n".repeat(9))?;
    let sizes = ["--set", "hidden_size=5", "--set", "embedding_size=3", "--set", "cell=elman"];
    let train = ["train", "text", "--data", "text.txt", "--steps", "2", "--out", "model.safetensors"];
    succeed(&folder, &[&train[..], &sizes[..]].concat())?;
    let said = succeed(&folder, &["export", "onnx", "--model", "model.safetensors", "--out", "model.onnx"])?;
    assert_eq!(said, "", "nothing has to be assumed of our own files");
    // IR version 8, the producer, and the vocabulary among the metadata.
    let bytes = fs::read(folder.join("model.onnx"))?;
    assert!(bytes.starts_with(b"\x08\x08\x12\x0ernn-playground"));
    assert!(bytes.windows(10).any(|window| window == b"vocabulary"));
    succeed(&folder, &["export", "pytorch", "--model", "model.safetensors", "--out", "model.py"])?;
    let script = fs::read_to_string(folder.join("model.py"))?;
    assert!(
        script.starts_with("\"\"\"A language model: an embedding, 1 RNN layer and a linear layer"),
        "{script}"
    );
    assert!(
        script.contains("\nSYMBOLS = \"\\n ,.;") && script.contains("nn.RNN(EMBEDDING, HIDDEN, LAYERS)"),
        "{script}"
    );
    Ok(())
}

#[test]
fn what_is_no_network_is_refused_in_a_sentence() -> Outcome {
    let folder = folder("export-refused")?;
    let mut empty = 2_u64.to_le_bytes().to_vec();
    empty.extend_from_slice(b"{}");
    fs::write(folder.join("empty.safetensors"), empty)?;
    fs::write(folder.join("text.txt"), "call me")?;
    let cases = [
        ("onnx", "empty.safetensors", "empty.safetensors: cannot tell what network"),
        ("onnx", "text.txt", "text.txt: a safetensors file begins with 8 bytes"),
        ("onnx", "absent", "cannot read absent"),
        ("pytorch", "empty.safetensors", "is not a model that `rnn train` wrote"),
    ];
    for (format, model, expected) in cases {
        let output = rnn(&folder, &["export", format, "--model", model, "--out", "out"])?;
        let errors = String::from_utf8(output.stderr)?;
        assert!(!output.status.success() && errors.starts_with("error: "), "{errors}");
        assert!(errors.contains(expected), "{errors}");
        assert!(!folder.join("out").exists());
    }
    Ok(())
}
