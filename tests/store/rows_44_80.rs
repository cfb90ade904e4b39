//! Obligations S44 to S80: elements and data, ends, references, the host. Read by `mapping`.

use crate::mapping::{Row, later, row};

pub(crate) const ROWS: &[Row] = &[
    row(
        44,
        "not kept: all element bounds checked before any write, as in 1.0",
        &["s44_s55_w13_segments_are_not_all_checked_first"],
    ),
    row(
        45,
        "passive segments of any reference type stay usable until dropped, per instance",
        &["s45_passive_segments_are_usable_until_dropped_per_instance"],
    ),
    row(
        46,
        "an active element segment out of bounds traps, earlier ones persist",
        &[
            "s46_an_element_segment_out_of_bounds_traps_and_earlier_ones_persist",
            "an_element_segment_past_the_end_traps_and_earlier_ones_stay",
        ],
    ),
    row(
        47,
        "null and externref items are written",
        &["s47_null_and_externref_items_are_written", "active_elements_are_written_nulls_too"],
    ),
    row(
        48,
        "active and declarative element segments are dropped after use",
        &["s48_s57_active_and_declarative_segments_are_dropped", "scripts"],
    ),
    row(
        49,
        "ref.func only of declared functions",
        &["s49_s50_items_are_declared_and_typed", "suite:ref_func.wast"],
    ),
    row(50, "items of segments are typed", &["s49_s50_items_are_declared_and_typed"]),
    row(
        51,
        "table.grow returns the old size or -1 and fills with the given value",
        &[
            "s51_grow_gives_the_old_size_or_minus_one_and_fills",
            "d20_s51_a_table_does_not_grow_to_gigabytes",
            "suite:table_grow.wast",
            "a_table_grows_to_its_maximum_with_the_given_value",
        ],
    ),
    row(
        52,
        "a table keeps alive what it can call and nothing more",
        &[
            "a_private_table_never_makes_an_instance_wait",
            "importers_are_freed",
            "failed_importers_are_freed",
            "zombie_runs_until_overwritten",
            "collect_breaks_cycles",
            "escape_by_importer",
            "lone_exporter_is_freed_at_once",
            "own_func_into_own_exported_table",
        ],
    ),
    row(
        53,
        "memories are allocated, grown and freed exactly once each; failure is an error",
        &[
            "s53_memories_are_allocated_and_freed_once",
            "any_failing_system_call_leaves_the_store_as_it_was",
            "a_memory_that_cannot_grow_stays_as_it_is",
        ],
    ),
    row(
        54,
        "freeing an importer leaves the exporter's memory alone",
        &["s54_d7_importer_free_keeps_bytes", "freeing_an_importer_leaves_the_exporters_memory_alone"],
    ),
    row(
        55,
        "not kept: all data bounds checked before any write, as in 1.0",
        &["s44_s55_w13_segments_are_not_all_checked_first"],
    ),
    row(
        56,
        "data is written in order, each segment whole or not at all",
        &[
            "s56_data_is_written_in_order_each_segment_whole_or_not_at_all",
            "data_segments_are_written_in_order",
            "an_empty_segment_past_the_end_traps",
        ],
    ),
    row(
        57,
        "active data segments are dropped after use",
        &["s48_s57_active_and_declarative_segments_are_dropped", "scripts"],
    ),
    row(
        58,
        "offsets and sizes are unsigned and 64 bits wide inside",
        &["s58_offsets_and_sizes_are_unsigned_and_wide", "a_memory_of_4_gib_has_its_size"],
    ),
    row(
        59,
        "offsets are bit-exact",
        &[
            "s39_s59_constants_equal_the_same_code_in_a_function",
            "s39_s59_constants_read_imported_globals_bit_by_bit",
            "s39_s59_offsets_are_constants_too",
        ],
    ),
    row(60, "bytes of segments are never copied per instance", &["s60_segments_are_not_copied_per_instance"]),
    row(
        61,
        "start runs last, may be an import, and its error says which function",
        &[
            "s61_start_runs_last_and_its_error_says_which_function",
            "s61_an_imported_host_function_may_be_the_start",
            "s61_an_exit_in_a_start_is_not_wrapped",
        ],
    ),
    row(
        62,
        "the first exit wins; exit 0 is not never exited",
        &[
            "s62_s63_the_first_exit_wins_and_exiting_again_is_fine",
            "the_first_exit_counts_and_what_exited_can_be_read",
        ],
    ),
    row(
        63,
        "exit is idempotent",
        &[
            "s62_s63_the_first_exit_wins_and_exiting_again_is_fine",
            "s63_s64_resources_go_exactly_once_on_every_path",
        ],
    ),
    row(
        64,
        "close is idempotent; resources go exactly once",
        &[
            "s63_s64_resources_go_exactly_once_on_every_path",
            "s64_a_failed_start_drops_its_data_once",
            "dropping_a_store_drops_all_data",
        ],
    ),
    row(
        65,
        "a dead or exited instance executes nothing",
        &["s65_s71_d10_a_freed_or_exited_instance_executes_nothing", "exited_call_has_no_effect"],
    ),
    row(
        66,
        "an end is hook, names, memory, code, data, in this order",
        &[
            "s66_s69_ends_are_in_order_and_nothing_stops_them",
            "drop_of_t_panics",
            "data_is_dropped_newest_first_and_a_panic_stops_nothing",
        ],
    ),
    row(
        67,
        "the hook also fires for a failed start",
        &[
            "doc:HooksHaveNoStore",
            "s67_the_hook_is_told_of_failed_starts",
            "a_failed_spawn_gives_its_name_back_and_tells_the_hook",
        ],
    ),
    row(
        68,
        "code lives as long as any instance needs it",
        &[
            "s68_code_lives_as_long_as_an_instance_or_zombie_needs_it",
            "template_dropped_before_and_after_last_free",
            "code_goes_with_the_last_that_needs_it",
        ],
    ),
    row(
        69,
        "a store ends newest first; errors and panics stop nothing",
        &[
            "s66_s69_ends_are_in_order_and_nothing_stops_them",
            "data_is_dropped_newest_first_and_a_panic_stops_nothing",
        ],
    ),
    later(70, "no thread per call for timeouts", "interruption by deadline comes with a later version"),
    row(
        71,
        "a freed or exited instance says so",
        &[
            "s65_s71_d10_a_freed_or_exited_instance_executes_nothing",
            "s71_guests_still_call_what_has_exited",
            "a_freed_instance_executes_nothing",
        ],
    ),
    row(
        72,
        "what a freed instance's importers see is chosen by the host",
        &[
            "s72_d11_importers_of_a_freed_instance_see_what_the_host_chose",
            "now_traps_importers",
            "now_keeps_imported_memory",
        ],
    ),
    row(
        73,
        "a reference to a freed function traps, however it travelled",
        &[
            "s73_d3_stale_by_param",
            "s73_d4_stale_by_global",
            "s73_stale_by_any_other_way",
            "s73_stale_comes_before_type",
            "s73_a_stale_externref_names_nobody",
            "retired_slot",
        ],
    ),
    row(
        74,
        "ref.func allocates nothing and is stable",
        &[
            "s74_identity_is_stable_through_re_exports",
            "s74_d12_ref_func_allocates_nothing",
            "equal_references_are_equal_through_re_exports",
        ],
    ),
    row(75, "the host can call a table's entry", &["s75_the_host_calls_entries_of_tables"]),
    row(76, "the store can be tested without machine code", &["s76_a_store_works_without_machine_code"]),
    row(
        77,
        "after a grow everyone sees the new size, mid-call too",
        &[
            "s77_growth_is_seen_by_everyone_mid_call_too",
            "s77_a_table_that_grows_is_seen_by_everyone_mid_call_too",
            "s77_growth_of_an_orphan_is_seen",
            "growth_is_seen_by_every_user_of_a_memory",
        ],
    ),
    row(
        78,
        "one instance is never entered by two threads",
        &[
            "doc:OneThreadEnters",
            "doc:CallerStaysInItsThread",
            "doc:CallerStaysInItsCall",
            "doc:BytesAreNotHeldAcrossACall",
            "doc:DataIsNotHeldAcrossACall",
            "doc:DataIsNotLentOverTheEnd",
            "doc:NothingIsFreedInACall",
            "doc:NothingIsSpawnedInACall",
            "doc:ClosuresAreShared",
            "doc:StoresAreInvariant",
            "stores_and_templates_cross_threads",
            "same_instance_in_many_lanes",
            "lanes_of_one_island_are_served_in_order",
            "lane_exits_later_lane",
            "panic_in_one_lane",
            "any_graph_is_served_as_one_by_one",
        ],
    ),
    row(
        79,
        "limits of the store are listed, configurable downward, enforced",
        &[
            "s79_limits_of_a_store_hold_at_n_and_at_n_plus_1",
            "s79_freed_instances_that_are_kept_count_and_the_error_says_so",
            "s42_s79_growth_in_wasm_stops_at_the_limits_of_the_store",
            "s42_s79_limits_of_modules_hold_at_each_number_and_not_one_over",
            "s42_s79_limits_of_stores_hold_at_each_number_and_not_one_over",
            "the_hosts_limit_bounds_size_and_growth",
        ],
    ),
    row(
        80,
        "host functions of every shape",
        &[
            "s80_any_number_of_parameters_with_and_without_a_caller",
            "s80_results_of_every_type_and_several",
            "s80_results_of_untyped_functions_are_checked",
            "s80_no_name_is_needed",
            "s80_a_caller_stands_for_whose_code_calls",
            "s80_nested_calls_share_one_stack",
            "s80_closures_serve_the_engine_of_their_linker",
            "d17_host_func_as_export",
            "closures_of_every_shape",
            "untyped_functions_of_any_signature",
        ],
    ),
];
