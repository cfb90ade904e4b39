//! Obligations S1 to S43: features and types, names and order, instances, imports, globals. Read by `mapping`.

use crate::mapping::{Row, row};

pub(crate) const ROWS: &[Row] = &[
    row(
        1,
        "each entity belongs to one store; foreign handles are errors; a store can change threads",
        &["handles_of_another_store_are_errors", "stores_and_templates_cross_threads"],
    ),
    row(
        2,
        "features are fixed per engine; segments apply in order and earlier writes persist",
        &["suite:linking.wast", "features_can_be_switched_off"],
    ),
    row(
        3,
        "structurally equal function types have equal ids, engine-wide",
        &["equal_types_have_equal_ids_however_many_threads_ask"],
    ),
    row(
        4,
        "the number of types is limited; known types succeed at the limit",
        &[
            "the_limit_on_types_refuses_new_ones_only",
            "types_are_limited_and_known_ones_succeed_at_the_limit",
        ],
    ),
    row(
        5,
        "concurrent interning gives no duplicates",
        &["equal_types_have_equal_ids_however_many_threads_ask"],
    ),
    row(
        6,
        "ids of types are computed once per module, not per spawn",
        &["equal_types_have_equal_ids_however_many_threads_ask"],
    ),
    row(
        7,
        "the interner never panics, whatever is closed",
        &["equal_types_have_equal_ids_however_many_threads_ask"],
    ),
    row(
        8,
        "a store ends its instances in reverse order of spawn",
        &["a_store_ends_its_instances_newest_first"],
    ),
    row(9, "a non-empty name has one owner", &["a_name_has_one_owner"]),
    row(
        10,
        "the loser of a name runs no code and takes nothing from the winner",
        &["the_loser_of_a_name_runs_no_start"],
    ),
    row(
        11,
        "while it starts, an instance's own name is not found",
        &["its_own_name_is_not_found_while_an_instance_starts"],
    ),
    row(12, "memory of removed names comes back, without thrash", &["storage_comes_back_without_thrash"]),
    row(
        13,
        "an unknown name is an error or None; the empty name is anonymous and never found; a name may have aliases",
        &["anonymous_instances_are_never_found", "a_name_has_one_owner"],
    ),
    row(14, "freeing twice is safe", &["freeing_twice_changes_nothing"]),
    row(15, "a closed store answers every call with an error", &["a_closed_store_answers_every_call"]),
    row(
        16,
        "an instance holds addresses; freeing it frees what only it used",
        &["s16_what_there_is_can_be_listed_in_the_order_of_slots", "spawning_and_freeing_leaves_nothing"],
    ),
    row(17, "exports are found by name and kind, all kinds", &["looking_up_an_export_says_what_is_wrong"]),
    row(18, "names and handles print", &["handles_print_noun_slot_generation_and_store"]),
    row(
        19,
        "system resources of an instance go on every path, failed start included",
        &["d16_resources_of_a_failed_start_go", "a_failed_spawn_gives_its_name_back_and_tells_the_hook"],
    ),
    row(
        20,
        "the host defines memories, tables and globals too",
        &["a_host_made_memory_is_seen_by_its_importer_and_freed_with_the_last_share"],
    ),
    row(
        21,
        "instantiation: match, globals, elements, then data, start",
        &["data_past_the_end_traps_after_the_elements"],
    ),
    row(22, "a link error is unobservable, also in memory use", &["kinds_and_names_are_checked"]),
    row(
        23,
        "after a trap in element, data or start there is no handle, writes persist, escaped functions still run",
        &["what_a_failed_start_left_in_a_table_goes_with_its_entry"],
    ),
    row(
        24,
        "failure to get memory or code pages is an error and leaves nothing",
        &["any_failing_system_call_leaves_the_store_as_it_was"],
    ),
    row(
        25,
        "many instances in parallel give the result of one by one; a batch is all or nothing",
        &["stores_and_templates_cross_threads"],
    ),
    row(
        26,
        "imports are looked for in the resolver, the linker's definitions, the names of the store",
        &["sources_are_asked_in_order"],
    ),
    row(
        27,
        "link errors are deterministic and complete",
        &["all_failing_imports_are_listed_in_order_every_time"],
    ),
    row(28, "texts of link errors are as agreed", &["mismatches_say_expected_then_found"]),
    row(
        29,
        "imported functions match by type and are resolved to the origin",
        &["references_name_the_origin_through_any_chain"],
    ),
    row(30, "a table matches by its current size", &["current_sizes_count"]),
    row(
        31,
        "a memory matches by its current size; an absent maximum is absent; shared must agree",
        &["current_sizes_count"],
    ),
    row(
        32,
        "a global matches by mutability, then type; one cell is shared",
        &["mismatches_say_expected_then_found"],
    ),
    row(
        33,
        "unknown and incompatible imports are told apart without string tests",
        &["suite:imports.wast", "suite:linking.wast"],
    ),
    row(34, "an empty import module name is legal", &["empty_names_are_legal"]),
    row(
        35,
        "any number of memories",
        &["a_host_made_memory_is_seen_by_its_importer_and_freed_with_the_last_share"],
    ),
    row(36, "an instance cannot import itself or a later one", &["an_instance_cannot_import_itself"]),
    row(37, "one truth per global, 128 bits wide", &["initial_values_keep_their_bits"]),
    row(38, "globals are set and got by type; printing is total", &["setting_checks_mutability_and_type"]),
    row(39, "constants are bit-exact", &["initial_values_keep_their_bits"]),
    row(
        40,
        "constants read imported immutable globals only",
        &["the_rules_of_constant_expressions_are_those_of_2_0"],
    ),
    row(41, "ref.func of itself in a global works before start", &["elements_are_of_the_tables_type"]),
    row(
        42,
        "limits of the standard are listed, configurable downward, enforced",
        &["a_module_at_each_limit_is_valid_and_one_over_is_not", "limits_may_be_lowered_and_count_imports"],
    ),
    row(
        43,
        "a new table is all null or its initialiser; its size is limited before memory is asked for",
        &["huge_tables_are_refused_before_memory_is_asked_for"],
    ),
];
