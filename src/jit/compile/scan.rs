//! Pass A: validates a body and learns its future, in one walk.
//!
//! Owns: the visitor that hands each operator to wasmparser's validator first and to the [`Summary`] only when it was accepted;
//! the budget of values moved, which is charged before the validator sees an operator.
//! Does not know: code.

use wasmparser::{
    BrTable, FrameKind, FrameStack, FuncValidator, FuncValidatorAllocations, FunctionBody, Ieee32, Ieee64,
    MemArg, ValidatorResources, VisitOperator,
};

use super::ModuleContext;
use super::stream::BlockType;
use super::summary::Summary;
use crate::spec::invalid::{Invalid, LimitExceeded, ModuleError};
use crate::spec::limits::{BR_TABLE_TARGETS_MAX, values_moved_max};
use crate::spec::module::{DefinedFuncIdx, FuncIdx, TypeIdx};
use crate::spec::ops::Op;
use crate::spec::types::ValType;

/// Words that builtins take at most, as bytes of the outgoing area.
const BUILTIN_OUTGOING_BYTES: u32 = 32;

/// Why the walk stops.
enum Stop {
    Invalid(wasmparser::Error),
    Limit(LimitExceeded),
}

impl From<wasmparser::Error> for Stop {
    fn from(error: wasmparser::Error) -> Self {
        Self::Invalid(error)
    }
}

/// What pass A keeps between bodies.
#[derive(Default)]
pub(crate) struct Scanner {
    allocations: FuncValidatorAllocations,
    /// Values that the bodies scanned so far move.
    pub(crate) values_moved: u64,
    /// Whether one of them looks into a table or changes one.
    pub(crate) touches_tables: bool,
}

impl std::fmt::Debug for Scanner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scanner").field("values_moved", &self.values_moved).finish_non_exhaustive()
    }
}

impl Scanner {
    /// Validates the body of a function and fills the summary.
    ///
    /// # Errors
    /// `Limit` when the values moved so far exceed the module's budget or a `br_table` is too long, else `Invalid`.
    pub(crate) fn scan(
        &mut self,
        cx: &ModuleContext<'_>,
        func: DefinedFuncIdx,
        summary: &mut Summary,
    ) -> Result<(), ModuleError> {
        summary.begin();
        let index = cx.decoded.decl.func_idx(func);
        let (to_validate, body) = cx.decoded.body(cx.bytes, func);
        let validator = to_validate.into_validator(std::mem::take(&mut self.allocations));
        let mut visitor = Visitor {
            validator,
            summary,
            cx,
            at: 0,
            body_start: 0,
            results: cx.decoded.decl.types[cx.decoded.decl.funcs[index].ty].results.len(),
            moved: self.values_moved,
            moved_max: values_moved_max(cx.bytes.len()),
            touches_tables: self.touches_tables,
        };
        let result = walk(&body, &mut visitor);
        self.touches_tables = visitor.touches_tables;
        self.values_moved = visitor.moved;
        self.allocations = visitor.validator.into_allocations();
        result.map_err(|stop| match stop {
            Stop::Limit(limit) => ModuleError::Limit(limit),
            Stop::Invalid(error) => {
                Invalid::from_wasmparser(&error, cx.decoded.features, Some(index.as_u32())).into()
            }
        })
    }
}

/// Walks a body: locals, then operators.
fn walk(body: &FunctionBody<'_>, visitor: &mut Visitor<'_, '_>) -> Result<(), Stop> {
    let mut reader = body.get_binary_reader();
    visitor.body_start = reader.original_position();
    visitor.validator.read_locals(&mut reader)?;
    while !reader.eof() {
        visitor.at = reader.original_position();
        reader.visit_operator(visitor)??;
    }
    let end = visitor.validator.visitor(reader.original_position());
    reader.finish_expression(&end)?;
    Ok(())
}

