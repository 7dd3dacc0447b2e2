//! Functions as methods: what Ruby calls, with the net that turns a panic into an exception.
//!
//! One net and no more: a method that does next to nothing shows what each layer around it costs.

use super::call;
use magnus::{Error, IntoValue, TryConvert, Value};
use std::os::raw::c_int;
use std::panic::{catch_unwind, AssertUnwindSafe};

/// Runs the body of a method and returns or raises what comes of it.
#[inline]
pub fn answer<R: IntoValue>(body: impl FnOnce() -> Result<R, Error>) -> Value {
    let answered =
        catch_unwind(AssertUnwindSafe(|| body().map(|result| result.into_value_with(&call::ruby()))));
    let error = match answered {
        Ok(Ok(value)) => return value,
        Ok(Err(error)) => error,
        Err(panic) => call::panicked(panic.as_ref()),
    };
    // The last thing that a method does: its frames own nothing any more.
    call::raise(error)
}

/// An argument.
#[inline]
pub fn take<T: TryConvert>(given: Value) -> Result<T, Error> {
    T::try_convert(given)
}

/// The arguments of a method that takes any number of them.
///
/// # Safety
/// `count` and `first` are what Ruby has called the method with; they are used while it runs only.
#[inline]
pub unsafe fn arguments<'a>(count: c_int, first: *const Value) -> &'a [Value] {
    if count == 0 {
        return &[];
    }
    // SAFETY: so many live values, which Ruby keeps on its stack while the method runs.
    unsafe { std::slice::from_raw_parts(first, count as usize) }
}
