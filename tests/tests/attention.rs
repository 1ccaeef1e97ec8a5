//! What attention promises beside its numbers: what lies behind a source's length reaches nothing, a batch
//! gives what its sources give one by one, work that is cut into parts gives what it gives whole, and what
//! cannot be recorded is refused.

use rnn_compute::ops::{
    AttentionOutput, DotScale, Sources, additive_attention, dot_attention, masked_softmax,
};
use rnn_compute::{
    Backend, ComputeError, Cpu, GradientScope, Gradients, PackingVar, ParameterList, ParameterRole,
    Parameters, Pass, Real, Recorder, Reference, Shape, Tape, Var,
};
use rnn_tests::formula::numbers;

type Outcome = Result<(), ComputeError>;

/// How scores are computed.
#[derive(Debug, Clone, Copy)]
enum Form {
    Additive,
    Dot(DotScale),
}

const FORMS: [Form; 3] = [Form::Additive, Form::Dot(DotScale::One), Form::Dot(DotScale::InverseRoot)];

/// The numbers of a batch of sources, and what its results' gradients are.
#[derive(Debug, Clone)]
struct Numbers {
    /// S, B, K and H.
    sizes: [usize; 4],
    lengths: Vec<usize>,
    query: Vec<f64>,
    keys: Vec<f64>,
    values: Vec<f64>,
    d_weights: Vec<f64>,
    d_context: Vec<f64>,
}

impl Numbers {
    fn new(sizes @ [steps, batch, width, hidden]: [usize; 4], lengths: &[usize]) -> Self {
        Self {
            sizes,
            lengths: lengths.to_vec(),
            query: numbers(700, batch * width, 1.0),
            keys: numbers(701, steps * batch * width, 1.0),
            values: numbers(702, steps * batch * hidden, 1.0),
            d_weights: numbers(703, batch * steps, 1.0),
            d_context: numbers(704, batch * hidden, 1.0),
        }
    }

    /// One of its sources by itself, cut to its length.
    fn alone(&self, source: usize) -> Self {
        let [_, batch, width, hidden] = self.sizes;
        let steps = self.lengths[source];
        let row = |numbers: &[f64], width: usize| numbers[source * width..][..width].to_vec();
        let states = |numbers: &[f64], width: usize| -> Vec<f64> {
            numbers.chunks(batch * width).take(steps).flat_map(|step| row(step, width)).collect()
        };
        Self {
            sizes: [steps, 1, width, hidden],
            lengths: vec![steps],
            query: row(&self.query, width),
            keys: states(&self.keys, width),
            values: states(&self.values, hidden),
            d_weights: row(&self.d_weights, self.sizes[0])[..steps].to_vec(),
            d_context: row(&self.d_context, hidden),
        }
    }
}

/// All results and gradients.
#[derive(Debug, Clone, PartialEq)]
struct Results<R> {
    scores: Vec<R>,
    weights: Vec<R>,
    context: Vec<R>,
    d_query: Vec<R>,
    d_keys: Vec<R>,
    d_values: Vec<R>,
    d_v: Vec<R>,
    parts: usize,
}

fn converted<R: Real>(numbers: &[f64]) -> Vec<R> {
    numbers.iter().map(|&number| R::from_f64(number)).collect()
}

/// A recorded attention.
struct Graph<B: Backend> {
    tape: Tape<B>,
    parameters: Parameters<B>,
    lengths: PackingVar,
    inputs: [Var; 3],
    output: AttentionOutput,
}

impl<B: Backend> Graph<B> {
    /// Attention to sources with lengths.
    fn new(backend: &B, form: Form, numbers: &Numbers) -> Result<Self, ComputeError> {
        let [steps, batch, width, hidden] = numbers.sizes;
        let mut list = ParameterList::default();
        let v = list.declare("v", [1, width], ParameterRole::LinearWeight);
        let mut recorder = Recorder::new();
        let lengths = recorder.packing(steps, batch);
        let query = recorder.input([batch, width]);
        let (keys, values) = (recorder.input([steps, batch, width]), recorder.input([steps, batch, hidden]));
        let sources = Sources { keys, values, lengths: Some(lengths) };
        let output = match form {
            Form::Additive => additive_attention(&mut recorder, query, sources, (v, list.shape(v)))?,
            Form::Dot(scale) => dot_attention(&mut recorder, query, sources, scale)?,
        };
        let tape = recorder.finish(backend.clone(), Gradients::Kept);
        let mut parameters = Parameters::new(backend.clone(), &list);
        parameters.write(v, &self::numbers(705, width, 1.0))?;
        Ok(Self { tape, parameters, lengths, inputs: [query, keys, values], output })
    }

