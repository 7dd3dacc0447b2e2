//! Calls into Ruby, and the two nets under them: exceptions caught as `Err`, panics turned into exceptions.

use super::value::{raw, wrap};
use magnus::rb_sys::FromRawValue;
use magnus::value::ReprValue;
use magnus::{Error, Ruby, Value};
use rb_sys::{ID, VALUE};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// The Ruby that is running. This library's code only runs when Ruby calls it.
pub fn ruby() -> Ruby {
    // SAFETY: every way into this library is a call from a Ruby thread that holds the VM's lock.
    unsafe { Ruby::get_unchecked() }
}

/// Runs `body`, which may raise, and gives an exception back as `Err`.
///
/// A raise is a longjmp out of `body`: what `body` owns is then never dropped, so it owns nothing. A panic of
/// `body`, which must not unwind through Ruby's frames, goes on behind them.
#[inline]
pub fn protect(body: impl FnOnce() -> Value) -> Result<Value, Error> {
    let mut panic = None;
    let value = magnus::rb_sys::protect(|| raw(catch(&mut panic, body).unwrap_or_else(super::value::nil)))?;
    go_on(panic);
    Ok(wrap(value))
}

/// As [`protect`], for a body without result.
#[inline(always)]
#[allow(clippy::inline_always)] // a frame less in each level of recursive types
pub fn protect_unit(body: impl FnOnce()) -> Result<(), Error> {
    let mut panic = None;
    magnus::rb_sys::protect(|| {
        catch(&mut panic, body);
        rb_sys::Qnil as VALUE
    })?;
    go_on(panic);
    Ok(())
}

/// A panic on its way past the frames of C.
pub type Caught = Option<Box<dyn std::any::Any + Send>>;

/// Runs `body` where C has called Rust; a panic is kept in `panic`, for [`go_on`].
#[inline]
pub fn catch<R>(panic: &mut Caught, body: impl FnOnce() -> R) -> Option<R> {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(result) => Some(result),
        Err(caught) => {
            *panic = Some(caught);
            None
        }
    }
}

/// Lets a panic that was kept go on, where C has been left.
#[inline]
pub fn go_on(panic: Caught) {
    if let Some(panic) = panic {
        std::panic::resume_unwind(panic);
    }
}

/// Raises. The frames between Ruby, or the net, and here own nothing.
#[cold]
#[inline(never)]
pub(super) fn raise(error: Error) -> ! {
    // SAFETY: nothing is left undone by the jump, for the frames under it own nothing, as the callers say.
    unsafe { magnus::rb_sys::resume_error(error) }
}

/// The exception that a panic, which no input should be able to cause, becomes: a `RuntimeError` that
/// `rescue => e` catches, rather than the `fatal` that nothing does.
#[cold]
pub(super) fn panicked(panic: &(dyn std::any::Any + Send)) -> Error {
    let what = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    let message = format!("bug in msgpack-ext, please report it: {what}");
    Error::new(ruby().exception_runtime_error(), message)
}

/// A method's name, interned at its first use.
pub struct Name {
    text: &'static str,
    id: AtomicU64,
}

impl Name {
    pub const fn new(text: &'static str) -> Self {
        Self { text, id: AtomicU64::new(0) }
    }

    pub fn text(&self) -> &'static str {
        self.text
    }

    /// The name as a Symbol.
    pub fn symbol(&self) -> Value {
        // SAFETY: any ID has a Symbol.
        wrap(unsafe { rb_sys::rb_id2sym(self.id()) })
    }

    #[inline]
    pub fn id(&self) -> ID {
        match self.id.load(Relaxed) {
            0 => {
                // SAFETY: pointer and length of one slice; an ID never changes, so racing stores agree.
                let id = unsafe { rb_sys::rb_intern2(self.text.as_ptr().cast(), self.text.len() as _) };
                self.id.store(id, Relaxed);
                id
            }
            id => id,
        }
    }
}

/// Calls a method, private ones too. May raise.
pub fn call<const N: usize>(receiver: Value, name: &Name, args: [Value; N]) -> Value {
    call_id(receiver, name.id(), args)
}