struct Visitor<'v, 'm> {
    validator: FuncValidator<ValidatorResources>,
    summary: &'v mut Summary,
    cx: &'v ModuleContext<'m>,
    /// Offset in the module of the operator being read.
    at: u64,
    body_start: u64,
    /// Values that `return` moves.
    results: usize,
    moved: u64,
    moved_max: u64,
    touches_tables: bool,
}

impl Visitor<'_, '_> {
    /// Bytes from the start of the body.
    #[inline]
    fn offset(&self) -> u32 {
        u32::try_from(self.at - self.body_start).expect("wasmparser limits the size of a body")
    }

    #[inline]
    fn height(&mut self) {
        self.summary.height_max = self.summary.height_max.max(self.validator.operand_stack_height());
    }

    #[inline]
    fn push(&mut self, op: Op, imm: u32) {
        let offset = self.offset();
        self.summary.stream.push(op, offset, imm);
        self.height();
    }

    /// An operator in live code with an immediate that fits.
    #[inline]
    fn plain(&mut self, op: Op, imm: u32) -> Result<(), Stop> {
        if self.summary.is_live() {
            self.push(op, imm);
        }
        Ok(())
    }

    /// An operator in live code with an operand word.
    #[inline]
    fn wide(&mut self, op: Op, imm: u32, operand: u64) -> Result<(), Stop> {
        if self.summary.is_live() {
            self.push(op, imm);
            self.summary.stream.push_operand(operand);
        }
        Ok(())
    }

    /// An operator that looks into a table or changes one is next.
    #[inline]
    fn touch_table(&mut self) {
        self.touches_tables |= self.summary.is_live();
    }

    #[inline]
    fn memory(&mut self, op: Op, arg: MemArg) -> Result<(), Stop> {
        let offset = u32::try_from(arg.offset).expect("validated: offsets into a 32-bit memory fit");
        self.plain(op, offset)
    }

    #[inline]
    fn local(&mut self, op: Op, index: u32) -> Result<(), Stop> {
        if self.summary.is_live() {
            let validator = &self.validator;
            let touched = self.summary.touch(index, op == Op::LocalSet || op == Op::LocalTee, || {
                let ty = validator.get_local_type(index).expect("validated: the local exists");
                value_type(ty)
            });
            self.push(op, touched);
        }
        Ok(())
    }

    /// An operator that calls a builtin.
    fn builtin(&mut self, op: Op, imm: u32, operand: u32) -> Result<(), Stop> {
        if self.summary.is_live() {
            self.summary.call(false, BUILTIN_OUTGOING_BYTES);
        }
        self.wide(op, imm, operand.into())
    }

    fn ref_null(&mut self, ty: wasmparser::HeapType) -> Result<(), Stop> {
        let func = ty == wasmparser::HeapType::FUNC;
        self.plain(Op::RefNull, u32::from(func))
    }

    fn open(&mut self, op: Op, ty: wasmparser::BlockType) -> Result<(), Stop> {
        if self.summary.open(op) {
            self.push(op, block_type(ty).encode());
            if op == Op::If {
                self.summary.forks(op, 0);
            }
        }
        Ok(())
    }

    fn switch(&mut self) -> Result<(), Stop> {
        if self.summary.switch() {
            self.push(Op::Else, 0);
        }
        Ok(())
    }

    fn close(&mut self) -> Result<(), Stop> {
        if self.summary.close() {
            self.push(Op::End, 0);
        }
        Ok(())
    }

    fn branch(&mut self, op: Op, depth: u32) -> Result<(), Stop> {
        if self.summary.is_live() {
            self.push(op, depth);
            self.summary.branch(depth);
            if op == Op::Br {
                self.summary.end_of_live(op);
            } else {
                self.summary.forks(op, depth);
            }
        }
        Ok(())
    }

    /// `return`, `unreachable`.
    fn leave(&mut self, op: Op) -> Result<(), Stop> {
        self.plain(op, 0)?;
        if self.summary.is_live() {
            self.summary.end_of_live(op);
        }
        Ok(())
    }