    /// Forward and back.
    fn run(&mut self, numbers: &Numbers) -> Result<Results<B::Elem>, ComputeError> {
        let Self { tape, parameters, lengths, inputs, output } = self;
        tape.write_lengths(*lengths, &numbers.lengths)?;
        for (&input, numbers) in inputs.iter().zip([&numbers.query, &numbers.keys, &numbers.values]) {
            tape.write(input, &converted(numbers))?;
        }
        tape.forward(parameters);
        tape.zero_gradients();
        parameters.zero_gradients();
        tape.write_gradient(output.weights, &converted(&numbers.d_weights))?;
        tape.write_gradient(output.context, &converted(&numbers.d_context))?;
        let (mut pass, mut parts) = (Pass::backward(GradientScope::Everything), 1);
        while !tape.advance(&mut pass, parameters) {
            parts += 1;
        }
        let read = |var| tape.read(var).into_iter().collect();
        let [d_query, d_keys, d_values] = inputs.map(|var| tape.read_gradient(var).into_iter().collect());
        Ok(Results {
            scores: read(output.scores),
            weights: read(output.weights),
            context: read(output.context),
            d_query,
            d_keys,
            d_values,
            d_v: parameters.read_gradient(parameters.find("v")?).into_iter().collect(),
            parts,
        })
    }
}

fn check_padding<B: Backend>(backend: &B) -> Outcome {
    for form in FORMS {
        let plain = Numbers::new([6, 4, 5, 3], &[2, 6, 1, 4]);
        let [steps, batch, width, hidden] = plain.sizes;
        let mut spoilt = plain.clone();
        for (source, &length) in plain.lengths.iter().enumerate() {
            for step in length..steps {
                let state = step * batch + source;
                spoilt.keys[state * width..][..width].fill(f64::NAN);
                spoilt.values[state * hidden..][..hidden].fill(f64::INFINITY);
                spoilt.d_weights[source * steps + step] = f64::NAN;
            }
        }
        let mut graph = Graph::new(backend, form, &plain)?;
        let expected = graph.run(&plain)?;
        // What a batch without padding leaves behind must not stay either.
        let whole = Numbers { lengths: vec![steps; batch], ..plain.clone() };
        assert_ne!(graph.run(&whole)?, expected, "{form:?}: lengths change nothing");
        assert_eq!(graph.run(&spoilt)?, expected, "{form:?}: padding is read");
        for (source, &length) in plain.lengths.iter().enumerate() {
            for numbers in [&expected.scores, &expected.weights] {
                let padding = &numbers[source * steps..][length..steps];
                assert!(padding.iter().all(|number| number.to_f64() == 0.0), "{form:?}: {padding:?}");
            }
        }
    }
    Ok(())
}

#[test]
fn padding_changes_nothing() -> Outcome {
    check_padding(&Reference::<f64>::new())?;
    check_padding(&Cpu)
}

/// Every number but the gradient of v, which is a sum over sources, has the same bits.
fn check_alone<B: Backend>(backend: &B, form: Form, batch: &Numbers, tolerance: f64) -> Outcome {
    let [steps, count, width, hidden] = batch.sizes;
    let together = Graph::new(backend, form, batch)?.run(batch)?;
    let mut d_v = vec![0.0; width];
    for source in 0..count {
        let numbers = batch.alone(source);
        let alone = Graph::new(backend, form, &numbers)?.run(&numbers)?;
        let length = batch.lengths[source];
        let row = |numbers: &[B::Elem], width: usize| numbers[source * width..][..width].to_vec();
        let states = |numbers: &[B::Elem], width: usize| -> Vec<B::Elem> {
            numbers.chunks(count * width).take(length).flat_map(|step| row(step, width)).collect()
        };
        let cut = Results {
            scores: row(&together.scores, steps)[..length].to_vec(),
            weights: row(&together.weights, steps)[..length].to_vec(),
            context: row(&together.context, hidden),
            d_query: row(&together.d_query, width),
            d_keys: states(&together.d_keys, width),
            d_values: states(&together.d_values, hidden),
            d_v: alone.d_v.clone(),
            parts: alone.parts,
        };
        assert_eq!(cut, alone, "{form:?}: source {source} of {:?}", batch.sizes);
        let sum: f64 = alone.weights.iter().map(|weight| weight.to_f64()).sum();
        assert!((sum - 1.0).abs() <= tolerance, "{form:?}: the weights of source {source} sum to {sum}");
        for (total, d_v) in d_v.iter_mut().zip(alone.d_v) {
            *total += d_v.to_f64();
        }
    }
    let largest = d_v.iter().fold(1.0_f64, |largest, number| largest.max(number.abs()));
    for (found, expected) in together.d_v.iter().zip(d_v) {
        assert!((found.to_f64() - expected).abs() <= tolerance * largest, "dv: {found}, not {expected}");
    }
    Ok(())
}

