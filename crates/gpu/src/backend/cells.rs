//! The recurrent cells.

use crate::Buffer;
use crate::buffer::word;
use crate::gpu::Gpu;
use crate::kernel::{Groups, kernels};
use rnn_compute::backend::{
    At, CellSize, Cells, GruGradient, GruTrace, LstmGradient, LstmTrace, Nonlinearity,
};

kernels! {
    ELMAN_FORWARD(ElmanForward { gates_start: u32, hidden_start: u32, len: u32, is_relu: u32 })
        = "elman_forward" [Write, Write];
    ELMAN_BACKWARD(ElmanBackward {
        hidden_start: u32, d_hidden_start: u32, d_gates_start: u32, len: u32, is_relu: u32,
    }) = "elman_backward" [Read, Read, Write, Write];
    LSTM_FORWARD(LstmForward {
        gates_start: u32, cells_start: u32, hidden_start: u32, rows: u32, hidden_size: u32,
    }) = "lstm_forward" [Write, Read, Write, Write];
    LSTM_BACKWARD(LstmBackward {
        gates_start: u32, previous_start: u32, cells_start: u32, d_hidden_start: u32, d_cells_start: u32,
        d_gates_start: u32, rows: u32, hidden_size: u32,
    }) = "lstm_backward" [Read, Read, Read, Read, Write, Write, Write, Write];
    GRU_FORWARD(GruForward {
        gates_start: u32, recurrent_start: u32, hidden_start: u32, rows: u32, hidden_size: u32,
    }) = "gru_forward" [Write, Read, Read, Write];
    GRU_BACKWARD(GruBackward {
        gates_start: u32, recurrent_start: u32, previous_start: u32, d_hidden_start: u32, d_gates_start: u32,
        d_recurrent_start: u32, rows: u32, hidden_size: u32,
    }) = "gru_backward" [Read, Read, Read, Write, Write, Write, Write];
}

fn is_relu(nonlinearity: Nonlinearity) -> u32 {
    u32::from(nonlinearity == Nonlinearity::Relu)
}

impl Cells for Gpu {
    fn elman_forward(
        &self,
        size: CellSize,
        nonlinearity: Nonlinearity,
        At(gates, a): At<&mut Buffer>,
        At(hidden, h): At<&mut Buffer>,
    ) {
        let len = size.rows * size.hidden;
        let params = ElmanForward {
            gates_start: gates.0.start(a, len),
            hidden_start: hidden.0.start(h, len),
            len: word(len),
            is_relu: is_relu(nonlinearity),
        };
        self.run(&ELMAN_FORWARD, params, [&gates.0, &hidden.0], Groups::over(len));
    }

    fn elman_backward(
        &self,
        size: CellSize,
        nonlinearity: Nonlinearity,
        At(hidden, h): At<&Buffer>,
        carried: &Buffer,
        At(d_hidden, d_h): At<&mut Buffer>,
        At(d_gates, d_a): At<&mut Buffer>,
    ) {
        let len = size.rows * size.hidden;
        carried.0.start(0, len);
        let params = ElmanBackward {
            hidden_start: hidden.0.start(h, len),
            d_hidden_start: d_hidden.0.start(d_h, len),
            d_gates_start: d_gates.0.start(d_a, len),
            len: word(len),
            is_relu: is_relu(nonlinearity),
        };
        let buffers = [&hidden.0, &carried.0, &d_hidden.0, &d_gates.0];
        self.run(&ELMAN_BACKWARD, params, buffers, Groups::over(len));
    }

    fn lstm_forward(
        &self,
        size: CellSize,
        At(gates, a): At<&mut Buffer>,
        previous: &Buffer,
        At(cells, c): At<&mut Buffer>,
        At(hidden, h): At<&mut Buffer>,
    ) {
        let len = size.rows * size.hidden;
        previous.0.start(0, len);
        let params = LstmForward {
            gates_start: gates.0.start(a, 4 * len),
            cells_start: cells.0.start(c, len),
            hidden_start: hidden.0.start(h, len),
            rows: word(size.rows),
            hidden_size: word(size.hidden),
        };
        self.run(&LSTM_FORWARD, params, [&gates.0, &previous.0, &cells.0, &hidden.0], Groups::over(len));
    }

