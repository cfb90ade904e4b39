//! Bytes to [`ModuleDecl`].
//!
//! Owns: the one walk over a module's sections, each validated by wasmparser before anything here looks at it. Function bodies
//! are only measured: whoever compiles validates them, by [`Decoded::body`].
//! Does not know: operators (`ops`), why wasmparser refuses something (`invalid`).
//! Time and memory are linear in the module's size, and nothing recurses over input. Start at [`decode`].

use super::const_expr::ConstExpr;
use super::features::Features;
use super::invalid::{Invalid, LimitExceeded, ModuleError};
use super::limits::{MODULE_BYTES_MAX, ModuleLimits};
use super::module::{
    CustomDecl, DataDecl, DataMode, DefinedFuncIdx, ElemDecl, ElemItems, ElemMode, ExportDecl, Exports,
    ExternIdx, FuncDecl, FuncIdx, GlobalDecl, GlobalIdx, ImportDecl, ImportTy, MemIdx, ModuleDecl, Names,
    TableIdx, TypeIdx,
};
use super::types::{FuncType, GlobalType, MemoryType, RefType, TableType};
use std::ops::Range;
use wasmparser::{
    BinaryReader, DataKind, ElementItems, ElementKind, ExternalKind, FuncToValidate, FunctionBody, Parser,
    Payload, TypeRef, ValidPayload, Validator, ValidatorResources, WasmFeatures,
};

/// A module whose every section but the bodies is valid.
pub(crate) struct Decoded {
    /// What it declares.
    pub(crate) decl: ModuleDecl,
    /// What wasmparser knows of the module, for validating bodies on any thread; `None` when there are none.
    pub(crate) resources: Option<ValidatorResources>,
    /// The features it was validated with.
    pub(crate) features: WasmFeatures,
}

impl Decoded {
    /// What validates the body of `func`, and the body itself; `bytes` are the module's, the same that were decoded.
    ///
    /// # Panics
    /// If `func` is none of the module's defined functions.
    pub(crate) fn body<'a>(
        &self,
        bytes: &'a [u8],
        func: DefinedFuncIdx,
    ) -> (FuncToValidate<ValidatorResources>, FunctionBody<'a>) {
        let range = self.decl.bodies[func].clone();
        let start = range.start as u64;
        let index = self.decl.func_idx(func);
        let to_validate = FuncToValidate {
            resources: self.resources.clone().expect("a module with a body has resources"),
            index: index.as_u32(),
            ty: self.decl.funcs[index].ty.as_u32(),
            features: self.features,
        };
        (to_validate, FunctionBody::new(BinaryReader::new_features(&bytes[range], start, self.features)))
    }
}

impl std::fmt::Debug for Decoded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Decoded").field("decl", &self.decl).finish_non_exhaustive()
    }
}

/// Reads and validates all of a module but its function bodies.
///
/// # Errors
/// `Limit` when the module asks for more than `limits`, else `Invalid` when wasmparser refuses a section.
pub(crate) fn decode(
    bytes: &[u8],
    features: Features,
    limits: &ModuleLimits,
) -> Result<Decoded, ModuleError> {
    let module_bytes_max = limits.module_bytes.min(MODULE_BYTES_MAX);
    LimitExceeded::check("module bytes", bytes.len() as u64, module_bytes_max as u64)?;
    let features = features.to_wasmparser();
    let mut decoder = Decoder {
        decl: ModuleDecl::default(),
        resources: None,
        limits,
        validator: Validator::new_with_features(features),
    };
    let mut parser = Parser::new(0);
    parser.set_features(features);
    for payload in parser.parse_all(bytes) {
        let step = payload.map_err(Stop::from).and_then(|payload| decoder.payload(payload));
        step.map_err(|stop| match stop {
            Stop::Invalid(error) => Invalid::from_wasmparser(&error, features, None).into(),
            Stop::Limit(limit) => ModuleError::Limit(limit),
        })?;
    }
    Ok(Decoded { decl: decoder.decl, resources: decoder.resources, features })
}

/// Why the walk ends early.
enum Stop {
    Invalid(wasmparser::Error),
    Limit(LimitExceeded),
}

impl From<wasmparser::Error> for Stop {
    fn from(error: wasmparser::Error) -> Self {
        Self::Invalid(error)
    }
}

impl From<LimitExceeded> for Stop {
    fn from(limit: LimitExceeded) -> Self {
        Self::Limit(limit)
    }
}

struct Decoder<'a> {
    decl: ModuleDecl,
    resources: Option<ValidatorResources>,
    limits: &'a ModuleLimits,
    validator: Validator,
}

/// What the validator has accepted, `spec::types` can express.
const KNOWN: &str = "the validator lets only types of enabled features pass";

