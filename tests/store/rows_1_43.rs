//! Obligations S1 to S43: features and types, names and order, instances, imports, globals. Read by `mapping`.

use crate::mapping::{Row, row};

pub(crate) const ROWS: &[Row] = &[
    row(
        1,
        "each entity belongs to one store; foreign handles are errors; a store can change threads",
        &[
            "s1_a_store_changes_threads",
            "s1_data_need_not_be_shareable",
            "handles_of_another_store_are_errors",
        ],
    ),
    row(
        2,
        "features are fixed per engine; segments apply in order and what earlier ones wrote stays",
        &[
            "s2_features_are_the_engines",
            "suite:linking.wast",
            "w13_earlier_segments_persist_also_without_later_features",
        ],
    ),
    row(
        3,
        "structurally equal function types have equal ids, engine-wide",
        &[
            "s3_s5_equal_types_have_equal_ids_however_many_threads_ask",
            "s3_type_ids_are_equal_for_equal_types_whatever_the_order",
            "d19_types_of_shared_modules_are_compared_engine_wide",
        ],
    ),
    row(
        4,
        "the number of types is limited; known types succeed at the limit",
        &[
            "s4_ten_types_of_ten_are_taken_and_known_ones_stay_known",
            "s4_the_limit_on_types_refuses_new_ones_only",
        ],
    ),
    row(
        5,
        "concurrent interning gives no duplicates",
        &["s3_s5_equal_types_have_equal_ids_however_many_threads_ask"],
    ),
    row(
        6,
        "ids of types are computed once per module: spawning and calling take no lock of theirs",
        &["s6_spawning_and_calling_take_no_lock_of_the_types"],
    ),
    row(
        7,
        "the interner never panics, whatever is closed",
        &["s7_types_outlive_the_modules_and_stores_that_brought_them"],
    ),
    row(8, "a store ends its instances in reverse order of spawn", &["s8_a_store_ends_newest_first"]),
    row(
        9,
        "a non-empty name has one owner",
        &[
            "s9_a_name_has_one_owner_until_it_is_released",
            "s9_s13_a_thousand_anonymous_instances_end_with_the_store",
        ],
    ),
    row(
        10,
        "the loser of a name runs no code and takes nothing from the winner",
        &[
            "s10_d1_a_failed_owner_gives_back_its_own_name_only",
            "s10_dup_name_keeps_first",
            "s10_dup_name_runs_no_start",
            "d1_d2_the_loser_of_a_name_runs_nothing_and_takes_nothing",
        ],
    ),
    row(
        11,
        "while it starts, an instance's own name is not found",
        &["s11_its_own_name_is_found_after_the_start"],
    ),
    row(12, "memory of removed names comes back, without thrash", &["storage_comes_back_without_thrash"]),
    row(
        13,
        "unknown names are errors or `None`; the empty name is never found; a name may be an alias",
        &[
            "s13_aliases_resolve_and_unknown_names_do_not",
            "s9_s13_a_thousand_anonymous_instances_end_with_the_store",
        ],
    ),
    row(14, "freeing twice is safe", &["s14_freeing_twice_is_an_error_and_nothing_else"]),
    row(
        15,
        "a closed store answers every call with an error",
        &["a_closed_store_answers_every_call", "d18_after_closing_nothing_is_half_there"],
    ),
    row(
        16,
        "an instance holds addresses; freeing it frees what only it used",
        &[
            "s16_freed_instances_leave_the_store_as_it_was",
            "s16_what_there_is_can_be_listed_in_the_order_of_slots",
        ],
    ),
    row(
        17,
        "exports are found by name and kind, all kinds, and listed in the order of declaration",
        &["s17_exports_are_found_by_name_and_kind"],
    ),
    row(
        18,
        "names and handles print",
        &[
            "s18_an_instance_is_described_by_its_handle_and_its_name",
            "s18_handles_print_noun_slot_generation_and_store",
            "handles_print_noun_slot_generation_and_store",
        ],
    ),
    row(
        19,
        "system resources of an instance go on every path, failed start included",
        &["s19_a_failed_start_closes_what_its_data_held"],
    ),
    row(
        20,
        "the host defines memories, tables and globals too",
        &["s20_the_host_makes_memories_tables_and_globals", "host_made_globals_are_imported_and_freed"],
    ),
    row(
        21,
        "instantiation matches, then evaluates globals, elements, data, start",
        &["s21_globals_then_elements_then_data_then_start", "w2_elements_are_written_before_data"],
    ),
    row(
        22,
        "a link error is unobservable, also in memory use",
        &["s22_a_hundred_thousand_failing_links_leave_no_trace"],
    ),
    row(
        23,
        "after a trap in elements, data or start: no handle, writes stay, escaped functions still run",
        &["s23_a_trap_while_beginning_leaves_writes_and_functions_that_escaped", "suite:linking.wast"],
    ),
    row(
        24,
        "failure to get memory or code pages is an error and leaves nothing",
        &[
            "any_failing_system_call_leaves_the_store_as_it_was",
            "a_memory_that_cannot_grow_stays_as_it_is",
            "any_failing_call_leaves_the_arena_empty",
            "any_failing_call_leaves_pool_and_slot_whole",
        ],
    ),
    row(
        25,
        "many instances in parallel give the result of one by one; a batch is all or nothing",
        &[
            "s25_a_batch_is_what_one_by_one_would_be",
            "s25_a_cycle_tells_the_imports_that_close_it",
            "s25_a_cycle_that_the_linker_opens_is_none",
            "s25_a_failure_ends_the_whole_batch",
            "s25_a_failure_in_a_later_level_ends_all_levels",
            "s25_a_panic_ends_the_batch_and_goes_on",
            "s25_a_resolver_that_panics_leaves_no_names",
            "s25_any_graph_is_what_one_by_one_would_be",
            "s25_captured_handle_of_other_island",
            "s25_data_that_panics_when_it_is_dropped_leaves_no_level",
            "s25_faults_of_starts_are_caught_on_every_thread",
            "s25_freeing_many_is_all_or_none_and_what_freeing_one_by_one_would_be",
            "s25_modules_find_each_other_by_name_in_any_order",
            "s25_names_are_found_level_by_level",
            "s25_of_several_panics_that_of_the_lowest_goes_on",
            "s25_starts_of_different_islands_overlap",
            "s25_starts_of_one_island_never_overlap",
            "s25_stores_on_eight_threads_share_an_engine",
            "s25_the_panic_of_a_start_counts_more_than_the_hooks",
            "s25_errors_of_items_are_seen_through",
            "s25_what_only_the_batch_itself_could_reach_goes_with_it",
            "s25_what_others_can_reach_waits",
            "s25_what_cannot_link_is_told_before_anything_runs",
            "s25_what_grows_while_it_starts_is_as_large_for_its_importers",
            "s25_what_has_no_room_is_not_begun",
            "s25_what_the_store_has_may_grow_in_an_earlier_level",
            "stores_and_templates_cross_threads",
        ],
    ),
    row(
        26,
        "imports are looked for in the resolver, the linker's definitions, the names of the store",
        &[
            "s26_a_resolver_picks_among_anonymous_instances",
            "s26_definitions_come_before_names_of_the_store",
            "sources_are_asked_in_order",
        ],
    ),
    row(
        27,
        "link errors are deterministic and complete",
        &["s27_d15_the_same_errors_every_time", "s27_every_failing_import_is_listed_and_no_other"],
    ),
    row(
        28,
        "texts of link errors are as agreed",
        &[
            "s28_alternate_texts_of_links_add_types_and_the_nearest_name",
            "s28_hints_are_limited_in_batches_too",
            "texts_are_as_agreed",
            "no_text_is_forgotten",
        ],
    ),
    row(
        29,
        "imported functions match by type and are resolved to the origin",
        &[
            "s29_re_exports_are_the_origins_functions",
            "s29_types_of_functions_must_be_equal",
            "functions_match_by_type",
        ],
    ),
    row(
        30,
        "tables match by their current size",
        &["s30_w9_a_tables_current_size_counts", "tables_match_by_element_then_size"],
    ),
    row(
        31,
        "memories match by their current size; an absent maximum is absent; shared must agree",
        &[
            "s31_a_memorys_current_size_counts",
            "s31_w7_a_memory_without_maximum_has_none",
            "an_absent_maximum_of_a_memory_is_absent",
        ],
    ),
    row(
        32,
        "globals match by mutability, then type; one cell is shared",
        &[
            "s32_a_global_matches_by_mutability_then_type",
            "s32_cells_of_references_are_shared_too",
            "s32_one_cell_is_shared_by_all_who_see_it",
            "globals_match_by_mutability_then_type",
        ],
    ),
    row(
        33,
        "unknown and incompatible imports are told apart without reading texts",
        &["s33_unknown_and_incompatible_are_told_apart", "suite:imports.wast", "suite:linking.wast"],
    ),
    row(
        34,
        "an empty module name of an import is legal",
        &["s34_w12_an_empty_module_name_is_legal", "w12_an_empty_module_name_is_a_name"],
    ),
    row(35, "any number of memories", &["s35_memories_are_told_apart_however_many_there_are"]),
    row(
        36,
        "an instance cannot import from itself or from a later one",
        &["s36_an_instance_imports_from_earlier_ones_only"],
    ),
    row(
        37,
        "one truth per global, 128 bits wide",
        &["s37_host_and_guests_see_one_cell", "s37_s38_d13_values_of_every_type_are_set_got_and_printed"],
    ),
    row(
        38,
        "globals are set and got by type; printing is total",
        &["s37_s38_d13_values_of_every_type_are_set_got_and_printed"],
    ),
    row(
        39,
        "constants are bit-exact",
        &[
            "s39_s59_constants_equal_the_same_code_in_a_function",
            "s39_s59_constants_read_imported_globals_bit_by_bit",
            "s39_s59_offsets_are_constants_too",
            "constants_keep_their_bits",
            "globals_and_references_come_from_the_environment",
        ],
    ),
    row(
        40,
        "constants read imported immutable globals only",
        &["s40_w10_constants_read_no_mutable_global", "the_rules_of_constant_expressions_are_those_of_2_0"],
    ),
    row(
        41,
        "`ref.func` of an own function in a global works before the start",
        &["s41_a_function_of_its_own_is_in_a_global_before_the_start"],
    ),
    row(
        42,
        "limits of modules are listed, configurable downward, enforced",
        &[
            "s42_s79_growth_in_wasm_stops_at_the_limits_of_the_store",
            "s42_s79_limits_of_modules_hold_at_each_number_and_not_one_over",
            "s42_s79_limits_of_stores_hold_at_each_number_and_not_one_over",
            "a_module_at_each_limit_is_valid_and_one_over_is_not",
            "a_function_at_each_limit_is_valid_and_one_over_is_not",
            "limits_may_be_lowered_and_count_imports",
        ],
    ),
    row(
        43,
        "new tables are null or as asked for; sizes are limited before memory is asked for",
        &[
            "s43_new_tables_are_null_or_as_they_were_asked_for",
            "s43_sizes_are_limited_before_memory_is_asked_for",
        ],
    ),
];
