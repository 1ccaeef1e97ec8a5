//! Files made to do harm: each ends in an error that says what was expected and what was found, without a
//! panic and without memory that the file does not justify. `fuzz/` looks for what is not thought of here.

use rnn_formats::{Architecture, FormatError, Tensor, WeightFile};
use rnn_labs::text::TextData;
use rnn_protocol::Experiment;

/// A file with this header, its true length in front, and so many zero bytes of data.
fn file(header: &str, data: usize) -> Vec<u8> {
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend_from_slice(header.as_bytes());
    bytes.resize(bytes.len() + data, 0);
    bytes
}

/// A header of one tensor.
fn one(dtype: &str, shape: &str, offsets: &str) -> String {
    format!(r#"{{"a":{{"dtype":"{dtype}","shape":{shape},"data_offsets":{offsets}}}}}"#)
}

/// What is said about a file; that it was read, if it was.
fn refusal(bytes: &[u8]) -> String {
    WeightFile::from_bytes(bytes).map_or_else(|error| error.to_string(), |file| format!("was read: {file:?}"))
}

#[test]
fn lengths_that_are_not_true_are_refused() {
    assert_eq!(WeightFile::from_bytes(&[1; 7]), Err(FormatError::NoHeader { found: 7 }));
    for found in [3, 1 << 32, u64::MAX] {
        let mut bytes = found.to_le_bytes().to_vec();
        bytes.extend_from_slice(b"{}");
        assert_eq!(WeightFile::from_bytes(&bytes), Err(FormatError::HeaderLength { file: 10, found }));
    }
    let spaces = file(&" ".repeat(100_000_001), 0);
    assert!(matches!(WeightFile::from_bytes(&spaces), Err(FormatError::HeaderTooLong { .. })));
}

#[test]
fn headers_that_are_no_header_are_refused() {
    let mut bytes = file("{\"a\u{e9}\":{}}", 0);
    bytes[11] = 0xff;
    assert_eq!(WeightFile::from_bytes(&bytes), Err(FormatError::HeaderNotUtf8 { offset: 11 }));
    let deep = format!("{{\"a\":{{\"x\":{}", "[".repeat(100_000));
    let tensor = r#"{"dtype":"F32","shape":[0],"data_offsets":[0,0]}"#;
    let cases = [
        ("", "EOF"),
        ("[]", "an object of tensors"),
        ("{", "EOF"),
        ("{}x", "trailing"),
        (&deep, "EOF"),
        (r#"{"a":null}"#, "invalid type: null"),
        (r#"{"a":{"dtype":"F32","shape":[1]}}"#, "missing field `data_offsets`"),
        (r#"{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, "duplicate field"),
        (&one("F32", "[-1]", "[0,4]"), "invalid value: integer `-1`"),
        (&one("F32", "[1.5]", "[0,4]"), "invalid type: floating point"),
        (&one("F32", "[18446744073709551616]", "[0,4]"), "invalid type: floating point"),
        (&one("F32", "[1]", "[0,4,8]"), "trailing"),
        (&format!(r#"{{"a":{tensor},"a":{tensor}}}"#), "the name “a” occurs twice"),
        (r#"{"__metadata__":{"step":1}}"#, "expected a string"),
        (r#"{"__metadata__":{"step":"1","step":"2"}}"#, "the key “step” occurs twice"),
        (r#"{"__metadata__":{},"__metadata__":{}}"#, "“__metadata__” occurs twice"),
        (r#"{"a\ud800":{}}"#, "hex escape"),
    ];
    for (header, expected) in cases {
        let found = refusal(&file(header, 4));
        assert!(found.contains(expected), "{header:.60}: {found}");
        assert!(found.starts_with("the header must be a JSON object"), "{found}");
    }
}

#[test]
fn shapes_and_ranges_that_do_not_fit_are_refused() {
    let tensor = |name: &str, from: u64, to: u64| {
        format!(r#""{name}":{{"dtype":"F32","shape":[{}],"data_offsets":[{from},{to}]}}"#, (to - from) / 4)
    };
    let two = |first: (u64, u64), second: (u64, u64)| {
        format!("{{{},{}}}", tensor("a", first.0, first.1), tensor("b", second.0, second.1))
    };
    let huge = "[4294967296,4294967296]";
    let cases = [
        (one("F32", huge, "[0,0]"), "a shape that no memory holds: [4294967296, 4294967296]"),
        (one("F64", "[2305843009213693952]", "[0,0]"), "a shape that no memory holds"),
        // As many bytes as the file has only after the product has wrapped around.
        (one("F32", "[4611686018427387905]", "[0,4]"), "a shape that no memory holds"),
        (
            one("F32", "[1000000000000]", "[0,4]"),
            "takes 4000000000000 bytes by its shape, found a range of 4",
        ),
        (
            one("F32", "[1000000000000]", "[0,4000000000000]"),
            "take 4000000000000 bytes after the header, found 8",
        ),
        (one("F32", "[2]", "[0,4]"), "takes 8 bytes by its shape, found a range of 4"),
        (one("F32", "[2]", "[8,0]"), "must begin at byte 0, where the tensor before ends; found 8"),
        (one("F32", "[1]", "[0,4]"), "the tensors take 4 bytes after the header, found 8"),
        (one("F32", "[1]", "[4,8]"), "must begin at byte 0"),
        (one("F32", "[1]", "[18446744073709551614,18446744073709551615]"), "must begin at byte 0"),
        (one("F32", "[0]", "[0,0]"), "the tensors take 0 bytes after the header, found 8"),
        (two((0, 4), (0, 4)), "“b” must begin at byte 4, where the tensor before ends; found 0"),
        (two((0, 8), (4, 8)), "“b” must begin at byte 8"),
        (two((0, 4), (8, 12)), "“b” must begin at byte 4"),
        (two((0, 4), (4, 12)), "the tensors take 12 bytes after the header, found 8"),
    ];
    for (header, expected) in cases {
        let found = refusal(&file(&header, 8));
        assert!(found.contains(expected), "{header}: {found}");
    }
}

#[test]
fn numbers_that_cannot_be_computed_with_are_refused() {
    for dtype in ["F8_E4M3", "f32", "", "C64", "i64"] {
        let found = refusal(&file(&one(dtype, "[1]", "[0,4]"), 4));
        assert!(
            found.contains(&format!("“a” must hold F64, F32, F16 or BF16 numbers, found {dtype};")),
            "{found}"
        );
    }
    let with_last = |dtype: &str, number: &[u8]| {
        let len = number.len();
        let mut bytes = file(&one(dtype, "[3,1]", &format!("[0,{}]", 3 * len)), 2 * len);
        bytes.extend_from_slice(number);
        refusal(&bytes)
    };
    let cases = [
        (with_last("F32", &f32::NAN.to_le_bytes()), "NaN"),
        (with_last("F32", &f32::NEG_INFINITY.to_le_bytes()), "-inf"),
        (with_last("F16", &0x7c00_u16.to_le_bytes()), "inf"),
        (with_last("F16", &0xfc01_u16.to_le_bytes()), "NaN"),
        (with_last("BF16", &0x7f80_u16.to_le_bytes()), "inf"),
        (with_last("F64", &f64::NAN.to_le_bytes()), "NaN"),
        // Finite, and yet no `f32`.
        (with_last("F64", &(-1e300_f64).to_le_bytes()), "-1e300"),
    ];
    for (found, number) in cases {
        assert_eq!(
            found,
            format!("the tensor “a” must hold finite F32 numbers, found {number} at position 2")
        );
    }
}

#[test]
fn whole_numbers_are_measured_though_they_are_not_read() {
    for (dtype, size) in [("BOOL", 1), ("U8", 1), ("I16", 2), ("U32", 4), ("I64", 8)] {
        let whole = file(&one(dtype, "[3]", &format!("[0,{}]", 3 * size)), 3 * size);
        let read = WeightFile::from_bytes(&whole).unwrap();
        assert_eq!((read.tensors.len(), read.whole.len()), (0, 1), "{dtype}");
        let found = refusal(&file(&one(dtype, "[4]", &format!("[0,{}]", 3 * size)), 3 * size));
        assert!(found.contains(&format!("takes {} bytes by its shape", 4 * size)), "{found}");
        let huge = refusal(&file(&one(dtype, "[4294967296,4294967296]", "[0,0]"), 0));
        assert!(huge.contains("a shape that no memory holds"), "{huge}");
    }
    // A network is not made without the weights that were given as whole numbers.
    let quantised = r#"{"weight_ih_l0":{"dtype":"I8","shape":[3,3],"data_offsets":[0,9]}}"#;
    let read = WeightFile::from_bytes(&file(quantised, 9)).unwrap();
    let error = Architecture::infer(&read).unwrap_err().to_string();
    assert!(error.contains("“weight_ih_l0” must hold F64, F32, F16 or BF16 numbers, found I8"), "{error}");
}

#[test]
fn no_cut_and_no_changed_byte_makes_a_panic() {
    let header = format!("{{\"__metadata__\":{{\"k\":\"v\"}},{}", &one("F16", "[2,2]", "[0,8]")[1..]);
    let whole = file(&header, 8);
    assert!(WeightFile::from_bytes(&whole).is_ok());
    for cut in 0..whole.len() {
        assert!(WeightFile::from_bytes(&whole[..cut]).is_err(), "cut at {cut}");
    }
    for place in 0..whole.len() {
        for byte in 0..=u8::MAX {
            let mut bytes = whole.clone();
            bytes[place] = byte;
            // Read or refused: it must only come back.
            let _ = WeightFile::from_bytes(&bytes);
        }
    }
}

#[test]
fn very_many_tensors_take_little_time() {
    let many = |name: &dyn Fn(usize) -> String, shape: [usize; 2]| {
        let tensors =
            (0..100_000).map(|index| Tensor::new(name(index), shape, vec![0.0; shape[0] * shape[1]]));
        let file = WeightFile { tensors: tensors.collect(), ..WeightFile::default() };
        let read = WeightFile::from_bytes(&file.to_bytes().unwrap()).unwrap();
        Architecture::infer(&read).unwrap_err().to_string()
    };
    // A search for each of them among all would take minutes.
    let begun = std::time::Instant::now();
    let cases = [
        (many(&|index| format!("{index}.weight"), [1, 1]), "no recurrent layer was found"),
        (many(&|index| format!("{index}.weight_ih_l0"), [1, 1]), "two stacks of recurrent layers"),
        (many(&|index| format!("weight_ih_l{index}"), [0, 7]), "“weight_hh_l0” is missing"),
    ];
    for (found, expected) in cases {
        assert!(found.contains(expected) && found.len() < 1000, "{found:.200}");
    }
    assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
}

#[test]
fn no_bytes_make_the_reader_of_texts_panic() {
    for byte in 0..=u8::MAX {
        for unit in [&[byte][..], &[b'a', byte], &[byte, 0x80, b'\r']] {
            for repeats in [0, 1, 31, 32, 33, 100] {
                if let Ok(data) = TextData::read(unit.repeat(repeats)) {
                    let symbols = data.vocabulary().len();
                    assert!(symbols >= 2);
                    let ids = data.training().iter().chain(data.validation());
                    assert!(ids.into_iter().all(|&id| usize::from(id) < symbols));
                }
            }
        }
    }
}

#[test]
fn experiments_that_cannot_be_run_are_refused() {
    let cases = [
        ("", "EOF"),
        ("nul", "EOF"),
        ("[]]", "trailing"),
        (r#"{"model":{"layers":-1}}"#, "invalid value"),
        (r#"{"model":{"cell":"transformer"}}"#, "unknown variant `transformer`"),
        (r#"{"training":{"learning_rate":"fast"}}"#, "invalid type"),
    ];
    for (json, expected) in cases {
        let error = serde_json::from_str::<Experiment>(json).unwrap_err().to_string();
        assert!(error.contains(expected), "{json}: {error}");
    }
    let out_of_bounds = [
        r#"{"model":{"layers":9}}"#,
        r#"{"model":{"hidden_size":0}}"#,
        r#"{"training":{"learning_rate":-1e-9}}"#,
        r#"{"training":{"clip_norm":1e39}}"#,
        r#"{"sampling":{"temperature":1e30}}"#,
    ];
    for json in out_of_bounds {
        let experiment: Experiment = serde_json::from_str(json).unwrap();
        assert!(experiment.check().is_err(), "{json}");
    }
}
