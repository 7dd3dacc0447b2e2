//! Shells: objects that give back what they wrap when nothing can be done with them any more, so that the next object can
//! wrap it. The object itself may be kept by a program for as long as it likes, and what it wraps costs memory to make.
//!
//! They are typed data of a type below the one of the objects that keep what they wrap, and differ in how they are freed;
//! and the GC does not look at old ones each time: who stores a value in what a shell has, but for what it is filled with,
//! calls [`super::gc::unprotect`] first.

use super::value::{raw, wrap};
use magnus::value::ReprValue;
use magnus::{Ruby, TypedData, Value};
use rb_sys::rb_data_type_t;
use std::marker::PhantomData;
use std::os::raw::c_void;
use std::sync::OnceLock;

/// What shells can wrap.
pub trait Shelled: TypedData + 'static {
    /// The type of its shells.
    fn kind() -> &'static Kind;
    /// What a shell shows that has nothing.
    fn nothing() -> &'static Self;
    /// Heap bytes of one that has just been made.
    const HEAP_SIZE: usize;
}

/// The data type of shells, made at the first use.
pub struct Kind(OnceLock<Type>);

struct Type(rb_data_type_t);

// SAFETY: never changed once it is made; its pointers are to functions and to another such type.
unsafe impl Send for Type {}
// SAFETY: as above.
unsafe impl Sync for Type {}

impl Kind {
    pub const fn new() -> Self {
        Self(OnceLock::new())
    }

    #[inline]
    fn of<T: Shelled>(&'static self) -> &'static rb_data_type_t {
        let kept = self.0.get_or_init(|| {
            let plain: *const rb_data_type_t = std::ptr::from_ref(T::data_type()).cast();
            // SAFETY: a data type is one of C's, plain words; it lives as long as the library.
            let mut shells = unsafe { plain.read() };
            shells.parent = plain;
            shells.function.dfree = Some(free::<T>);
            shells.function.dsize = Some(size::<T>);
            // Ruby has a quick way to allocate such objects only.
            shells.flags |= rb_sys::rbimpl_typeddata_flags::RUBY_TYPED_WB_PROTECTED as rb_sys::VALUE;
            Type(shells)
        });
        &kept.0
    }
}

/// A shell of a `T`.
pub struct Shell<T>(Value, PhantomData<T>);

impl<T> Clone for Shell<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Shell<T> {}

impl<T: Shelled> Shell<T> {
    /// A shell that has nothing yet. May raise (memory).
    #[inline]
    pub fn empty(ruby: &Ruby) -> Self {
        let class = raw(T::class(ruby).as_value());
        // SAFETY: the class of such objects, and what the type is of; `free` lets it be.
        let object = wrap(unsafe {
            rb_sys::rb_data_typed_object_wrap(class, nothing::<T>().cast(), T::kind().of::<T>())
        });
        Self(object, PhantomData)
    }

    /// Lets it, which has nothing, wrap this.
    #[inline]
    pub fn fill(self, content: Box<T>) {
        self.put(Box::into_raw(content));
    }

    /// Lets `next`, which has nothing, wrap what this one has, which has nothing then.
    ///
    /// # Safety
    /// As for [`Shell::take`].
    #[inline]
    pub unsafe fn hand_over(self, next: Self) {
        let content = self.content();
        self.put(nothing::<T>());
        next.put(content);
    }

    pub fn value(self) -> Value {
        self.0
    }

    #[inline]
    fn content(self) -> *mut T {
        // SAFETY: typed data of a T.
        unsafe { rb_sys::RTYPEDDATA_GET_DATA(raw(self.0)).cast() }
    }

    /// What it has, or what stands for nothing. The object is held by the caller.
    #[inline]
    pub fn get(&self) -> &T {
        // SAFETY: a Box's content, which stays until `take`, whose callers know that nobody looks, or `nothing`.
        unsafe { &*self.content() }
    }

    /// Takes out what it has; None where it has nothing.
    ///
    /// # Safety
    /// No reference to what is in it is used any more.
    #[inline]
    pub unsafe fn take(self) -> Option<Box<T>> {
        let content = self.content();
        if std::ptr::eq(content, T::nothing()) {
            return None;
        }
        self.put(nothing::<T>());
        // SAFETY: a Box's, which nobody else has from here on.
        Some(unsafe { Box::from_raw(content) })
    }

    #[inline]
    #[allow(deprecated)] // rb-sys has a way to read the field only
    fn put(self, content: *mut T) {
        // SAFETY: typed data that is not embedded has a pointer of its own; C's `DATA_PTR` is assigned to in this way.
        // Callers give a Box's content or `nothing`.
        unsafe { (*(raw(self.0) as *mut rb_sys::RTypedData)).data = content.cast() };
    }
}

#[inline]
fn nothing<T: Shelled>() -> *mut T {
    std::ptr::from_ref(T::nothing()).cast_mut()
}

unsafe extern "C" fn free<T: Shelled>(content: *mut c_void) {
    if !std::ptr::eq(content.cast_const().cast(), T::nothing()) {
        // SAFETY: Ruby frees a shell once, with what it has: a Box's.
        drop(unsafe { Box::<T>::from_raw(content.cast()) });
    }
}

/// What it has may be taken and dropped by its Ractor while another one asks: it is not looked at.
unsafe extern "C" fn size<T: Shelled>(content: *const c_void) -> rb_sys::size_t {
    if std::ptr::eq(content.cast(), T::nothing()) {
        0
    } else {
        T::HEAP_SIZE as rb_sys::size_t
    }
}
