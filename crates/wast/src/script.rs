//! One script: its modules, its instances, and what each directive asks for.
//!
//! Owns: [`Runner`]. Does not know: how values are written (`values`), the host's module (`spectest`).

use std::collections::HashMap;

use skep::{Config, Engine, Error, Instance, Linker, Module, Store, Val};
use wast::token::Id;
use wast::{QuoteWat, WastDirective, WastExecute, WastInvoke, WastRet, Wat};

use crate::{spectest, values};

/// What came of a directive that did not fail.
pub(crate) enum Outcome {
    Passed,
    Skipped,
}

/// Why a directive failed.
type Failed = String;

/// A script that runs.
pub(crate) struct Runner {
    engine: Engine,
    linker: Linker<()>,
    store: Store<()>,
    /// Modules by name, and the last one.
    modules: Named<Module>,
    /// Instances by name, and the last one.
    instances: Named<Instance>,
}

/// Things by their name in the script. The last is forgotten when its successor fails, so that nothing runs on a
/// stranger.
struct Named<V> {
    by_name: HashMap<String, V>,
    last: Option<V>,
}

impl<V: Clone> Named<V> {
    fn new() -> Self {
        Self { by_name: HashMap::new(), last: None }
    }

    fn forget(&mut self, name: Option<&str>) {
        self.last = None;
        if let Some(name) = name {
            self.by_name.remove(name);
        }
    }

    fn add(&mut self, name: Option<&str>, value: V) {
        if let Some(name) = name {
            self.by_name.insert(name.to_owned(), value.clone());
        }
        self.last = Some(value);
    }

    fn get(&self, name: Option<Id<'_>>) -> Result<V, Failed> {
        let found = match name {
            Some(id) => self.by_name.get(id.name()),
            None => self.last.as_ref(),
        };
        let shown = name.map_or("the last one", |id| id.name());
        found.cloned().ok_or_else(|| format!("no module {shown}"))
    }
}

impl Runner {
    pub(crate) fn new(config: &Config) -> Result<Self, Error> {
        let engine = Engine::new(config)?;
        let mut store = Store::new(&engine);
        let mut linker = Linker::new(&engine);
        spectest::define(&mut linker, &mut store)?;
        Ok(Self { engine, linker, store, modules: Named::new(), instances: Named::new() })
    }

    pub(crate) fn run(&mut self, directive: WastDirective<'_>) -> Result<Outcome, Failed> {
        match directive {
            WastDirective::Module(module) => self.module(module)?,
            WastDirective::ModuleDefinition(module) => self.definition(module)?,
            WastDirective::ModuleInstance { instance, module, .. } => self.instance(instance, module)?,
            WastDirective::Register { name, module, .. } => self.register(name, module)?,
            WastDirective::Invoke(invoke) => drop(self.invoke(&invoke)?.map_err(|error| full(&error))?),
            WastDirective::AssertReturn { exec, results, .. } => self.assert_return(exec, &results)?,
            WastDirective::AssertTrap { exec, message, .. } => self.assert_trap(exec, message)?,
            WastDirective::AssertExhaustion { call, message, .. } => {
                self.assert_trap(WastExecute::Invoke(call), message)?;
            }
            WastDirective::AssertInvalid { module, message, .. }
            | WastDirective::AssertMalformed { module, message, .. } => {
                self.assert_refused(module, message)?;
            }
            WastDirective::AssertUnlinkable { module, message, .. } => {
                self.assert_unlinkable(module, message)?;
            }
            WastDirective::AssertInvalidCustom { .. }
            | WastDirective::AssertMalformedCustom { .. }
            | WastDirective::AssertException { .. }
            | WastDirective::AssertSuspension { .. }
            | WastDirective::Thread(_)
            | WastDirective::Wait { .. } => return Ok(Outcome::Skipped),
        }
        Ok(Outcome::Passed)
    }

    fn module(&mut self, mut module: QuoteWat<'_>) -> Result<(), Failed> {
        let name = module.name().map(|id| id.name().to_owned());
        self.instances.forget(name.as_deref());
        self.modules.forget(name.as_deref());
        let module = self.compile(&mut module)?;
        self.modules.add(name.as_deref(), module.clone());
        let instance = self.instantiate(&module).map_err(|error| full(&error))?;
        self.instances.add(name.as_deref(), instance);
        Ok(())
    }

    fn definition(&mut self, mut module: QuoteWat<'_>) -> Result<(), Failed> {
        let name = module.name().map(|id| id.name().to_owned());
        self.modules.forget(name.as_deref());
        let module = self.compile(&mut module)?;
        self.modules.add(name.as_deref(), module);
        Ok(())
    }