    fn table_of_branches(&mut self, targets: &BrTable<'_>) -> Result<(), Stop> {
        if !self.summary.is_live() {
            return Ok(());
        }
        let first = u32::try_from(self.summary.targets.len()).expect("targets are shorter than the body");
        for target in targets.targets().chain([Ok(targets.default())]) {
            let depth = target?;
            self.summary.targets.push(depth);
            self.summary.branch(depth);
        }
        self.push(Op::BrTable, first);
        self.summary.stream.push_operand(u64::from(targets.len()) + 1);
        self.summary.end_of_live(Op::BrTable);
        Ok(())
    }

    fn call(&mut self, func: u32) -> Result<(), Stop> {
        if self.summary.is_live() {
            let index = FuncIdx::new(func);
            let decl = &self.cx.decoded.decl;
            let plan = &self.cx.plans[decl.funcs[index].ty];
            let foreign = decl.defined(index).is_none();
            self.summary.call(foreign, plan.param_bytes + plan.result_bytes);
            self.push(Op::Call, func);
        }
        Ok(())
    }

    fn call_indirect(&mut self, ty: u32, table: u32) -> Result<(), Stop> {
        if self.summary.is_live() {
            let plan = &self.cx.plans[TypeIdx::new(ty)];
            self.summary.call(true, plan.param_bytes + plan.result_bytes);
            self.summary.joins();
        }
        self.wide(Op::CallIndirect, ty, table.into())
    }

    /// Charges values that an operator moves, before the validator walks over them.
    fn charge(&mut self, values: usize, times: u64) -> Result<(), Stop> {
        self.moved = self.moved.saturating_add((values as u64).saturating_mul(times));
        LimitExceeded::check("values moved", self.moved, self.moved_max).map_err(Stop::Limit)
    }

    fn charge_func(&mut self, func: u32) -> Result<(), Stop> {
        let decl = &self.cx.decoded.decl;
        let ty = (func as usize) < decl.funcs.len();
        let ty = ty.then(|| decl.funcs[FuncIdx::new(func)].ty.as_u32());
        ty.map_or(Ok(()), |ty| self.charge_type(ty))
    }

    fn charge_type(&mut self, ty: u32) -> Result<(), Stop> {
        let types = self.cx.decoded.decl.types.as_slice();
        let values = types.get(ty as usize).map_or(0, |ty| ty.params.len() + ty.results.len());
        self.charge(values, 1)
    }

    fn charge_block(&mut self, ty: wasmparser::BlockType) -> Result<(), Stop> {
        match ty {
            wasmparser::BlockType::FuncType(ty) => self.charge_type(ty),
            wasmparser::BlockType::Empty | wasmparser::BlockType::Type(_) => self.charge(1, 1),
        }
    }

    fn charge_branch(&mut self, depth: u32, times: u64) -> Result<(), Stop> {
        let values =
            self.validator.get_control_frame(depth as usize).map_or(0, |frame| match frame.block_type {
                wasmparser::BlockType::Empty => 0,
                wasmparser::BlockType::Type(_) => 1,
                wasmparser::BlockType::FuncType(ty) => {
                    let types = self.cx.decoded.decl.types.as_slice();
                    types.get(ty as usize).map_or(0, |ty| ty.params.len().max(ty.results.len()))
                }
            });
        self.charge(values, times)
    }

    fn charge_table(&mut self, targets: &BrTable<'_>) -> Result<(), Stop> {
        let (asked, allowed) = (u64::from(targets.len()), u64::from(BR_TABLE_TARGETS_MAX));
        LimitExceeded::check("br_table targets", asked, allowed).map_err(Stop::Limit)?;
        self.charge_branch(targets.default(), asked + 1)
    }
}

fn value_type(ty: wasmparser::ValType) -> ValType {
    ValType::from_wasmparser(ty).expect("validated: only types of features that are on occur")
}

