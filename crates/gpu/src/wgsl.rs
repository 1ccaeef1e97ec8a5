//! Every WGSL file is parsed and validated, and agrees with its declaration; no GPU is needed.

use crate::kernel::{Access, Declaration, NUMBERS_PER_GROUP, SLOT_BYTES};
use naga::{AddressSpace, ScalarKind, StorageAccess, TypeInner};
use std::collections::BTreeSet;
use std::path::Path;

/// The kernels of the backend, and the one that only measurements need.
fn declarations() -> impl Iterator<Item = Declaration> {
    crate::backend::declarations().chain([crate::peak::declaration()])
}

fn parsed(kernel: &Declaration) -> naga::Module {
    let module = naga::front::wgsl::parse_str(kernel.source)
        .unwrap_or_else(|error| panic!("{}.wgsl: {}", kernel.name, error.emit_to_string(kernel.source)));
    let (flags, capabilities) = (naga::valid::ValidationFlags::all(), naga::valid::Capabilities::empty());
    naga::valid::Validator::new(flags, capabilities)
        .validate(&module)
        .unwrap_or_else(|error| panic!("{}.wgsl: {}", kernel.name, error.emit_to_string(kernel.source)));
    module
}

#[test]
fn every_file_is_declared_once() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/kernels");
    let files: BTreeSet<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    let declared: Vec<_> = declarations().map(|kernel| kernel.name.to_owned()).collect();
    assert_eq!(declared.iter().cloned().collect::<BTreeSet<_>>(), files);
    assert_eq!(declared.len(), files.len(), "a file is declared twice");
}

#[test]
fn every_kernel_has_one_entry_point_within_the_limits_of_every_device() {
    for kernel in declarations() {
        let module = parsed(&kernel);
        let [entry] = module.entry_points.as_slice() else { panic!("{}: one entry point", kernel.name) };
        assert_eq!(entry.name, "main", "{}", kernel.name);
        let [x, y, z] = entry.workgroup_size;
        assert!(x * y * z <= 256 && z <= 64, "{}: {:?}", kernel.name, entry.workgroup_size);
        let is_striding = kernel.source.contains("global_invocation_id");
        assert!(!is_striding || [x, y, z] == [NUMBERS_PER_GROUP, 1, 1], "{}: strides", kernel.name);
        let shared: u32 = module
            .global_variables
            .iter()
            .filter(|(_, variable)| variable.space == AddressSpace::WorkGroup)
            .map(|(_, variable)| module.types[variable.ty].inner.size(module.to_ctx()))
            .sum();
        assert!(shared <= 16_384, "{}: {shared} bytes of workgroup memory", kernel.name);
    }
}

#[test]
fn parameters_agree_with_their_structs() {
    for kernel in declarations() {
        let module = parsed(&kernel);
        let (_, variable) = module
            .global_variables
            .iter()
            .find(|(_, variable)| variable.space == AddressSpace::Uniform)
            .unwrap_or_else(|| panic!("{} has no parameters", kernel.name));
        let binding = variable.binding.as_ref().unwrap();
        assert_eq!((binding.group, binding.binding), (0, 0), "{}", kernel.name);
        let TypeInner::Struct { members, span } = &module.types[variable.ty].inner else {
            panic!("{}: parameters are a struct", kernel.name)
        };
        assert!(*span <= SLOT_BYTES, "{}: {span} bytes of parameters", kernel.name);
        let found: Vec<_> = members
            .iter()
            .map(|member| {
                let TypeInner::Scalar(scalar) = module.types[member.ty].inner else {
                    panic!("{}: parameters are numbers", kernel.name)
                };
                let ty = match scalar.kind {
                    ScalarKind::Uint => "u32",
                    ScalarKind::Float => "f32",
                    other => panic!("{}: {other:?}", kernel.name),
                };
                (member.name.clone().unwrap(), ty, member.offset)
            })
            .collect();
        let declared: Vec<_> = kernel
            .fields
            .iter()
            .zip((0..).step_by(4))
            .map(|(&(name, ty), offset)| (name.to_owned(), ty, offset))
            .collect();
        assert_eq!(found, declared, "{}", kernel.name);
    }
}

#[test]
fn buffers_agree_with_what_is_bound() {
    for kernel in declarations() {
        let module = parsed(&kernel);
        let mut found: Vec<_> = module
            .global_variables
            .iter()
            .filter_map(|(_, variable)| match variable.space {
                AddressSpace::Storage { access } => {
                    let binding = variable.binding.as_ref().unwrap();
                    assert_eq!(binding.group, 1, "{}", kernel.name);
                    let is_array = matches!(module.types[variable.ty].inner, TypeInner::Array { .. });
                    assert!(is_array, "{}: buffers are arrays", kernel.name);
                    let is_written = access.contains(StorageAccess::STORE);
                    Some((binding.binding, if is_written { Access::Write } else { Access::Read }))
                }
                _ => None,
            })
            .collect();
        found.sort_by_key(|(binding, _)| *binding);
        let declared: Vec<_> = (0..).zip(kernel.access.iter().copied()).collect();
        assert_eq!(found, declared, "{}", kernel.name);
    }
}