    fn instance(&mut self, instance: Option<Id<'_>>, module: Option<Id<'_>>) -> Result<(), Failed> {
        let name = instance.map(|id| id.name());
        self.instances.forget(name);
        let module = self.modules.get(module)?;
        let instance = self.instantiate(&module).map_err(|error| full(&error))?;
        self.instances.add(name, instance);
        Ok(())
    }

    fn compile(&self, module: &mut QuoteWat<'_>) -> Result<Module, Failed> {
        let bytes = module.encode().map_err(|error| format!("text: {}", error.message()))?;
        Module::new(&self.engine, bytes).map_err(|error| full(&error))
    }

    fn instantiate(&mut self, module: &Module) -> Result<Instance, Error> {
        let template = self.linker.template_in(&self.store, module)?;
        self.store.spawn(&template, ())
    }

    /// A name given twice names the later instance.
    fn register(&mut self, name: &str, module: Option<Id<'_>>) -> Result<(), Failed> {
        let instance = self.instances.get(module)?;
        let _ = self.store.unregister(name);
        self.store.register(name, instance).map_err(|error| full(&error))
    }

    fn execute(&mut self, exec: WastExecute<'_>) -> Result<Result<Vec<Val>, Error>, Failed> {
        match exec {
            WastExecute::Invoke(invoke) => self.invoke(&invoke),
            WastExecute::Wat(module) => {
                let module = self.compile(&mut QuoteWat::Wat(module))?;
                Ok(self.instantiate(&module).map(|_| Vec::new()))
            }
            WastExecute::Get { module, global, .. } => {
                let instance = self.instances.get(module)?;
                let value = instance.global(&self.store, global).and_then(|found| found.get(&self.store));
                Ok(value.map(|value| vec![value]))
            }
        }
    }

    fn invoke(&mut self, invoke: &WastInvoke<'_>) -> Result<Result<Vec<Val>, Error>, Failed> {
        let instance = self.instances.get(invoke.module)?;
        let args = values::args(&mut self.store, &invoke.args)?;
        let func = match instance.func(&self.store, invoke.name) {
            Ok(func) => func,
            Err(error) => return Ok(Err(error)),
        };
        Ok(func.call_as(&mut self.store, instance, &args))
    }

    fn assert_return(&mut self, exec: WastExecute<'_>, wanted: &[WastRet<'_>]) -> Result<(), Failed> {
        let found = self.execute(exec)?.map_err(|error| full(&error))?;
        values::check(&self.store, &found, wanted)
    }

    fn assert_trap(&mut self, exec: WastExecute<'_>, wanted: &str) -> Result<(), Failed> {
        match self.execute(exec)? {
            Ok(values) => Err(format!("expected trap {wanted:?}, found {values:?}")),
            Err(error) => match error.trap() {
                Some(trap) if texts_agree(trap.text(), wanted) => Ok(()),
                _ => Err(format!("expected trap {wanted:?}, found {}", full(&error))),
            },
        }
    }

    /// Text that does not parse is as good as a module that is refused.
    fn assert_refused(&self, mut module: QuoteWat<'_>, wanted: &str) -> Result<(), Failed> {
        let Ok(bytes) = module.encode() else { return Ok(()) };
        match Module::new(&self.engine, bytes) {
            Ok(_) => Err(format!("expected {wanted:?}, but the module was accepted")),
            Err(Error::Invalid(_) | Error::Limit(_)) => Ok(()),
            Err(error) => Err(format!("expected {wanted:?}, found {}", full(&error))),
        }
    }

    fn assert_unlinkable(&mut self, module: Wat<'_>, wanted: &str) -> Result<(), Failed> {
        let module = self.compile(&mut QuoteWat::Wat(module))?;
        let Err(error) = self.instantiate(&module) else {
            return Err(format!("expected {wanted:?}, but the module was linked"));
        };
        let agrees = match &error {
            Error::Link(errors) => match errors.errors.first() {
                Some(first) if first.cause.is_unknown() => wanted == "unknown import",
                Some(_) => wanted == "incompatible import type",
                None => false,
            },
            // WebAssembly 1.0 counted these as link errors.
            Error::Segment(_) => wanted.ends_with("segment does not fit"),
            _ => false,
        };
        if agrees { Ok(()) } else { Err(format!("expected {wanted:?}, found {}", full(&error))) }
    }
}

/// The suite shortens texts ("undefined") and lengthens them ("uninitialized element 2").
fn texts_agree(found: &str, wanted: &str) -> bool {
    found.starts_with(wanted) || wanted.starts_with(found)
}

fn full(error: &Error) -> String {
    format!("{error:#}")
}