fn block_type(ty: wasmparser::BlockType) -> BlockType {
    match ty {
        wasmparser::BlockType::Empty => BlockType::Empty,
        wasmparser::BlockType::Type(ty) => BlockType::Result(value_type(ty)),
        wasmparser::BlockType::FuncType(ty) => BlockType::Func(TypeIdx::new(ty)),
    }
}

/// What an operator is charged for before the validator sees it.
macro_rules! charge {
    ($v:ident Block $ty:ident) => {
        $v.charge_block($ty)
    };
    ($v:ident Loop $ty:ident) => {
        $v.charge_block($ty)
    };
    ($v:ident If $ty:ident) => {
        $v.charge_block($ty)
    };
    ($v:ident Br $depth:ident) => {
        $v.charge_branch($depth, 1)
    };
    ($v:ident BrIf $depth:ident) => {
        $v.charge_branch($depth, 1)
    };
    ($v:ident BrTable $targets:ident) => {
        $v.charge_table(&$targets)
    };
    ($v:ident Return) => {
        $v.charge($v.results, 1)
    };
    ($v:ident Call $func:ident) => {
        $v.charge_func($func)
    };
    ($v:ident CallIndirect $ty:ident $table:ident) => {
        $v.charge_type($ty)
    };
    ($v:ident $op:ident $($arg:ident)*) => {
        Ok::<(), Stop>(())
    };
}