    fn lstm_backward(
        &self,
        size: CellSize,
        trace: LstmTrace<'_, Buffer>,
        gradient: LstmGradient<'_, Buffer>,
    ) {
        let len = size.rows * size.hidden;
        let (At(gates, a), At(previous, s), At(cells, c)) = (trace.gates, trace.previous, trace.cells);
        let (At(d_hidden, d_h), At(d_cells, d_c)) = (gradient.hidden, gradient.cells);
        let At(d_gates, d_a) = gradient.gates;
        gradient.carried_hidden.0.start(0, len);
        gradient.carried_cells.0.start(0, len);
        let params = LstmBackward {
            gates_start: gates.0.start(a, 4 * len),
            previous_start: previous.0.start(s, len),
            cells_start: cells.0.start(c, len),
            d_hidden_start: d_hidden.0.start(d_h, len),
            d_cells_start: d_cells.0.start(d_c, len),
            d_gates_start: d_gates.0.start(d_a, 4 * len),
            rows: word(size.rows),
            hidden_size: word(size.hidden),
        };
        let read = [&gates.0, &previous.0, &cells.0, &gradient.carried_hidden.0];
        let written = [&d_hidden.0, &d_cells.0, &gradient.carried_cells.0, &d_gates.0];
        let ([a, b, c, d], [e, f, g, h]) = (read, written);
        self.run(&LSTM_BACKWARD, params, [a, b, c, d, e, f, g, h], Groups::over(len));
    }

    fn gru_forward(
        &self,
        size: CellSize,
        At(gates, a): At<&mut Buffer>,
        At(recurrent, a_h): At<&Buffer>,
        previous: &Buffer,
        At(hidden, h): At<&mut Buffer>,
    ) {
        let len = size.rows * size.hidden;
        previous.0.start(0, len);
        let params = GruForward {
            gates_start: gates.0.start(a, 3 * len),
            recurrent_start: recurrent.0.start(a_h, 3 * len),
            hidden_start: hidden.0.start(h, len),
            rows: word(size.rows),
            hidden_size: word(size.hidden),
        };
        self.run(&GRU_FORWARD, params, [&gates.0, &recurrent.0, &previous.0, &hidden.0], Groups::over(len));
    }

    fn gru_backward(&self, size: CellSize, trace: GruTrace<'_, Buffer>, gradient: GruGradient<'_, Buffer>) {
        let len = size.rows * size.hidden;
        let (At(gates, a), At(recurrent, a_h), At(previous, s)) =
            (trace.gates, trace.recurrent, trace.previous);
        let (At(d_hidden, d_h), At(d_gates, d_a), At(d_recurrent, d_a_h)) =
            (gradient.hidden, gradient.gates, gradient.recurrent);
        gradient.carried.0.start(0, len);
        let params = GruBackward {
            gates_start: gates.0.start(a, 3 * len),
            recurrent_start: recurrent.0.start(a_h, 3 * len),
            previous_start: previous.0.start(s, len),
            d_hidden_start: d_hidden.0.start(d_h, len),
            d_gates_start: d_gates.0.start(d_a, 3 * len),
            d_recurrent_start: d_recurrent.0.start(d_a_h, 3 * len),
            rows: word(size.rows),
            hidden_size: word(size.hidden),
        };
        let buffers = [
            &gates.0,
            &recurrent.0,
            &previous.0,
            &d_hidden.0,
            &gradient.carried.0,
            &d_gates.0,
            &d_recurrent.0,
        ];
        self.run(&GRU_BACKWARD, params, buffers, Groups::over(len));
    }
}
