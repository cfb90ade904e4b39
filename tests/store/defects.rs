//! Where another runtime left the standard (`w…`) or failed beside it (`d…`): ours does not.
//!
//! The modules that told them apart are in `probes.wat`.

use crate::common::{both, probe, text};
use skep::Trap;

#[test]
fn w1_an_element_segment_out_of_bounds_traps() {
    both(|mut world| {
        let error = world.spawn("", probe("elem_oob")).unwrap_err();
        assert_eq!(error.to_string(), "element[0]: out of bounds table access");
        assert_eq!(error.trap(), Some(Trap::OutOfBoundsTableAccess));
        assert_eq!(world.store.stats().instances, 0);
    });
}

#[test]
fn w2_elements_are_written_before_data() {
    both(|mut world| {
        let exporter = world.one("p", probe("order/exp"));
        assert_eq!(text(world.spawn("", probe("order/imp"))), "data[1]: out of bounds memory access");
        assert_eq!(world.byte(exporter, "m", 0), b'a', "the segment before it was written");
        assert_eq!(world.call::<(), i32>(exporter, "call0", ()).unwrap(), 9, "and so were the elements");
    });
}

#[test]
fn w3_w4_segments_are_dropped_after_use_and_passive_ones_are_not() {
    both(|mut world| {
        let active = world.one("", probe("active_data"));
        let error = world.call::<(), ()>(active, "f", ()).unwrap_err();
        assert_eq!(error.trap(), Some(Trap::OutOfBoundsMemoryAccess), "an active data segment is dropped");
        let [passive, other] = ["", ""].map(|name| world.one(name, probe("passive_extern")));
        world.call::<(), ()>(passive, "f", ()).unwrap();
        world.call::<(), ()>(passive, "drop", ()).unwrap();
        world.call::<(i32,), ()>(passive, "init", (0,)).unwrap();
        let error = world.call::<(i32,), ()>(passive, "init", (1,)).unwrap_err();
        assert_eq!(error.trap(), Some(Trap::OutOfBoundsTableAccess));
        world.call::<(), ()>(other, "f", ()).expect("dropped in one instance is not dropped in another");
    });
}

#[test]
fn w5_null_items_are_written() {
    both(|mut world| {
        let exporter = world.one("a", probe("null/exp"));
        world.one("", probe("null/imp"));
        let error = world.call::<(i32,), i32>(exporter, "call", (0,)).unwrap_err();
        assert_eq!(error.to_string(), "uninitialized element");
        assert_eq!(world.call::<(i32,), i32>(exporter, "call", (1,)).unwrap(), 4);
    });
}

#[test]
fn w6_offsets_are_unsigned() {
    both(|mut world| {
        let instance = world.one("", probe("high_data"));
        assert_eq!(world.byte(instance, "m", 0x8000_0000), b'x');
    });
}