/// Calls a method by its ID. May raise.
pub fn call_id<const N: usize>(receiver: Value, id: ID, args: [Value; N]) -> Value {
    let args = args.map(raw);
    // SAFETY: `args` holds N live values for the time of the call.
    wrap(unsafe { rb_sys::rb_funcallv(raw(receiver), id, N as i32, args.as_ptr()) })
}

/// Whether instances of a class, which may be a singleton class, have a method, by whatever visibility, and none of them
/// has anything else to say about that (a `respond_to?` of their own). Runs no Ruby code.
pub fn has_method(class: Value, name: &Name) -> bool {
    static RESPOND_TO: Name = Name::new("respond_to?");
    // SAFETY: a class and IDs.
    unsafe {
        rb_sys::rb_method_boundp(raw(class), name.id(), 0) != 0
            && rb_sys::rb_method_basic_definition_p(raw(class), RESPOND_TO.id()) != 0
    }
}

/// The method that `receiver` has by that name, as a Method. May raise (`NameError`).
pub fn method(receiver: Value, name: &Name) -> Value {
    // SAFETY: a live value and a Symbol.
    wrap(unsafe { rb_sys::rb_obj_method(raw(receiver), raw(name.symbol())) })
}

/// Whether what `receiver`, a Class, has by that name is still this Method. Runs no Ruby code. May raise (memory).
pub fn is_method(receiver: Value, name: &Name, known: Value) -> bool {
    static EQUAL: Name = Name::new("==");
    // SAFETY: a class and an ID.
    let is_compared_by_ruby =
        unsafe { rb_sys::rb_method_basic_definition_p(rb_sys::rb_cMethod, EQUAL.id()) != 0 };
    // Of what is not there Ruby would ask the program.
    is_compared_by_ruby
        && has_method(super::class::own(receiver), name)
        && call(known, &EQUAL, [method(receiver, name)]).to_bool()
}

/// Calls a method if the receiver responds to it; None otherwise. May raise.
pub fn call_if<const N: usize>(receiver: Value, name: &Name, args: [Value; N]) -> Option<Value> {
    let args = args.map(raw);
    // SAFETY: `args` holds N live values for the time of the call.
    let result = unsafe { rb_sys::rb_check_funcall(raw(receiver), name.id(), N as i32, args.as_ptr()) };
    (result != rb_sys::Qundef as VALUE).then(|| wrap(result))
}

static CALL: Name = Name::new("call");

/// Calls an object that has `call`: a Proc or a Method without looking that method up. May raise.
#[inline]
pub fn call_callable<const N: usize>(callable: Value, args: [Value; N]) -> Value {
    // Exactly a Proc: a subclass or a singleton class may have a `call` of its own.
    // SAFETY: the class is a constant of a running VM; `args` holds N live values for the time of the call.
    unsafe {
        if super::class::is_exactly(callable, wrap(rb_sys::rb_cProc)) {
            let args = args.map(raw);
            let no_block = rb_sys::Qnil as VALUE;
            return wrap(rb_sys::rb_proc_call_with_block(raw(callable), N as i32, args.as_ptr(), no_block));
        }
    }
    call_other(callable, args)
}

#[inline(never)]
fn call_other<const N: usize>(callable: Value, args: [Value; N]) -> Value {
    // SAFETY: as above, of a Method.
    unsafe {
        if super::class::is_exactly(callable, wrap(rb_sys::rb_cMethod)) {
            let args = args.map(raw);
            let no_block = rb_sys::Qnil as VALUE;
            return wrap(rb_sys::rb_method_call_with_block(N as i32, args.as_ptr(), raw(callable), no_block));
        }
    }
    call(callable, &CALL, args)
}

/// The ID of a Symbol or String. May raise (`EncodingError`).
pub fn id_of(name: Value) -> ID {
    // SAFETY: callers pass a Symbol or a String.
    unsafe { rb_sys::rb_to_id(raw(name)) }
}

/// The Symbol of that name, which the GC never takes.
pub fn static_symbol(name: &str) -> Value {
    // SAFETY: pointer and length of one slice; any ID has a Symbol.
    wrap(unsafe { rb_sys::rb_id2sym(rb_sys::rb_intern2(name.as_ptr().cast(), name.len() as _)) })
}

