//! What each command needs to be there before it begins.

use crate::data::ShippedData;
use crate::error::Result;
use crate::project::Project;
use crate::tools::{CargoTool, NpmPackages, RustComponent, RustTarget, Tool};

const WASM: RustTarget = RustTarget("wasm32-unknown-unknown");

/// To build the site.
pub(super) fn for_building(project: &Project) -> Result<Vec<Box<dyn Tool>>> {
    Ok(vec![
        Box::new(WASM),
        Box::new(CargoTool::trunk()),
        Box::new(CargoTool::wasm_bindgen(project)?),
        Box::new(NpmPackages),
        Box::new(ShippedData),
    ])
}

/// To build a module for a page that is not the site.
pub(super) fn for_browser_modules(project: &Project) -> Result<Vec<Box<dyn Tool>>> {
    Ok(vec![Box::new(WASM), Box::new(CargoTool::wasm_bindgen(project)?), Box::new(NpmPackages)])
}

/// To check the sources.
pub(super) fn for_checking() -> Vec<Box<dyn Tool>> {
    vec![
        Box::new(WASM),
        Box::new(RustComponent { name: "rustfmt", program: "rustfmt" }),
        Box::new(RustComponent { name: "clippy", program: "clippy-driver" }),
    ]
}