#[test]
fn a_batch_gives_what_its_sources_give_alone() -> Outcome {
    let batch = Numbers::new([5, 7, 3, 2], &[5, 1, 3, 2, 5, 4, 1]);
    for form in FORMS {
        check_alone(&Reference::<f64>::new(), form, &batch, 1e-14)?;
        // Measured 8.9e-8.
        check_alone(&Cpu, form, &batch, 5e-7)?;
    }
    Ok(())
}

#[test]
fn work_in_parts_gives_what_it_gives_whole() -> Outcome {
    // 90 sources at 480,000 multiply-adds' worth of tanh: three parts.
    let lengths: Vec<usize> = (0..90).map(|source| 1 + source * 7 % 50).collect();
    let batch = Numbers::new([50, 90, 300, 4], &lengths);
    let parts = Graph::new(&Cpu, Form::Additive, &batch)?.run(&batch)?.parts;
    assert_eq!(parts, 5, "three parts of scores, the softmax and the context");
    // Measured 1.7e-6, in the gradient of v: a sum of 2,295 terms.
    check_alone(&Cpu, Form::Additive, &batch, 5e-6)
}

/// Three sources so large that the dot products and the context take two parts each, of numbers whose sums are
/// known and exact in `f32`.
#[test]
fn dot_attention_in_parts_gives_what_it_gives_whole() -> Outcome {
    let (steps, batch, width) = (4096, 3, 1280);
    let mut recorder = Recorder::new();
    let query = recorder.input([batch, width]);
    let keys = recorder.input([steps, batch, width]);
    let sources = Sources { keys, values: keys, lengths: None };
    let output = dot_attention(&mut recorder, query, sources, DotScale::One)?;
    let mut tape = recorder.finish(Cpu, Gradients::Kept);
    let mut parameters = Parameters::new(Cpu, &ParameterList::default());
    // Source b holds 1 everywhere and is asked with (b + 1)/1024.
    let by_source = |width: usize, factor: f32| -> Vec<f32> {
        (0..batch * width).map(|index| factor * (index / width + 1) as f32).collect()
    };
    let queries = by_source(width, 1.0 / 1024.0);
    tape.write(query, &queries)?;
    tape.fill(keys, 1.0);
    let count = |tape: &mut Tape<Cpu>, parameters: &mut Parameters<Cpu>, mut pass: Pass| {
        let mut parts = 1;
        while !tape.advance(&mut pass, parameters) {
            parts += 1;
        }
        parts
    };
    assert_eq!(count(&mut tape, &mut parameters, Pass::forward()), 2 + 1 + 2, "scores, softmax, context");
    let read = |tape: &Tape<Cpu>, var| -> Vec<f32> { tape.read(var).into_iter().collect() };
    assert!(read(&tape, output.scores) == by_source(steps, 1.25));
    assert!(read(&tape, output.weights) == vec![1.0 / 4096.0; batch * steps]);
    assert!(read(&tape, output.context) == vec![1.0; batch * width]);

    // The gradient of source b's scores is b + 1, that of its context half as much.
    tape.zero_gradients();
    tape.write_gradient(output.scores, &by_source(steps, 1.0))?;
    tape.write_gradient(output.context, &by_source(width, 0.5))?;
    let parts = count(&mut tape, &mut parameters, Pass::backward(GradientScope::Everything));
    assert_eq!(parts, 2 + 1 + 2);
    let read = |var| -> Vec<f32> { tape.read_gradient(var).into_iter().collect() };
    assert!(read(output.weights) == by_source(steps, 640.0), "the weights'");
    // Equal weights with equal gradients leave the scores their own.
    assert!(read(query) == by_source(width, 4096.0), "the query's");
    let of_key = |source: f32| source * source / 1024.0 + 0.5 * source / 4096.0;
    for (place, found) in read(keys).into_iter().enumerate() {
        assert_eq!(found, of_key((place / width % batch + 1) as f32), "the keys', at {place}");
    }
    Ok(())
}