/// The Symbol of a Symbol or String.
pub fn symbol_of(name: Value) -> Result<Value, Error> {
    // SAFETY: callers pass a Symbol or a String.
    protect(|| wrap(unsafe { rb_sys::rb_to_symbol(raw(name)) }))
}

static TO_PROC: Name = Name::new("to_proc");

/// A Proc made here must not be why what refers to it can't be shared: what it calls decides that.
fn shareable(made: Value) -> Result<Value, Error> {
    super::ractor::make_shareable(made)?;
    Ok(made)
}

/// The Proc that calls the method of that name, a Symbol or String, on its first argument.
pub fn proc_of_name(name: Value) -> Result<Value, Error> {
    let symbol = symbol_of(name)?;
    shareable(protect(|| call(symbol, &TO_PROC, []))?)
}

/// The Proc of a method of `receiver`.
///
/// # Errors
/// `NameError` if it has no method of that name.
pub fn proc_of_method(receiver: Value, name: Value) -> Result<Value, Error> {
    // SAFETY: a live value and a Symbol.
    let made =
        protect(|| call(wrap(unsafe { rb_sys::rb_obj_method(raw(receiver), raw(name)) }), &TO_PROC, []))?;
    shareable(made)
}

/// The Proc of an object with `call`: itself, if it is one.
pub fn proc_of(callable: Value) -> Result<Value, Error> {
    // SAFETY: any live value may be asked.
    unsafe {
        if rb_sys::rb_obj_is_proc(raw(callable)) != rb_sys::Qfalse as VALUE {
            return Ok(callable);
        }
        if rb_sys::rb_obj_is_method(raw(callable)) != rb_sys::Qfalse as VALUE {
            return shareable(protect(|| call(callable, &TO_PROC, []))?);
        }
    }
    proc_of_method(callable, CALL.symbol())
}

/// Whether the receiver responds to a public method. May raise (a program can define `respond_to?`).
pub fn responds(receiver: Value, name: &Name) -> bool {
    // SAFETY: any live value may be asked.
    unsafe { rb_sys::rb_obj_respond_to(raw(receiver), name.id(), 0) != 0 }
}

/// Yields to the block of the method that runs. May raise, and may not return (break, throw).
pub fn yield_value(value: Value) -> Value {
    // SAFETY: callers have asked whether a block is given.
    wrap(unsafe { rb_sys::rb_yield(raw(value)) })
}

pub fn block_given() -> bool {
    // SAFETY: asked inside a method.
    unsafe { rb_sys::rb_block_given_p() != 0 }
}

/// Whether the last argument is the Hash of the keywords.
pub fn has_keywords() -> bool {
    // SAFETY: asked inside a method.
    unsafe { rb_sys::rb_keyword_given_p() != 0 }
}

/// The block of the method that runs, as a Proc, or nil.
pub fn block() -> Value {
    if !block_given() {
        return super::value::nil();
    }
    // SAFETY: a block is given.
    wrap(unsafe { rb_sys::rb_block_proc() })
}

/// Runs what waits for this thread: signals, `Thread#raise`, Timeout, other threads. May raise.
pub fn check_interrupts() {
    // SAFETY: the caller holds the VM's lock.
    unsafe { rb_sys::rb_thread_check_ints() }
}

/// The fiber that is running. May raise (memory), the first time on a thread.
pub fn current_fiber() -> Value {
    // SAFETY: asks the running thread.
    wrap(unsafe { rb_sys::rb_fiber_current() })
}

/// Whether the native stack is nearly used up.
pub fn stack_is_low() -> bool {
    // SAFETY: reads the limits of the running thread or fiber.
    unsafe { rb_sys::ruby_stack_check() != 0 }
}

/// An exception object of that class with that message.
pub fn exception(class: Value, message: &str) -> Result<Value, Error> {
    let text = ruby().str_new(message);
    // SAFETY: a class below Exception and a String.
    protect(|| unsafe {
        Value::from_raw(rb_sys::rb_exc_new_str(raw(class), magnus::rb_sys::AsRawValue::as_raw(text)))
    })
}
