//! The files of the suite, each a test by its name.
//!
//! Owns: the lists, which a test compares with what the suite's crate holds. Does not know: how a file is run.

/// One module per folder: each file as a test in each memory mode, and the list against the folder.
macro_rules! folders {
    ($($group:ident $folder:literal { $($test:ident $file:literal)* })*) => {
        $(
            mod $group {
                mod guarded {
                    $(
                        #[test]
                        fn $test() {
                            crate::check($folder, $file, skep::MemoryMode::Guarded);
                        }
                    )*
                }

                mod checked {
                    $(
                        #[test]
                        fn $test() {
                            crate::check($folder, $file, skep::MemoryMode::Checked);
                        }
                    )*
                }

                mod compact {
                    $(
                        #[test]
                        fn $test() {
                            crate::check($folder, $file, skep::MemoryMode::Compact);
                        }
                    )*
                }

                #[test]
                fn no_file_is_forgotten() {
                    crate::check_list($folder, &[$($file),*]);
                }
            }
        )*

        /// Every file that is run, by folder.
        pub(crate) const ALL: &[(&str, &[&str])] = &[$(($folder, &[$($file),*]),)*];
    };
}

folders! {
    wasm_v1 "wasm-v1" {
        address "address.wast"
        align "align.wast"
        binary_leb128 "binary-leb128.wast"
        binary "binary.wast"
        block "block.wast"
        br "br.wast"
        br_if "br_if.wast"
        br_table "br_table.wast"
        break_drop "break-drop.wast"
        call "call.wast"
        call_indirect "call_indirect.wast"
        comments "comments.wast"
        const_ "const.wast"
        conversions "conversions.wast"
        custom "custom.wast"
        data "data.wast"
        elem "elem.wast"
        endianness "endianness.wast"
        exports "exports.wast"
        f32 "f32.wast"
        f32_bitwise "f32_bitwise.wast"
        f32_cmp "f32_cmp.wast"
        f64 "f64.wast"
        f64_bitwise "f64_bitwise.wast"
        f64_cmp "f64_cmp.wast"
        fac "fac.wast"
        float_exprs "float_exprs.wast"
        float_literals "float_literals.wast"
        float_memory "float_memory.wast"
        float_misc "float_misc.wast"
        forward "forward.wast"
        func "func.wast"
        func_ptrs "func_ptrs.wast"
        globals "globals.wast"
        i32 "i32.wast"
        i64 "i64.wast"
        if_ "if.wast"
        imports "imports.wast"
        inline_module "inline-module.wast"
        int_exprs "int_exprs.wast"
        int_literals "int_literals.wast"
        labels "labels.wast"
        left_to_right "left-to-right.wast"
        linking "linking.wast"
        load "load.wast"
        local_get "local_get.wast"
        local_set "local_set.wast"
        local_tee "local_tee.wast"
        loop_ "loop.wast"
        memory "memory.wast"
        memory_grow "memory_grow.wast"
        memory_redundancy "memory_redundancy.wast"
        memory_size "memory_size.wast"
        memory_trap "memory_trap.wast"
        names "names.wast"
        nop "nop.wast"
        return_ "return.wast"
        select "select.wast"
        skip_stack_guard_page "skip-stack-guard-page.wast"
        stack "stack.wast"
        start "start.wast"
        store "store.wast"
        switch "switch.wast"
        token "token.wast"
        traps "traps.wast"
        type_ "type.wast"
        unreachable "unreachable.wast"
        unreached_invalid "unreached-invalid.wast"
        unwind "unwind.wast"
        utf8_custom_section_id "utf8-custom-section-id.wast"
        utf8_import_field "utf8-import-field.wast"
        utf8_import_module "utf8-import-module.wast"
        utf8_invalid_encoding "utf8-invalid-encoding.wast"
    }
    wasm_v2 "wasm-v2" {
        address "address.wast"
        align "align.wast"
        binary_leb128 "binary-leb128.wast"
        binary "binary.wast"
        block "block.wast"
        br "br.wast"
        br_if "br_if.wast"
        br_table "br_table.wast"
        bulk "bulk.wast"
        call "call.wast"
        call_indirect "call_indirect.wast"
        comments "comments.wast"
        const_ "const.wast"
        conversions "conversions.wast"
        custom "custom.wast"
        data "data.wast"
        elem "elem.wast"
        endianness "endianness.wast"
        exports "exports.wast"
        f32 "f32.wast"
        f32_bitwise "f32_bitwise.wast"
        f32_cmp "f32_cmp.wast"
        f64 "f64.wast"
        f64_bitwise "f64_bitwise.wast"
        f64_cmp "f64_cmp.wast"
        fac "fac.wast"
        float_exprs "float_exprs.wast"
        float_literals "float_literals.wast"
        float_memory "float_memory.wast"
        float_misc "float_misc.wast"
        forward "forward.wast"
        func "func.wast"
        func_ptrs "func_ptrs.wast"
        global "global.wast"
        i32 "i32.wast"
        i64 "i64.wast"
        if_ "if.wast"
        imports "imports.wast"
        inline_module "inline-module.wast"
        int_exprs "int_exprs.wast"
        int_literals "int_literals.wast"
        labels "labels.wast"
        left_to_right "left-to-right.wast"
        linking "linking.wast"
        load "load.wast"
        local_get "local_get.wast"
        local_set "local_set.wast"
        local_tee "local_tee.wast"
        loop_ "loop.wast"
        memory "memory.wast"
        memory_copy "memory_copy.wast"
        memory_fill "memory_fill.wast"
        memory_grow "memory_grow.wast"
        memory_init "memory_init.wast"
        memory_redundancy "memory_redundancy.wast"
        memory_size "memory_size.wast"
        memory_trap "memory_trap.wast"
        names "names.wast"
        nop "nop.wast"
        obsolete_keywords "obsolete-keywords.wast"
        ref_func "ref_func.wast"
        ref_is_null "ref_is_null.wast"
        ref_null "ref_null.wast"
        return_ "return.wast"
        select "select.wast"
        skip_stack_guard_page "skip-stack-guard-page.wast"
        stack "stack.wast"
        start "start.wast"
        store "store.wast"
        switch "switch.wast"
        table_sub "table-sub.wast"
        table "table.wast"
        table_copy "table_copy.wast"
        table_fill "table_fill.wast"
        table_get "table_get.wast"
        table_grow "table_grow.wast"
        table_init "table_init.wast"
        table_set "table_set.wast"
        table_size "table_size.wast"
        token "token.wast"
        traps "traps.wast"
        type_ "type.wast"
        unreachable "unreachable.wast"
        unreached_invalid "unreached-invalid.wast"
        unreached_valid "unreached-valid.wast"
        unwind "unwind.wast"
        utf8_custom_section_id "utf8-custom-section-id.wast"
        utf8_import_field "utf8-import-field.wast"
        utf8_import_module "utf8-import-module.wast"
        utf8_invalid_encoding "utf8-invalid-encoding.wast"
    }
    mutable_global "mutable-global" {
        globals "globals.wast"
        linking "linking.wast"
    }
    sign_extension_ops "sign-extension-ops" {
        i32 "i32.wast"
        i64 "i64.wast"
    }
    nontrapping_float_to_int_conversions "nontrapping-float-to-int-conversions" {
        conversions "conversions.wast"
    }
    multi_value "multi-value" {
        binary "binary.wast"
        block "block.wast"
        br "br.wast"
        call "call.wast"
        call_indirect "call_indirect.wast"
        fac "fac.wast"
        func "func.wast"
        if_ "if.wast"
        loop_ "loop.wast"
        type_ "type.wast"
    }
    bulk_memory "bulk-memory" {
        bulk "bulk.wast"
        memory_copy "memory_copy.wast"
        memory_fill "memory_fill.wast"
        memory_init "memory_init.wast"
        table_sub "table-sub.wast"
        table_copy "table_copy.wast"
        table_fill "table_fill.wast"
        table_init "table_init.wast"
    }
    reference_types "reference-types" {
        binary_leb128 "binary-leb128.wast"
        binary "binary.wast"
        br_table "br_table.wast"
        bulk "bulk.wast"
        call_indirect "call_indirect.wast"
        custom "custom.wast"
        data "data.wast"
        elem "elem.wast"
        exports "exports.wast"
        global "global.wast"
        imports "imports.wast"
        linking "linking.wast"
        memory_copy "memory_copy.wast"
        memory_fill "memory_fill.wast"
        memory_grow "memory_grow.wast"
        memory_init "memory_init.wast"
        ref_func "ref_func.wast"
        ref_is_null "ref_is_null.wast"
        ref_null "ref_null.wast"
        select "select.wast"
        table_sub "table-sub.wast"
        table "table.wast"
        table_copy "table_copy.wast"
        table_fill "table_fill.wast"
        table_get "table_get.wast"
        table_grow "table_grow.wast"
        table_init "table_init.wast"
        table_set "table_set.wast"
        table_size "table_size.wast"
        unreached_invalid "unreached-invalid.wast"
    }
}