#[test]
fn what_does_not_fit_is_refused() {
    type Recording = Recorder<Reference<f64>>;
    let refusal = |record: &dyn Fn(&mut Recording) -> Result<AttentionOutput, ComputeError>| {
        record(&mut Recorder::new()).expect_err("this must not fit").to_string()
    };
    let dot = |keys: Shape, values: Shape, query: Shape, lengths: Option<[usize; 2]>| {
        refusal(&|recorder| {
            let lengths = lengths.map(|[steps, batch]| recorder.packing(steps, batch));
            let sources = Sources { keys: recorder.input(keys), values: recorder.input(values), lengths };
            let query = recorder.input(query);
            dot_attention(recorder, query, sources, DotScale::One)
        })
    };
    let (keys, values, query) = (Shape::from([4, 3, 5]), Shape::from([4, 3, 2]), Shape::from([3, 5]));
    for (found, expected) in [
        (dot([4, 15].into(), values, query, None), "keys must have 3 dimensions, found the shape [4, 15]"),
        (dot(keys, [4, 6].into(), query, None), "values must have 3 dimensions, found the shape [4, 6]"),
        (dot(keys, values, [3, 4].into(), None), "query must have the shape [3, 5], found [3, 4]"),
        (dot(keys, values, [2, 5].into(), None), "query must have the shape [3, 5], found [2, 5]"),
        (dot(keys, [3, 3, 2].into(), query, None), "weights must have the shape [3, 3], found [3, 4]"),
        (
            dot(keys, values, query, Some([4, 2])),
            "lengths (longest, batch) must have the shape [4, 3], found [4, 2]",
        ),
        (
            dot(keys, values, query, Some([5, 3])),
            "lengths (longest, batch) must have the shape [4, 3], found [5, 3]",
        ),
        (dot([0, 3, 5].into(), values, query, None), "source steps must be at least 1"),
        (dot([4, 0, 5].into(), values, query, None), "batch must be at least 1"),
        (dot([4, 3, 0].into(), values, query, None), "width of source states must be at least 1"),
    ] {
        assert!(found.contains(expected), "{found}");
    }
    let additive = refusal(&|recorder| {
        let mut list = ParameterList::default();
        let v = list.declare("v", [5], ParameterRole::LinearWeight);
        let (keys, query) = (recorder.input(keys), recorder.input(query));
        additive_attention(recorder, query, Sources { keys, values: keys, lengths: None }, (v, list.shape(v)))
    });
    assert_eq!(additive, "additive attention: weight must have the shape [1, 5], found [5]");
    let packed = refusal(&|recorder| {
        let packing = recorder.packing(4, 3);
        let (keys, query) = (recorder.packed_input(packing, 5), recorder.input(query));
        dot_attention(recorder, query, Sources { keys, values: keys, lengths: None }, DotScale::One)
    });
    assert_eq!(packed, "dot attention: keys must be padded, not packed");
    let mut recorder = Recording::new();
    let scores = recorder.input([2, 3, 4]);
    let error = masked_softmax(&mut recorder, scores, None).expect_err("scores are a matrix");
    assert_eq!(error.to_string(), "masked softmax: scores must have 2 dimensions, found the shape [2, 3, 4]");
}

#[test]
fn sizes_beyond_all_memory_can_be_asked_about() -> Outcome {
    let huge = usize::MAX / 2;
    let mut list = ParameterList::default();
    let v = list.declare("v", [1, huge], ParameterRole::LinearWeight);
    let mut recorder = Recorder::<Cpu>::new();
    let keys = recorder.input([huge, huge, huge]);
    let query = recorder.input([huge, huge]);
    let sources = Sources { keys, values: keys, lengths: None };
    additive_attention(&mut recorder, query, sources, (v, list.shape(v)))?;
    dot_attention(&mut recorder, query, sources, DotScale::InverseRoot)?;
    assert_eq!(recorder.planned_numbers(Gradients::Kept), u64::MAX);
    Ok(())
}
