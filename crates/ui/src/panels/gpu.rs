//! The GPU: whether it takes the steps, why, and the visitor's say in it.

use crate::page::use_page;
use crate::state::{Gpu, PageState};
use crate::widgets::{Segment, Segmented};
use leptos::prelude::*;
use rnn_protocol::{GpuChoice, GpuFacts, GpuStatus, Place, Placement, StepTime};

const LABEL_ID: &str = "gpu-label";
const IN_A_RACE: &str = "A race runs on the CPU in one worker, so that the times of its networks compare.";

/// The choice, and what became of it.
#[component]
pub fn GpuControl() -> impl IntoView {
    let page = use_page();
    let sentence = page.derive(|state| if state.is_race() { IN_A_RACE.to_owned() } else { say(&state.gpu) });
    let can_retry = page.derive(|state| state.gpu.can_be_tried_again());
    let chosen = page.derive(|state| state.gpu.choice);
    let label = |choice: GpuChoice| match choice {
        GpuChoice::Off => "Off",
        GpuChoice::Auto => "Auto",
        GpuChoice::On => "On",
    };
    let segment = move |choice: GpuChoice| Segment { key: choice.word(), label: label(choice), spoken: None };
    let segments = Signal::derive(move || GpuChoice::ALL.map(segment).to_vec());
    let choose = Callback::new(move |word: String| {
        if let Ok(choice) = word.parse() {
            page.choose_gpu(choice);
        }
    });
    let retry = move || {
        can_retry.get().then(|| {
            view! {
                <button class="button button--small" type="button" on:click=move |_| page.retry_gpu()>
                    "Try the GPU again"
                </button>
            }
        })
    };
    view! {
        <div class="field">
            <span class="field__label" id=LABEL_ID>
                "GPU"
            </span>
            <div class="field__control">
                <Segmented
                    name="gpu"
                    label="GPU"
                    segments=segments
                    value=Signal::derive(move || chosen.get().word().to_owned())
                    choose=choose
                />
            </div>
        </div>
        <p class="panel__note" role="status" data-testid="gpu-note">
            {move || sentence.get()}
        </p>
        {retry}
    }
}

/// In a word or two, where the steps are taken; nothing if there is nothing to say.
pub(super) fn digest(state: &PageState) -> Option<&'static str> {
    match &state.gpu.placement {
        Some(Placement::Measured { place: Place::Gpu, .. } | Placement::Chosen { place: Place::Gpu }) => {
            Some("on the GPU")
        }
        _ => None,
    }
}

/// What runs where, and why.
fn say(gpu: &Gpu) -> String {
    let Gpu { choice, misunderstood, status, placement } = gpu;
    if let Some(words) = misunderstood {
        return format!("The address's word for the GPU is not known: {words}.");
    }
    match (choice, status) {
        (GpuChoice::Off, _) => return "The network trains on the CPU.".to_owned(),
        (_, None) => return "Looking for a GPU …".to_owned(),
        (_, Some(GpuStatus::Unavailable { message })) => {
            return format!("The network trains on the CPU: {message}.");
        }
        (_, Some(GpuStatus::Lost { message })) if placement.is_none() => {
            return format!("The network trains on the CPU: {message}.");
        }
        _ => {}
    }
    let name = match status {
        Some(GpuStatus::Ready { facts: GpuFacts { name, .. } }) if !name.is_empty() => format!(" ({name})"),
        _ => String::new(),
    };
    match placement {
        None if *choice == GpuChoice::On => format!("There is a GPU{name}. The next step is taken there."),
        None => format!("There is a GPU{name}. Which is faster is measured when training begins."),
        Some(Placement::Measured { place: Place::Gpu, gpu, cpu }) => {
            format!("On the GPU{name}: {} a step, on the CPU {}.", time(*gpu), time(*cpu))
        }
        Some(Placement::Measured { place: Place::Cpu, gpu, cpu }) => {
            format!("On the CPU: {} a step, on the GPU{name} {}.", time(*cpu), time(*gpu))
        }
        Some(Placement::Chosen { place: Place::Gpu }) => format!("On the GPU{name}, as chosen."),
        Some(Placement::Chosen { place: Place::Cpu }) => "On the CPU, as chosen.".to_owned(),
        Some(Placement::SoftwareGpu) => {
            format!("On the CPU: the only GPU here{name} is a program on the CPU, which is never faster.")
        }
        Some(Placement::Fallback { message, step }) => fallback(message, *step),
    }
}

/// Where a run went on that its device could not, or could no longer, take.
fn fallback(message: &str, step: u32) -> String {
    let sentence = message.trim_end_matches('.');
    format!("On the CPU, from step {step} on: {sentence}.")
}

fn time(StepTime { millis, is_at_least }: StepTime) -> String {
    let digits = usize::from(millis < 100.0);
    let more = if is_at_least { "over " } else { "" };
    format!("{more}{millis:.digits$} ms")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gpu(choice: GpuChoice, placement: Option<Placement>) -> Gpu {
        let facts = GpuFacts { name: "Arc".to_owned(), is_software: false };
        Gpu { choice, status: Some(GpuStatus::Ready { facts }), placement, ..Gpu::default() }
    }

    fn millis(millis: f32, is_at_least: bool) -> StepTime {
        StepTime { millis, is_at_least }
    }

    #[test]
    fn it_says_where_and_why() {
        let say = |placement| say(&gpu(GpuChoice::Auto, Some(placement)));
        let measured = |place, gpu, cpu| Placement::Measured { place, gpu, cpu };
        assert_eq!(
            say(measured(Place::Gpu, millis(3.1, false), millis(9.84, false))),
            "On the GPU (Arc): 3.1 ms a step, on the CPU 9.8 ms."
        );
        assert_eq!(
            say(measured(Place::Cpu, millis(1500.2, true), millis(310.0, false))),
            "On the CPU: 310 ms a step, on the GPU (Arc) over 1500 ms."
        );
        let lost = Placement::Fallback { message: "the GPU was lost".to_owned(), step: 12 };
        assert_eq!(say(lost), "On the CPU, from step 12 on: the GPU was lost.");
    }

    #[test]
    fn without_a_gpu_it_says_so() {
        let message = "this browser offers no WebGPU".to_owned();
        let status = Some(GpuStatus::Unavailable { message });
        let none = Gpu { status, ..Gpu::default() };
        assert_eq!(say(&none), "The network trains on the CPU: this browser offers no WebGPU.");
        assert_eq!(say(&gpu(GpuChoice::Off, None)), "The network trains on the CPU.");
    }
}
