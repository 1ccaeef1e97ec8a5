//! The device: batches, reads, and everything that can go wrong with it.

mod common;

use common::gpu;
use rnn_compute::backend::{At, Memory};
use rnn_gpu::{Fault, Gpu, GpuError};

fn read(gpu: &Gpu, buffer: &rnn_gpu::Buffer, len: usize) -> Vec<f32> {
    let mut numbers = vec![0.0; len];
    gpu.read(At(buffer, 0), &mut numbers);
    numbers
}

#[test]
fn the_adapter_says_what_it_is() {
    let Some(gpu) = gpu() else { return };
    let adapter = gpu.adapter();
    println!("{adapter:?}");
    assert!(!adapter.name.is_empty() && adapter.interface == "vulkan");
    assert!(rnn_gpu::adapters().contains(adapter));
    assert_eq!(adapter.is_software, adapter.name.contains("llvmpipe"), "{adapter:?}");
}

#[test]
fn every_kernel_compiles() {
    let Some(gpu) = gpu() else { return };
    let mut compiled = std::pin::pin!(gpu.compile());
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let outcome = compiled.as_mut().poll(&mut context);
    assert_eq!(outcome, std::task::Poll::Ready(Ok(())));
}

#[test]
fn writes_and_kernels_take_effect_in_the_order_of_their_calls() {
    let Some(gpu) = gpu() else { return };
    let (mut a, mut sum) = (gpu.zeros(3), gpu.zeros(3));
    // More dispatches than a batch holds, and a write between each two.
    for n in 0..400 {
        gpu.write(At(&mut a, 1), &[n as f32]);
        gpu.add(At(&a, 0), At(&mut sum, 0), 3);
    }
    assert_eq!(read(&gpu, &sum, 3), [0.0, 399.0 * 200.0, 0.0]);
    assert_eq!(gpu.dispatches(), 400);
}

#[test]
fn buffers_that_are_gone_are_not_confused_with_new_ones() {
    let Some(gpu) = gpu() else { return };
    let mut sum = gpu.zeros(5);
    for n in 0..20 {
        let mut fresh = gpu.zeros(5);
        gpu.write(At(&mut fresh, 0), &[n as f32; 5]);
        gpu.add(At(&fresh, 0), At(&mut sum, 0), 5);
    }
    assert_eq!(read(&gpu, &sum, 5), [190.0; 5]);
}

#[test]
fn a_ticket_brings_several_parts_once() {
    let Some(gpu) = gpu() else { return };
    let (mut a, b) = (gpu.zeros(4), gpu.zeros(2));
    gpu.write(At(&mut a, 0), &[1.0, 2.0, 3.0, 4.0]);
    let mut ticket = gpu.request(&[(At(&a, 2), 2), (At(&b, 0), 1), (At(&a, 0), 0), (At(&a, 1), 1)]);
    // What is written afterwards does not show.
    gpu.write(At(&mut a, 0), &[9.0; 4]);
    let numbers = loop {
        if let Some(numbers) = ticket.poll() {
            break numbers;
        }
    };
    assert_eq!(numbers, Ok(vec![3.0, 4.0, 0.0, 2.0]));
    assert_eq!(ticket.poll(), None);
    assert_eq!(gpu.request(&[]).wait(), Ok(vec![]));
}

#[test]
fn every_fault_is_kept_and_stops_the_backend_without_a_panic() {
    for (fault, is_expected) in [
        (Fault::LostDevice, (|error| matches!(error, GpuError::Lost { .. })) as fn(&GpuError) -> bool),
        (Fault::OutOfMemory, |error| matches!(error, GpuError::OutOfMemory { .. })),
        (Fault::RejectedShader, |error| matches!(error, GpuError::Rejected { .. })),
        (Fault::FailedRead, |error| matches!(error, GpuError::ReadFailed { .. })),
    ] {
        let Some(gpu) = gpu() else { return };
        let mut sum = gpu.zeros(4);
        gpu.fill(At(&mut sum, 0), 4, 1.0);
        gpu.inject(fault, 0);
        assert_eq!(gpu.error(), None);
        let other = gpu.zeros(4);
        gpu.add(At(&other, 0), At(&mut sum, 0), 4);
        let found = read(&gpu, &sum, 4);
        assert!(found.iter().all(|number| number.is_nan()), "{fault:?}: {found:?}");
        assert!(gpu.error().is_some_and(|error| is_expected(&error)), "{fault:?}: {:?}", gpu.error());
        // All that comes later does nothing.
        gpu.write(At(&mut sum, 0), &[1.0; 4]);
        assert!(gpu.sum_of_squares(At(&sum, 0), 4).is_nan());
        assert!(gpu.request(&[(At(&sum, 0), 4)]).poll().is_some_and(|numbers| numbers.is_err()));
    }
}

#[test]
fn a_buffer_that_is_too_large_is_an_error_and_no_panic() {
    let Some(gpu) = gpu() else { return };
    let _buffer = gpu.zeros(1 << 40);
    assert!(matches!(gpu.error(), Some(GpuError::TooLarge { .. })), "{:?}", gpu.error());
}

#[test]
fn sums_of_squares_neither_overflow_nor_vanish() {
    let Some(gpu) = gpu() else { return };
    let sum = |numbers: &[f32]| {
        let mut buffer = gpu.zeros(numbers.len());
        gpu.write(At(&mut buffer, 0), numbers);
        gpu.sum_of_squares(At(&buffer, 0), numbers.len())
    };
    for number in [1e-30_f32, 1e-19, 3.0, 1e16, 1e30, f32::MAX] {
        let want = 1000.0 * f64::from(number) * f64::from(number);
        let found = sum(&[number; 1000]);
        assert!((found - want).abs() < 1e-6 * want, "{number:e}: {found:e} {want:e}");
    }
    for place in [0, 63, 64, 999] {
        for lost in [f32::INFINITY, f32::NEG_INFINITY, f32::NAN] {
            let mut numbers = [1.0; 1000];
            numbers[place] = lost;
            let found = sum(&numbers);
            assert!(!found.is_finite() && found.is_nan() == lost.is_nan(), "{lost} at {place}: {found}");
        }
    }
}