impl Decoder<'_> {
    fn payload(&mut self, payload: Payload<'_>) -> Result<(), Stop> {
        if let ValidPayload::Func(to_validate, body) = self.validator.payload(&payload)? {
            return self.body(to_validate, &body);
        }
        match payload {
            Payload::TypeSection(section) => self.types(section),
            Payload::ImportSection(section) => self.imports(section),
            Payload::FunctionSection(section) => self.funcs(section),
            Payload::TableSection(section) => self.tables(section),
            Payload::MemorySection(section) => self.memories(section),
            Payload::GlobalSection(section) => self.globals(section),
            Payload::ExportSection(section) => self.exports(section),
            Payload::ElementSection(section) => self.elems(section),
            Payload::DataSection(section) => self.data(section),
            Payload::StartSection { func, .. } => {
                self.decl.start = Some(FuncIdx::new(func));
                self.escape(FuncIdx::new(func));
                Ok(())
            }
            Payload::CodeSectionStart { count, unchecked_range, .. } => {
                self.decl.code_section = usize_range(&unchecked_range);
                self.decl.bodies.reserve((count as usize).min(self.decl.funcs.len()));
                Ok(())
            }
            Payload::CustomSection(section) => {
                self.custom(&section);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn types(&mut self, section: wasmparser::TypeSectionReader<'_>) -> Result<(), Stop> {
        LimitExceeded::check("types", section.count().into(), self.limits.types.into())?;
        self.decl.types.reserve(section.count() as usize);
        for ty in section.into_iter_err_on_gc_types() {
            self.decl.types.push(FuncType::from_wasmparser(&ty?).expect(KNOWN));
        }
        Ok(())
    }

    fn imports(&mut self, section: wasmparser::ImportSectionReader<'_>) -> Result<(), Stop> {
        LimitExceeded::check("imports", section.count().into(), self.limits.imports.into())?;
        for import in section.into_imports() {
            let import = import?;
            let ty = self.import(import.ty);
            self.decl.imports.push(ImportDecl { module: import.module.into(), name: import.name.into(), ty });
        }
        self.check_counts()
    }

    fn import(&mut self, ty: TypeRef) -> ImportTy {
        let decl = &mut self.decl;
        match ty {
            TypeRef::Func(ty) => {
                let ty = TypeIdx::new(ty);
                decl.funcs.push(FuncDecl { ty, escapes: false });
                decl.imported.funcs += 1;
                ImportTy::Func(ty)
            }
            TypeRef::Table(ty) => {
                let ty = TableType::from_wasmparser(&ty).expect(KNOWN);
                decl.tables.push(ty);
                decl.imported.tables += 1;
                ImportTy::Table(ty)
            }
            TypeRef::Memory(ty) => {
                let ty = MemoryType::from_wasmparser(&ty).expect(KNOWN);
                decl.memories.push(ty);
                decl.imported.memories += 1;
                ImportTy::Memory(ty)
            }
            TypeRef::Global(ty) => {
                let ty = GlobalType::from_wasmparser(&ty).expect(KNOWN);
                decl.globals.push(GlobalDecl { ty, init: None });
                decl.imported.globals += 1;
                ImportTy::Global(ty)
            }
            TypeRef::Tag(_) | TypeRef::FuncExact(_) => unreachable!("{KNOWN}, found {ty:?}"),
        }
    }

    fn funcs(&mut self, section: wasmparser::FunctionSectionReader<'_>) -> Result<(), Stop> {
        self.decl.funcs.reserve(section.count() as usize);
        for ty in section {
            self.decl.funcs.push(FuncDecl { ty: TypeIdx::new(ty?), escapes: false });
        }
        self.check_counts()
    }

    fn tables(&mut self, section: wasmparser::TableSectionReader<'_>) -> Result<(), Stop> {
        for table in section {
            self.decl.tables.push(TableType::from_wasmparser(&table?.ty).expect(KNOWN));
        }
        self.check_counts()
    }

    fn memories(&mut self, section: wasmparser::MemorySectionReader<'_>) -> Result<(), Stop> {
        for memory in section {
            self.decl.memories.push(MemoryType::from_wasmparser(&memory?).expect(KNOWN));
        }
        self.check_counts()
    }

    fn globals(&mut self, section: wasmparser::GlobalSectionReader<'_>) -> Result<(), Stop> {
        self.decl.globals.reserve(section.count() as usize);
        for global in section {
            let global = global?;
            let init = self.const_expr(&global.init_expr)?;
            let ty = GlobalType::from_wasmparser(&global.ty).expect(KNOWN);
            self.decl.globals.push(GlobalDecl { ty, init: Some(init) });
        }
        self.check_counts()
    }

    /// The index spaces that imports and a section fill together.
    fn check_counts(&self) -> Result<(), Stop> {
        let (decl, limits) = (&self.decl, self.limits);
        for (name, asked, allowed) in [
            ("functions", decl.funcs.len(), limits.functions),
            ("tables", decl.tables.len(), limits.tables),
            ("memories", decl.memories.len(), limits.memories),
            ("globals", decl.globals.len(), limits.globals),
        ] {
            LimitExceeded::check(name, asked as u64, allowed.into())?;
        }
        Ok(())
    }

    fn exports(&mut self, section: wasmparser::ExportSectionReader<'_>) -> Result<(), Stop> {
        LimitExceeded::check("exports", section.count().into(), self.limits.exports.into())?;
        let mut decls = Vec::with_capacity(section.count() as usize);
        for export in section {
            let export = export?;
            let item = match export.kind {
                ExternalKind::Func => ExternIdx::Func(FuncIdx::new(export.index)),
                ExternalKind::Table => ExternIdx::Table(TableIdx::new(export.index)),
                ExternalKind::Memory => ExternIdx::Memory(MemIdx::new(export.index)),
                ExternalKind::Global => ExternIdx::Global(GlobalIdx::new(export.index)),
                ExternalKind::Tag | ExternalKind::FuncExact => {
                    unreachable!("{KNOWN}, found {:?}", export.kind)
                }
            };
            if let ExternIdx::Func(func) = item {
                self.escape(func);
            }
            decls.push(ExportDecl { name: export.name.into(), item });
        }
        self.decl.exports = Exports::new(decls);
        Ok(())
    }

    fn elems(&mut self, section: wasmparser::ElementSectionReader<'_>) -> Result<(), Stop> {
        LimitExceeded::check("element segments", section.count().into(), self.limits.elem_segments.into())?;
        self.decl.elems.reserve(section.count() as usize);
        for elem in section {
            let elem = elem?;
            let mode = match elem.kind {
                ElementKind::Passive => ElemMode::Passive,
                ElementKind::Declared => ElemMode::Declared,
                ElementKind::Active { table_index, offset_expr } => ElemMode::Active {
                    table: TableIdx::new(table_index.unwrap_or(0)),
                    offset: self.const_expr(&offset_expr)?,
                },
            };
            let (ty, items) = self.elem_items(elem.items)?;
            self.decl.elems.push(ElemDecl { ty, mode, items });
        }
        Ok(())
    }

    fn elem_items(&mut self, items: ElementItems<'_>) -> Result<(RefType, ElemItems), Stop> {
        Ok(match items {
            ElementItems::Functions(items) => {
                let mut funcs = Vec::with_capacity(items.count() as usize);
                for func in items {
                    let func = FuncIdx::new(func?);
                    self.escape(func);
                    funcs.push(func);
                }
                (RefType::Func, ElemItems::Funcs(funcs.into()))
            }
            ElementItems::Expressions(ty, items) => {
                let mut exprs = Vec::with_capacity(items.count() as usize);
                for expr in items {
                    exprs.push(self.const_expr(&expr?)?);
                }
                (RefType::from_wasmparser(ty).expect(KNOWN), ElemItems::Exprs(exprs.into()))
            }
        })
    }

    fn data(&mut self, section: wasmparser::DataSectionReader<'_>) -> Result<(), Stop> {
        LimitExceeded::check("data segments", section.count().into(), self.limits.data_segments.into())?;
        self.decl.data.reserve(section.count() as usize);
        for data in section {
            let data = data?;
            let mode = match data.kind {
                DataKind::Passive => DataMode::Passive,
                DataKind::Active { memory_index, offset_expr } => DataMode::Active {
                    memory: MemIdx::new(memory_index),
                    offset: self.const_expr(&offset_expr)?,
                },
            };
            // The bytes are the last thing in a segment.
            let end = usize_range(&data.range).end;
            self.decl.data.push(DataDecl { mode, bytes: end - data.data.len()..end });
        }
        Ok(())
    }

    fn body(
        &mut self,
        to_validate: FuncToValidate<ValidatorResources>,
        body: &FunctionBody<'_>,
    ) -> Result<(), Stop> {
        let range = usize_range(&body.range());
        LimitExceeded::check("function body bytes", range.len() as u64, self.limits.body_bytes as u64)?;
        if self.resources.is_none() {
            self.resources = Some(to_validate.resources);
        }
        self.decl.bodies.push(range);
        Ok(())
    }

    fn custom(&mut self, section: &wasmparser::CustomSectionReader<'_>) {
        if let wasmparser::KnownCustom::Name(names) = section.as_known() {
            self.decl.names = read_names(names, self.decl.funcs.len());
        }
        let bytes = usize_range(&section.data_range());
        self.decl.customs.push(CustomDecl { name: section.name().into(), bytes });
    }

    fn const_expr(&mut self, expr: &wasmparser::ConstExpr<'_>) -> Result<ConstExpr, Stop> {
        let expr = ConstExpr::from_wasmparser(expr)?;
        if let Some(func) = expr.func() {
            self.escape(func);
        }
        Ok(expr)
    }

    fn escape(&mut self, func: FuncIdx) {
        self.decl.funcs[func].escapes = true;
    }
}

/// Names up to the first fault: the section is no part of what makes a module valid.
fn read_names(section: wasmparser::NameSectionReader<'_>, func_count: usize) -> Names {
    let mut names = Names::default();
    for subsection in section.map_while(Result::ok) {
        match subsection {
            wasmparser::Name::Module { name, .. } => names.module = Some(name.into()),
            wasmparser::Name::Function(funcs) => {
                for naming in funcs.map_while(Result::ok) {
                    let func = FuncIdx::new(naming.index);
                    if func.index() < func_count {
                        names.push_func(func, naming.name);
                    }
                }
            }
            _ => {}
        }
    }
    names
}

fn usize_range(range: &Range<u64>) -> Range<usize> {
    let position = |at: u64| usize::try_from(at).expect("a position in a buffer fits in usize");
    position(range.start)..position(range.end)
}

#[cfg(test)]
mod tests {
    use super::super::features::Feature;
    use super::super::module::ImportedCounts;
    use super::super::types::{ExternType, ValType};
    use super::*;

    fn wasm(text: &str) -> Vec<u8> {
        wat::parse_str(text).unwrap()
    }

    fn decode_text(text: &str) -> (Vec<u8>, Decoded) {
        let bytes = wasm(text);
        let decoded = decode(&bytes, Features::default(), &ModuleLimits::default());
        (bytes, decoded.unwrap_or_else(|error| panic!("{error}: {text}")))
    }

    fn refusal(bytes: &[u8], features: Features, limits: &ModuleLimits) -> ModuleError {
        decode(bytes, features, limits).map(|_| ()).unwrap_err()
    }

    #[test]
    fn index_spaces_put_imports_first() {
        let (_, Decoded { decl, .. }) = decode_text(
            r#"(module
              (type $u (func (param i64) (result f32 f64)))
              (import "" "f" (func (type $u)))
              (import "m" "t" (table 1 5 externref))
              (import "m" "mem" (memory 2))
              (import "m" "" (global (mut v128)))
              (func (param i32)) (func (type $u) unreachable)
              (table 3 funcref)
              (global i32 (i32.const -1)))"#
                .replace("v128", "f32")
                .as_str(),
        );
        assert_eq!(decl.imported, ImportedCounts { funcs: 1, tables: 1, memories: 1, globals: 1 });
        let imports: Vec<_> = decl
            .imports
            .iter()
            .map(|i| format!("{}.{} {}", i.module, i.name, decl.import_type(i.ty)))
            .collect();
        assert_eq!(
            imports,
            [
                ".f (func (param i64) (result f32 f64))",
                "m.t (table 1 5 externref)",
                "m.mem (memory 2)",
                "m. (global (mut f32))"
            ]
        );
        let funcs: Vec<_> = decl.funcs.keys().map(|func| decl.func_type(func).to_string()).collect();
        assert_eq!(funcs, ["i64_f32f64", "i32_v", "i64_f32f64"]);
        assert_eq!(decl.defined(FuncIdx::new(0)), None);
        assert_eq!(decl.defined(FuncIdx::new(2)), Some(DefinedFuncIdx::new(1)));
        assert_eq!(decl.func_idx(DefinedFuncIdx::new(1)), FuncIdx::new(2));
        assert_eq!(decl.tables.as_slice()[1], TableType::new(RefType::Func, 3, None));
        assert_eq!(decl.globals.as_slice()[0].init, None);
        assert_eq!(decl.globals.as_slice()[1].init, Some(ConstExpr::Const(0xFFFF_FFFF)));
        assert!(decl.global_is_imported(GlobalIdx::new(0)) && !decl.global_is_imported(GlobalIdx::new(1)));
    }

    #[test]
    fn exports_keep_their_order_and_resolve() {
        let (_, Decoded { decl, .. }) = decode_text(
            r#"(module (func) (table 1 funcref) (memory 1 2) (global i64 (i64.const 0))
              (export "z" (memory 0)) (export "a" (func 0)) (export "t" (table 0)) (export "g" (global 0)))"#,
        );
        let shown: Vec<_> =
            decl.exports.iter().map(|e| format!("{} {}", e.name, decl.extern_type(e.item))).collect();
        assert_eq!(shown, ["z (memory 1 2)", "a (func)", "t (table 1 funcref)", "g (global i64)"]);
        assert_eq!(decl.exports.get("a"), Some(ExternIdx::Func(FuncIdx::new(0))));
        assert_eq!(decl.exports.get("b"), None);
    }

    #[test]
    fn segments_keep_mode_items_and_bytes() {
        let (bytes, Decoded { decl, .. }) = decode_text(
            r#"(module
              (import "m" "base" (global i32)) (import "m" "f" (func))
              (table 4 funcref) (table $x 4 externref) (memory 1)
              (elem (i32.const 1) func 0 0)
              (elem (table $x) (offset (global.get 0)) externref (ref.null extern))
              (elem funcref (ref.func 0) (ref.null func))
              (elem declare func 0)
              (data (i32.const 7) "abc") (data "") (data (memory 0) (offset (global.get 0)) "de"))"#,
        );
        let active = |table, offset| ElemMode::Active { table: TableIdx::new(table), offset };
        let global = ConstExpr::GlobalGet(GlobalIdx::new(0));
        let func = FuncIdx::new(0);
        let funcs = |count| ElemItems::Funcs(vec![func; count].into());
        let exprs = |items: &[ConstExpr]| ElemItems::Exprs(items.into());
        let expected = [
            (RefType::Func, active(0, ConstExpr::Const(1)), funcs(2)),
            (RefType::Extern, active(1, global), exprs(&[ConstExpr::RefNull])),
            (RefType::Func, ElemMode::Passive, exprs(&[ConstExpr::RefFunc(func), ConstExpr::RefNull])),
            (RefType::Func, ElemMode::Declared, funcs(1)),
        ];
        let expected: Vec<_> =
            expected.into_iter().map(|(ty, mode, items)| ElemDecl { ty, mode, items }).collect();
        assert_eq!(decl.elems.as_slice(), expected);
        let items = &decl.elems.as_slice()[0].items;
        assert_eq!(items.iter(1..2).collect::<Vec<_>>(), [ConstExpr::RefFunc(func)]);

        let data: Vec<_> = decl.data.iter().map(|data| (data.mode, &bytes[data.bytes.clone()])).collect();
        let memory = MemIdx::new(0);
        assert_eq!(
            data,
            [
                (DataMode::Active { memory, offset: ConstExpr::Const(7) }, &b"abc"[..]),
                (DataMode::Passive, b""),
                (DataMode::Active { memory, offset: global }, b"de"),
            ]
        );
    }

    #[test]
    fn a_function_escapes_by_export_start_segment_or_reference() {
        let (_, Decoded { decl, .. }) = decode_text(
            r#"(module
              (import "m" "f" (func $imported_exported))
              (func $plain) (func $exported (export "e")) (func $start) (func $active) (func $passive)
              (func $declared) (func $global) (func $called call $plain) (func $expr)
              (export "i" (func $imported_exported))
              (start $start) (table 1 funcref)
              (elem (i32.const 0) func $active) (elem func $passive) (elem declare func $declared)
              (elem funcref (ref.func $expr))
              (global funcref (ref.func $global)))"#,
        );
        let escaping: Vec<_> = decl
            .funcs
            .iter_enumerated()
            .filter(|(_, func)| !func.escapes)
            .map(|(func, _)| decl.names.func(func))
            .collect();
        assert_eq!(escaping, [Some("plain"), Some("called")]);
        assert_eq!(decl.start, Some(FuncIdx::new(3)));
    }

    #[test]
    fn bodies_are_ranges_of_the_code_section_and_validate() {
        let (bytes, decoded) = decode_text(
            "(module (func (result i32) i32.const 7) (func (param f32) (local i64 i32) local.get 0 drop))",
        );
        assert_eq!(decoded.decl.bodies.len(), 2);
        let section = decoded.decl.code_section.clone();
        for (func, range) in decoded.decl.bodies.iter_enumerated() {
            assert!(section.start < range.start && range.end <= section.end);
            assert_eq!(bytes[range.end - 1], 0x0B, "a body ends by `end`");
            let (to_validate, body) = decoded.body(&bytes, func);
            to_validate
                .into_validator(wasmparser::FuncValidatorAllocations::default())
                .validate(&body)
                .unwrap();
        }
    }

    #[test]
    fn a_body_that_breaks_the_standard_is_found_by_its_validator() {
        let (bytes, decoded) = decode_text("(module (func) (func (result i32) f32.const 0))");
        let (to_validate, body) = decoded.body(&bytes, DefinedFuncIdx::new(1));
        let mut validator = to_validate.into_validator(wasmparser::FuncValidatorAllocations::default());
        let error = validator.validate(&body).unwrap_err();
        let invalid = Invalid::from_wasmparser(&error, decoded.features, Some(1));
        assert!(invalid.message.contains("type mismatch"), "{invalid}");
        assert!(decoded.decl.bodies[DefinedFuncIdx::new(1)].contains(&invalid.offset.unwrap()), "{invalid}");
    }

    #[test]
    fn an_empty_module_declares_nothing() {
        let (_, Decoded { decl, resources, .. }) = decode_text("(module)");
        assert!(resources.is_none());
        assert!(decl.funcs.is_empty() && decl.bodies.is_empty() && decl.code_section.is_empty());
        assert_eq!((decl.exports.iter().len(), decl.start, decl.customs.len()), (0, None, 0));
    }

    #[test]
    fn custom_sections_and_names_are_kept_and_broken_names_ignored() {
        let (bytes, Decoded { decl, .. }) = decode_text(
            r#"(module $mod (@custom "x" "data") (func $a) (func) (func $c) (@custom "x" (after last) ""))"#,
        );
        let customs: Vec<_> = decl.customs.iter().map(|c| (&*c.name, &bytes[c.bytes.clone()])).collect();
        assert_eq!(customs[0], ("x", &b"data"[..]));
        assert_eq!(decl.names.module.as_deref(), Some("mod"));
        let named: Vec<_> = decl.funcs.keys().map(|func| decl.names.func(func)).collect();
        assert_eq!(named, [Some("a"), None, Some("c")]);

        let mut bytes = wasm("(module (func))");
        // A name section whose function names go: 0 "x", then 0 again, then past the end.
        bytes.extend([0, 13, 4, b'n', b'a', b'm', b'e', 1, 6, 2, 0, 1, b'x', 0, 9]);
        let decl = decode(&bytes, Features::default(), &ModuleLimits::default()).unwrap().decl;
        assert_eq!(decl.names.func(FuncIdx::new(0)), Some("x"));
    }

    fn check_invalid(text: &str, features: Features, message: &str, needs: Option<&str>) {
        let error = first_fault(&wasm(text), features);
        let ModuleError::Invalid(invalid) = error else { panic!("{error}: {text}") };
        assert!(invalid.message.contains(message), "{invalid}: {text}");
        assert_eq!(invalid.needs, needs, "{invalid}: {text}");
        assert!(invalid.offset.is_some(), "{invalid}: {text}");
    }

    /// What decoding or else the bodies' validation reports first.
    fn first_fault(bytes: &[u8], features: Features) -> ModuleError {
        let decoded = match decode(bytes, features, &ModuleLimits::default()) {
            Ok(decoded) => decoded,
            Err(error) => return error,
        };
        for func in decoded.decl.bodies.keys() {
            let (to_validate, body) = decoded.body(bytes, func);
            let mut validator = to_validate.into_validator(wasmparser::FuncValidatorAllocations::default());
            if let Err(error) = validator.validate(&body) {
                let index = decoded.decl.func_idx(func).as_u32();
                return Invalid::from_wasmparser(&error, decoded.features, Some(index)).into();
            }
        }
        panic!("the module is valid")
    }

    #[test]
    fn the_rules_of_constant_expressions_are_those_of_2_0() {
        let all = Features::default();
        let check = |text, message, needs| check_invalid(text, all, message, needs);
        check(
            r#"(module (import "a" "g" (global $g (mut i32))) (global (export "h") i32 (global.get $g)))"#,
            "constant expression required",
            None,
        );
        check(
            "(module (global $g i64 (i64.const 0)) (table 1 funcref) (elem (table 0) (i32.const 0) funcref (global.get 0)))",
            "constant expression required",
            Some("gc"),
        );
        check(
            r#"(module (import "a" "g" (global i64)) (table 1 funcref) (elem (table 0) (i32.const 0) funcref (global.get 0)))"#,
            "type mismatch",
            None,
        );
        check(
            "(module (memory 1) (elem declare func 0) (data (ref.func 0) \"\") (func))",
            "type mismatch",
            None,
        );
        check(
            "(module (global i32 (i32.add (i32.const 1) (i32.const 2))))",
            "constant expression required",
            Some("extended-const"),
        );
    }

    #[test]
    fn a_proposal_that_is_off_is_named() {
        let all = Features::default();
        for (text, needs) in [
            ("(module (func (result v128) unreachable))", "simd"),
            ("(module (func (param i32) (i8x16.splat (local.get 0)) drop))", "simd"),
            ("(module (memory 1) (memory 1))", "multi-memory"),
            ("(module (memory i64 1))", "memory64"),
            ("(module (table i64 1 funcref))", "memory64"),
            ("(module (memory 1 2 shared))", "threads"),
            ("(module (memory 1) (func (atomic.fence)))", "threads"),
            ("(module (func return_call 0))", "tail-call"),
            ("(module (tag))", "exception-handling"),
            ("(module (func throw_ref))", "exception-handling"),
            ("(module (type (struct)))", "gc"),
            ("(module (rec (type (func)) (type (func))))", "gc"),
            ("(module (type $t (func)) (func (param (ref $t))))", "function-references"),
            (
                "(module (type $t (func)) (func (param (ref null $t)) local.get 0 call_ref $t))",
                "function-references",
            ),
            ("(module (func (param anyref)))", "gc"),
            ("(module (memory 1 (pagesize 1)))", "custom-page-sizes"),
            (
                "(module (func (param i64) local.get 0 local.get 0 i64.mul_wide_s drop drop))",
                "wide-arithmetic",
            ),
        ] {
            check_invalid(text, all, "", Some(needs));
        }
    }

    #[test]
    fn each_feature_of_ours_is_named_when_off() {
        for (text, feature) in [
            (r#"(module (import "a" "b" (global (mut i32))))"#, Feature::MutableGlobal),
            ("(module (func (param i32) local.get 0 i32.extend8_s drop))", Feature::SignExtension),
            (
                "(module (func (param f32) local.get 0 i32.trunc_sat_f32_s drop))",
                Feature::SaturatingFloatToInt,
            ),
            ("(module (func (result i32 i32) unreachable))", Feature::MultiValue),
            ("(module (func block (param) (result i32 i32) unreachable end drop drop))", Feature::MultiValue),
            ("(module (data \"\"))", Feature::BulkMemory),
            ("(module (table 1 funcref) (elem func))", Feature::BulkMemory),
            ("(module (func) (elem declare func 0) (func))", Feature::BulkMemory),
            ("(module (func (param externref)))", Feature::ReferenceTypes),
            ("(module (table 1 funcref) (table 1 funcref))", Feature::ReferenceTypes),
            ("(module (table 1 funcref) (func (drop (table.size 0))))", Feature::ReferenceTypes),
        ] {
            check_invalid(text, Features::default().without(feature), "", Some(feature.name()));
        }
    }

    #[test]
    fn limits_may_be_lowered_and_count_imports() {
        let default = ModuleLimits::default();
        let text = r#"(module (type (func)) (type (func (param i32)))
            (import "" "f" (func (type 0))) (import "" "t" (table 1 funcref)) (import "" "g" (global i32))
            (func (type 0)) (table 1 funcref) (memory 1) (global i32 (i32.const 0)) (export "e" (func 0))
            (elem func 0) (elem func 0) (data "a") (data "b") (data "c"))"#;
        let bytes = wasm(text);
        let cases: [(&str, u64, ModuleLimits); 11] = [
            ("module bytes", bytes.len() as u64, ModuleLimits { module_bytes: bytes.len() - 1, ..default }),
            ("types", 2, ModuleLimits { types: 1, ..default }),
            ("functions", 2, ModuleLimits { functions: 1, ..default }),
            ("imports", 3, ModuleLimits { imports: 2, ..default }),
            ("exports", 1, ModuleLimits { exports: 0, ..default }),
            ("globals", 2, ModuleLimits { globals: 1, ..default }),
            ("tables", 2, ModuleLimits { tables: 1, ..default }),
            ("memories", 1, ModuleLimits { memories: 0, ..default }),
            ("element segments", 2, ModuleLimits { elem_segments: 1, ..default }),
            ("data segments", 3, ModuleLimits { data_segments: 2, ..default }),
            ("function body bytes", 2, ModuleLimits { body_bytes: 1, ..default }),
        ];
        for (name, asked, limits) in cases {
            let expected = LimitExceeded { limit: name, asked, allowed: asked - 1 };
            assert_eq!(refusal(&bytes, Features::default(), &limits), ModuleError::Limit(expected));
        }
        let exact = ModuleLimits {
            module_bytes: bytes.len(),
            types: 2,
            functions: 2,
            imports: 3,
            exports: 1,
            globals: 2,
            tables: 2,
            memories: 1,
            elem_segments: 2,
            data_segments: 3,
            body_bytes: 2,
        };
        decode(&bytes, Features::default(), &exact).unwrap();
    }

    /// `count` functions of type `[] -> []` with an empty body each.
    fn empty_functions(count: u32) -> Vec<u8> {
        fn leb(mut value: u32, out: &mut Vec<u8>) {
            while value >= 0x80 {
                out.push((value & 0x7F) as u8 | 0x80);
                value >>= 7;
            }
            out.push((value & 0x7F) as u8);
        }
        let mut bytes = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0".to_vec();
        for (section, item) in [(3, &[0][..]), (10, &[2, 0, 0x0B])] {
            let mut content = Vec::new();
            leb(count, &mut content);
            content.extend(item.repeat(count as usize));
            bytes.push(section);
            leb(u32::try_from(content.len()).unwrap(), &mut bytes);
            bytes.extend(content);
        }
        bytes
    }

    #[test]
    fn a_million_functions_decode_fast_and_one_more_is_refused() {
        let start = std::time::Instant::now();
        // Nothing recurses over input, so a small stack does.
        let small = std::thread::Builder::new().stack_size(256 << 10).spawn(|| {
            decode(&empty_functions(1_000_000), Features::default(), &ModuleLimits::default()).unwrap()
        });
        let decoded = small.unwrap().join().unwrap();
        let elapsed = start.elapsed();
        assert_eq!(decoded.decl.bodies.len(), 1_000_000);
        // Some 0.1 s when optimised; a quadratic walk would take hours.
        assert!(elapsed.as_secs() < 10, "{elapsed:?}");
        let error = refusal(&empty_functions(1_000_001), Features::default(), &ModuleLimits::default());
        assert!(error.to_string().starts_with("functions count exceeds limit of 1000000"), "{error}");
    }

    #[test]
    fn nasty_bytes_are_refused() {
        let header = b"\0asm\x01\0\0\0";
        let with = |tail: &[u8]| [&header[..], tail].concat();
        for bytes in [
            vec![],
            b"\0as".to_vec(),
            b"\0asm\x0d\0\x01\0".to_vec(),
            b"\0asm\x02\0\0\0".to_vec(),
            with(&[1]),
            with(&[1, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F]),
            with(&[1, 5, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F]),
            with(&[3, 2, 1, 0]),
            with(&[10, 4, 1, 2, 0, 0x0B]),
            with(&[8, 1, 0]),
            with(&[14, 0]),
            with(&[12, 1, 1]),
            with(&header[..]),
        ] {
            let error = refusal(&bytes, Features::default(), &ModuleLimits::default());
            assert!(matches!(error, ModuleError::Invalid(_)), "{bytes:x?}: {error}");
        }
    }

    const SAMPLE: &str = r#"(module $name
        (type $t (func (param i32 f64) (result i64)))
        (import "m" "f" (func $f (type $t))) (import "m" "g" (global externref)) (import "m" "mem" (memory 1 4))
        (func $one (type $t) (local f32) i64.const 5) (func (export "x"))
        (table 4 8 funcref) (table 1 externref)
        (global (mut f32) (f32.const nan:0x200001)) (global funcref (ref.func $one))
        (export "mem" (memory 0)) (start 2)
        (elem (i32.const 1) func $one $f) (elem externref (global.get 0) (ref.null extern)) (elem declare func 1)
        (data (i32.const 0) "hello") (data "passive")
        (@custom "note" "bytes"))"#;

    proptest::proptest! {
        #[test]
        fn no_mutation_of_a_module_panics(
            edits in proptest::collection::vec((0usize..400, proptest::num::u8::ANY, 0u8..4), 1..8),
        ) {
            let mut bytes = wasm(SAMPLE);
            for (at, byte, kind) in edits {
                let at = at % (bytes.len() + 1);
                match kind {
                    0 => bytes.insert(at, byte),
                    1 if at < bytes.len() => { bytes.remove(at); }
                    2 => bytes.truncate(at.max(8)),
                    _ if at < bytes.len() => bytes[at] = byte,
                    _ => {}
                }
            }
            for features in [Features::default(), Features::wasm_v1()] {
                if let Ok(decoded) = decode(&bytes, features, &ModuleLimits::default()) {
                    for func in decoded.decl.bodies.keys() {
                        let (to_validate, body) = decoded.body(&bytes, func);
                        let _ = to_validate
                            .into_validator(wasmparser::FuncValidatorAllocations::default())
                            .validate(&body);
                    }
                }
            }
        }

        #[test]
        fn no_single_byte_edit_of_a_module_panics(at in 8usize..400, byte in proptest::num::u8::ANY) {
            let mut bytes = wasm(SAMPLE);
            let at = at % bytes.len();
            bytes[at] = byte;
            let _ = decode(&bytes, Features::default(), &ModuleLimits::default());
        }
    }

    #[test]
    fn the_sample_of_the_mutation_tests_is_valid() {
        let (_, Decoded { decl, .. }) = decode_text(SAMPLE);
        assert_eq!(decl.globals.as_slice()[1].init, Some(ConstExpr::Const(0x7FA0_0001)));
        assert_eq!(
            decl.extern_type(ExternIdx::Func(FuncIdx::new(0))),
            ExternType::Func(FuncType::new([ValType::I32, ValType::F64], [ValType::I64]))
        );
    }
}