/// What an accepted operator means to the summary, by proposal and name.
macro_rules! collect {
    ($v:ident mvp Unreachable) => {
        $v.leave(Op::Unreachable)
    };
    ($v:ident mvp Return) => {
        $v.leave(Op::Return)
    };
    ($v:ident mvp Block $ty:ident) => {
        $v.open(Op::Block, $ty)
    };
    ($v:ident mvp Loop $ty:ident) => {
        $v.open(Op::Loop, $ty)
    };
    ($v:ident mvp If $ty:ident) => {
        $v.open(Op::If, $ty)
    };
    ($v:ident mvp Else) => {
        $v.switch()
    };
    ($v:ident mvp End) => {
        $v.close()
    };
    ($v:ident mvp Br $depth:ident) => {
        $v.branch(Op::Br, $depth)
    };
    ($v:ident mvp BrIf $depth:ident) => {
        $v.branch(Op::BrIf, $depth)
    };
    ($v:ident mvp BrTable $targets:ident) => {
        $v.table_of_branches(&$targets)
    };
    ($v:ident mvp Call $func:ident) => {
        $v.call($func)
    };
    ($v:ident mvp CallIndirect $ty:ident $table:ident) => {
        $v.call_indirect($ty, $table)
    };
    ($v:ident mvp LocalGet $local:ident) => {
        $v.local(Op::LocalGet, $local)
    };
    ($v:ident mvp LocalSet $local:ident) => {
        $v.local(Op::LocalSet, $local)
    };
    ($v:ident mvp LocalTee $local:ident) => {
        $v.local(Op::LocalTee, $local)
    };
    ($v:ident mvp GlobalGet $global:ident) => {
        $v.plain(Op::GlobalGet, $global)
    };
    ($v:ident mvp GlobalSet $global:ident) => {
        $v.plain(Op::GlobalSet, $global)
    };
    ($v:ident mvp MemorySize $mem:ident) => {
        $v.plain(Op::MemorySize, $mem)
    };
    ($v:ident mvp MemoryGrow $mem:ident) => {
        $v.builtin(Op::MemoryGrow, $mem, 0)
    };
    ($v:ident mvp I32Const $value:ident) => {
        $v.plain(Op::I32Const, $value.cast_unsigned())
    };
    ($v:ident mvp I64Const $value:ident) => {
        $v.wide(Op::I64Const, 0, $value.cast_unsigned())
    };
    ($v:ident mvp F32Const $value:ident) => {
        $v.plain(Op::F32Const, Ieee32::bits($value))
    };
    ($v:ident mvp F64Const $value:ident) => {
        $v.wide(Op::F64Const, 0, Ieee64::bits($value))
    };
    ($v:ident mvp $op:ident) => {
        $v.plain(Op::$op, 0)
    };
    ($v:ident mvp $op:ident $arg:ident) => {
        $v.memory(Op::$op, $arg)
    };
    ($v:ident sign_extension $op:ident) => {
        $v.plain(Op::$op, 0)
    };
    ($v:ident saturating_float_to_int $op:ident) => {
        $v.plain(Op::$op, 0)
    };
    ($v:ident bulk_memory MemoryInit $data:ident $mem:ident) => {
        $v.builtin(Op::MemoryInit, $mem, $data)
    };
    ($v:ident bulk_memory DataDrop $data:ident) => {
        $v.builtin(Op::DataDrop, $data, 0)
    };
    ($v:ident bulk_memory MemoryCopy $to:ident $from:ident) => {
        $v.builtin(Op::MemoryCopy, $to, $from)
    };
    ($v:ident bulk_memory MemoryFill $mem:ident) => {
        $v.builtin(Op::MemoryFill, $mem, 0)
    };
    ($v:ident bulk_memory TableInit $elem:ident $table:ident) => {{
        $v.touch_table();
        $v.builtin(Op::TableInit, $table, $elem)
    }};
    ($v:ident bulk_memory ElemDrop $elem:ident) => {
        $v.builtin(Op::ElemDrop, $elem, 0)
    };
    ($v:ident bulk_memory TableCopy $to:ident $from:ident) => {{
        $v.touch_table();
        $v.builtin(Op::TableCopy, $to, $from)
    }};
    ($v:ident reference_types TypedSelect $ty:ident) => {
        $v.plain(Op::TypedSelect, 0)
    };
    ($v:ident reference_types RefNull $ty:ident) => {
        $v.ref_null($ty)
    };
    ($v:ident reference_types RefIsNull) => {
        $v.plain(Op::RefIsNull, 0)
    };
    ($v:ident reference_types RefFunc $func:ident) => {
        $v.plain(Op::RefFunc, $func)
    };
    ($v:ident reference_types TableGet $table:ident) => {{
        $v.touch_table();
        $v.plain(Op::TableGet, $table)
    }};
    ($v:ident reference_types TableSet $table:ident) => {{
        $v.touch_table();
        $v.plain(Op::TableSet, $table)
    }};
    ($v:ident reference_types TableSize $table:ident) => {
        $v.plain(Op::TableSize, $table)
    };
    ($v:ident reference_types TableGrow $table:ident) => {{
        $v.touch_table();
        $v.builtin(Op::TableGrow, $table, 0)
    }};
    ($v:ident reference_types TableFill $table:ident) => {{
        $v.touch_table();
        $v.builtin(Op::TableFill, $table, 0)
    }};
    ($v:ident $proposal:ident $op:ident $($arg:ident)*) => {
        unreachable!(concat!("no feature that can be on admits ", stringify!($op)))
    };
}

macro_rules! visitor {
    ($( @$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($arity:tt)*) )*) => { $(
        #[inline]
        fn $visit(&mut self $(, $($arg: $argty),*)?) -> Self::Output {
            charge!(self $op $($($arg)*)?)?;
            self.validator.visitor(self.at).$visit($($($arg.clone()),*)?)?;
            collect!(self $proposal $op $($($arg)*)?)
        }
    )* };
}

impl<'a> VisitOperator<'a> for Visitor<'_, '_> {
    type Output = Result<(), Stop>;

    wasmparser::for_each_visit_operator!(visitor);
}

impl FrameStack for Visitor<'_, '_> {
    fn current_frame(&self) -> Option<FrameKind> {
        self.validator.get_control_frame(0).map(|frame| frame.kind)
    }
}
