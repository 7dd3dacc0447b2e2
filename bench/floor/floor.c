/*
 * What Ruby itself needs: Bench::Floor::Plan builds the same objects as an unpacking does, from a record instead of
 * a message, and Bench::Floor::Walk visits the same objects as a packing does and copies their bytes. Neither knows
 * MessagePack. Bench::Floor::Writer and Reader do the same by the calls of a kept Packer and Unpacker, over bytes that
 * they copy as those do. No library that makes these objects by Ruby's public functions can be much faster.
 *
 * What the record has ready is what a cache can give: the keys of maps of up to 64 entries. Keys of larger maps are
 * interned from their bytes at each turn.
 */
#include <ruby.h>
#include <ruby/encoding.h>
#include <ruby/ractor.h>

#define READY_KEYS_ENTRIES 64
#define NATIVE_STACK_VALUES 4096
#define NATIVE_STACK_BYTES 512

enum op { OP_READY, OP_INTEGER, OP_UNSIGNED, OP_FLOAT, OP_TEXT, OP_BYTES, OP_INTERNED, OP_ARRAY, OP_MAP };

struct step {
    enum op op;
    size_t count; /* bytes of a string, values of a container */
    union {
        VALUE ready;
        long long integer;
        unsigned long long whole;
        double number;
        size_t from; /* offset in the bytes */
    } of;
};

/* Steps in postfix order: the values of a container come before it. */
struct plan {
    struct step *steps;
    size_t used, room;
    char *bytes;
    size_t bytes_used, bytes_room;
    size_t height, highest; /* of the stack of values */
    VALUE keys;
};

static void plan_mark(void *data)
{
    rb_gc_mark(((struct plan *)data)->keys);
}

static void plan_free(void *data)
{
    struct plan *plan = data;
    xfree(plan->steps);
    xfree(plan->bytes);
    xfree(plan);
}

static const rb_data_type_t plan_type = {
    .wrap_struct_name = "Bench::Floor::Plan",
    .function = { .dmark = plan_mark, .dfree = plan_free },
    .flags = RUBY_TYPED_FREE_IMMEDIATELY | RUBY_TYPED_FROZEN_SHAREABLE,
};

static struct step *add(struct plan *plan, enum op op)
{
    if (plan->used == plan->room) {
        plan->room = plan->room ? plan->room * 2 : 64;
        REALLOC_N(plan->steps, struct step, plan->room);
    }
    plan->height++;
    if (plan->height > plan->highest) plan->highest = plan->height;
    struct step *step = &plan->steps[plan->used++];
    step->op = op;
    return step;
}

static void add_string(struct plan *plan, enum op op, VALUE string)
{
    size_t length = (size_t)RSTRING_LEN(string);
    while (plan->bytes_used + length > plan->bytes_room) {
        plan->bytes_room = plan->bytes_room ? plan->bytes_room * 2 : 1024;
        REALLOC_N(plan->bytes, char, plan->bytes_room);
    }
    struct step *step = add(plan, op);
    step->count = length;
    step->of.from = plan->bytes_used;
    memcpy(plan->bytes + plan->bytes_used, RSTRING_PTR(string), length);
    plan->bytes_used += length;
}

static void add_ready(struct plan *plan, VALUE value)
{
    add(plan, OP_READY)->of.ready = value;
    if (!SPECIAL_CONST_P(value)) rb_ary_push(plan->keys, value);
}

static void record(struct plan *plan, VALUE value);

struct pairs {
    struct plan *plan;
    int ready;
};

static int record_pair(VALUE key, VALUE value, VALUE argument)
{
    struct pairs *pairs = (struct pairs *)argument;
    if (!RB_TYPE_P(key, T_STRING)) record(pairs->plan, key);
    else if (pairs->ready) add_ready(pairs->plan, rb_str_to_interned_str(key));
    else add_string(pairs->plan, OP_INTERNED, key);
    record(pairs->plan, value);
    return ST_CONTINUE;
}

static void record(struct plan *plan, VALUE value)
{
    switch (rb_type(value)) {
      case T_NIL: case T_TRUE: case T_FALSE: case T_SYMBOL:
        add_ready(plan, value);
        break;
      case T_FIXNUM:
        add(plan, OP_INTEGER)->of.integer = FIX2LONG(value);
        break;
      case T_BIGNUM:
        if (RTEST(rb_funcall(value, '<', 1, INT2FIX(0)))) add(plan, OP_INTEGER)->of.integer = NUM2LL(value);
        else add(plan, OP_UNSIGNED)->of.whole = NUM2ULL(value);
        break;
      case T_FLOAT:
        add(plan, OP_FLOAT)->of.number = RFLOAT_VALUE(value);
        break;
      case T_STRING:
        add_string(plan, rb_enc_get_index(value) == rb_ascii8bit_encindex() ? OP_BYTES : OP_TEXT, value);
        break;
      case T_ARRAY: {
        size_t height = plan->height;
        for (long i = 0; i < RARRAY_LEN(value); i++) record(plan, rb_ary_entry(value, i));
        plan->height = height;
        add(plan, OP_ARRAY)->count = (size_t)RARRAY_LEN(value);
        break;
      }
      case T_HASH: {
        size_t height = plan->height;
        struct pairs pairs = { plan, RHASH_SIZE(value) <= READY_KEYS_ENTRIES };
        rb_hash_foreach(value, record_pair, (VALUE)&pairs);
        plan->height = height;
        add(plan, OP_MAP)->count = RHASH_SIZE(value) * 2;
        break;
      }
      default:
        rb_raise(rb_eTypeError, "no plain value: %" PRIsVALUE, rb_obj_class(value));
    }
}

static VALUE plan_new(VALUE klass, VALUE value)
{
    struct plan *plan;
    VALUE self = TypedData_Make_Struct(klass, struct plan, &plan_type, plan);
    plan->keys = rb_ary_new();
    record(plan, value);
    rb_obj_freeze(plan->keys);
    return rb_obj_freeze(self);
}

static VALUE make(const struct plan *plan, const struct step *step, VALUE **top)
{
    switch (step->op) {
      case OP_READY: return step->of.ready;
      case OP_INTEGER: return LL2NUM(step->of.integer);
      case OP_UNSIGNED: return ULL2NUM(step->of.whole);
      case OP_FLOAT: return DBL2NUM(step->of.number);
      case OP_TEXT: return rb_utf8_str_new(plan->bytes + step->of.from, (long)step->count);
      case OP_BYTES: return rb_str_new(plan->bytes + step->of.from, (long)step->count);
      case OP_INTERNED:
        return rb_enc_interned_str(plan->bytes + step->of.from, (long)step->count, rb_utf8_encoding());
      case OP_ARRAY:
        *top -= step->count;
        return rb_ary_new_from_values((long)step->count, *top);
      default: {
        VALUE hash = rb_hash_new();
        *top -= step->count;
        rb_hash_bulk_insert((long)step->count, *top, hash);
        return hash;
      }
    }
}

/* The stack lies where the GC looks for values: on the native stack, or in a buffer that Ruby knows. */
static VALUE build_on(const struct plan *plan, VALUE *stack)
{
    VALUE *top = stack;
    const struct step *end = plan->steps + plan->used;
    for (const struct step *step = plan->steps; step < end; step++) {
        VALUE made = make(plan, step, &top);
        *top++ = made;
    }
    return *stack;
}

static VALUE plan_build(VALUE self)
{
    struct plan *plan = rb_check_typeddata(self, &plan_type);
    VALUE result;
    if (plan->highest <= NATIVE_STACK_VALUES) {
        result = build_on(plan, ALLOCA_N(VALUE, plan->highest));
    } else {
        VALUE buffer;
        result = build_on(plan, ALLOCV_N(VALUE, buffer, plan->highest));
        ALLOCV_END(buffer);
    }
    RB_GC_GUARD(self);
    return result;
}

struct walk {
    VALUE value;
    size_t bytes;
};

static void walk_mark(void *data)
{
    rb_gc_mark(((struct walk *)data)->value);
}

static const rb_data_type_t walk_type = {
    .wrap_struct_name = "Bench::Floor::Walk",
    .function = { .dmark = walk_mark, .dfree = RUBY_TYPED_DEFAULT_FREE },
    .flags = RUBY_TYPED_FREE_IMMEDIATELY | RUBY_TYPED_FROZEN_SHAREABLE,
};

/* A header is two bytes, an integer five (the mean of its widths), a float nine. */
static size_t measure(VALUE value);

static int measure_pair(VALUE key, VALUE value, VALUE total)
{
    *(size_t *)total += measure(key) + measure(value);
    return ST_CONTINUE;
}

static size_t measure(VALUE value)
{
    size_t total = 2;
    switch (rb_type(value)) {
      case T_NIL: case T_TRUE: case T_FALSE: return 1;
      case T_FIXNUM: case T_BIGNUM: return 5;
      case T_FLOAT: return 9;
      case T_SYMBOL: return 2 + (size_t)RSTRING_LEN(rb_sym2str(value));
      case T_STRING: return 2 + (size_t)RSTRING_LEN(value);
      case T_ARRAY:
        for (long i = 0; i < RARRAY_LEN(value); i++) total += measure(rb_ary_entry(value, i));
        return total;
      case T_HASH:
        rb_hash_foreach(value, measure_pair, (VALUE)&total);
        return total;
      default:
        rb_raise(rb_eTypeError, "no plain value: %" PRIsVALUE, rb_obj_class(value));
    }
}

static char *copy_object(VALUE value, char *at);
static inline char *copy_value(VALUE value, char *at);

static int copy_pair(VALUE key, VALUE value, VALUE at)
{
    *(char **)at = copy_value(value, copy_value(key, *(char **)at));
    return ST_CONTINUE;
}

static inline char *copy_string(VALUE string, char *at)
{
    size_t length = (size_t)RSTRING_LEN(string);
    at[0] = 's';
    at[1] = (char)length;
    memcpy(at + 2, RSTRING_PTR(string), length);
    return at + 2 + length;
}

static inline char *copy_word(char mark, const void *word, size_t kept, char *at)
{
    at[0] = mark;
    memcpy(at + 1, word, kept);
    return at + 1 + kept;
}

/* Apart from the rest so that the compiler can put it into the loop over an Array. */
static inline char *copy_value(VALUE value, char *at)
{
    if (FIXNUM_P(value)) return copy_word('i', &value, 4, at);
    if (RB_FLOAT_TYPE_P(value)) {
        double number = RFLOAT_VALUE(value);
        return copy_word('f', &number, 8, at);
    }
    if (STATIC_SYM_P(value)) return copy_string(rb_sym2str(value), at);
    if (SPECIAL_CONST_P(value)) {
        *at = 'c';
        return at + 1;
    }
    return copy_object(value, at);
}

static char *copy_object(VALUE value, char *at)
{
    switch (RB_BUILTIN_TYPE(value)) {
      case T_STRING: return copy_string(value, at);
      case T_SYMBOL: return copy_string(rb_sym2str(value), at);
      case T_ARRAY: {
        long length = RARRAY_LEN(value);
        const VALUE *values = RARRAY_CONST_PTR(value);
        at = copy_word('a', &length, 1, at);
        for (long i = 0; i < length; i++) at = copy_value(values[i], at);
        return at;
      }
      case T_HASH: {
        size_t entries = RHASH_SIZE(value);
        at = copy_word('h', &entries, 1, at);
        rb_hash_foreach(value, copy_pair, (VALUE)&at);
        return at;
      }
      default: { /* T_BIGNUM, by what walk_new lets in */
        unsigned long long whole = 0;
        rb_integer_pack(value, &whole, 1, sizeof whole, 0, INTEGER_PACK_NATIVE_BYTE_ORDER | INTEGER_PACK_2COMP);
        return copy_word('i', &whole, 4, at);
      }
    }
}

static VALUE walk_new(VALUE klass, VALUE value)
{
    struct walk *walk;
    VALUE self = TypedData_Make_Struct(klass, struct walk, &walk_type, walk);
    walk->value = value;
    walk->bytes = measure(value);
    return rb_obj_freeze(self);
}

static VALUE walk_copy(VALUE self)
{
    struct walk *walk = rb_check_typeddata(self, &walk_type);
    VALUE result;
    if (walk->bytes <= NATIVE_STACK_BYTES) {
        char bytes[NATIVE_STACK_BYTES];
        char *end = copy_value(walk->value, bytes);
        result = rb_str_new(bytes, end - bytes);
    } else {
        result = rb_str_buf_new((long)walk->bytes);
        char *begin = RSTRING_PTR(result);
        rb_str_set_len(result, copy_value(walk->value, begin) - begin);
    }
    RB_GC_GUARD(self);
    return result;
}

/* A Packer or an Unpacker that is kept: bytes that are written or fed stay until they are asked for. */
struct kept {
    VALUE work; /* a Walk or a Plan */
    char *bytes;
    size_t used, room;
};

static void kept_mark(void *data)
{
    rb_gc_mark(((struct kept *)data)->work);
}

static void kept_free(void *data)
{
    xfree(((struct kept *)data)->bytes);
    xfree(data);
}

static const rb_data_type_t kept_type = {
    .wrap_struct_name = "Bench::Floor::Kept",
    .function = { .dmark = kept_mark, .dfree = kept_free },
    .flags = RUBY_TYPED_FREE_IMMEDIATELY,
};

static VALUE kept_new(VALUE klass, VALUE work, size_t room)
{
    struct kept *kept;
    VALUE self = TypedData_Make_Struct(klass, struct kept, &kept_type, kept);
    kept->work = work;
    kept->bytes = ALLOC_N(char, room);
    kept->room = room;
    return self;
}

static VALUE writer_new(VALUE klass, VALUE value)
{
    VALUE work = walk_new(rb_path2class("Bench::Floor::Walk"), value);
    return kept_new(klass, work, ((struct walk *)rb_check_typeddata(work, &walk_type))->bytes);
}

static VALUE reader_new(VALUE klass, VALUE value, VALUE room)
{
    return kept_new(klass, plan_new(rb_path2class("Bench::Floor::Plan"), value), NUM2SIZET(room));
}

/* Takes the value that it was made for, and no other, into the room that was measured for it. */
static VALUE writer_write(VALUE self, VALUE value)
{
    struct kept *kept = rb_check_typeddata(self, &kept_type);
    struct walk *walk = RTYPEDDATA_DATA(kept->work);
    if (value != walk->value || kept->used > 0) rb_raise(rb_eArgError, "no room");
    kept->used = (size_t)(copy_value(value, kept->bytes) - kept->bytes);
    return self;
}

static VALUE writer_to_s(VALUE self)
{
    struct kept *kept = rb_check_typeddata(self, &kept_type);
    return rb_str_new(kept->bytes, (long)kept->used);
}

static VALUE writer_clear(VALUE self)
{
    struct kept *kept = rb_check_typeddata(self, &kept_type);
    kept->used = 0;
    return Qnil;
}

/* For handlers that write by themselves: plain values, one after the other, and from the beginning when it is full. */
static struct kept *room_for(VALUE self, size_t needed)
{
    struct kept *kept = rb_check_typeddata(self, &kept_type);
    if (kept->room - kept->used < needed) kept->used = 0;
    if (kept->room < needed) rb_raise(rb_eArgError, "no room");
    return kept;
}

static VALUE appender_new(VALUE klass, VALUE room)
{
    return kept_new(klass, Qnil, NUM2SIZET(room));
}

static VALUE appender_header(VALUE self, VALUE length)
{
    long entries = NUM2LONG(length);
    struct kept *kept = room_for(self, 2);
    copy_word('a', &entries, 1, kept->bytes + kept->used);
    kept->used += 2;
    return self;
}

static VALUE appender_write(VALUE self, VALUE value)
{
    struct kept *kept = room_for(self, FIXNUM_P(value) ? 5 : measure(value));
    kept->used = (size_t)(copy_value(value, kept->bytes + kept->used) - kept->bytes);
    return self;
}

static VALUE reader_feed(VALUE self, VALUE bytes)
{
    struct kept *kept = rb_check_typeddata(self, &kept_type);
    StringValue(bytes);
    size_t length = (size_t)RSTRING_LEN(bytes);
    if (length > kept->room - kept->used) rb_raise(rb_eArgError, "no room");
    memcpy(kept->bytes + kept->used, RSTRING_PTR(bytes), length);
    kept->used += length;
    return self;
}

static VALUE reader_read(VALUE self)
{
    struct kept *kept = rb_check_typeddata(self, &kept_type);
    kept->used = 0;
    return plan_build(kept->work);
}

void Init_floor(void)
{
    rb_ext_ractor_safe(true);
    VALUE floor = rb_define_module_under(rb_define_module("Bench"), "Floor");
    VALUE plan = rb_define_class_under(floor, "Plan", rb_cObject);
    rb_undef_alloc_func(plan);
    rb_define_singleton_method(plan, "new", plan_new, 1);
    rb_define_method(plan, "build", plan_build, 0);
    VALUE walk = rb_define_class_under(floor, "Walk", rb_cObject);
    rb_undef_alloc_func(walk);
    rb_define_singleton_method(walk, "new", walk_new, 1);
    rb_define_method(walk, "copy", walk_copy, 0);
    VALUE writer = rb_define_class_under(floor, "Writer", rb_cObject);
    rb_undef_alloc_func(writer);
    rb_define_singleton_method(writer, "new", writer_new, 1);
    rb_define_method(writer, "write", writer_write, 1);
    rb_define_method(writer, "to_s", writer_to_s, 0);
    rb_define_method(writer, "clear", writer_clear, 0);
    VALUE appender = rb_define_class_under(floor, "Appender", rb_cObject);
    rb_undef_alloc_func(appender);
    rb_define_singleton_method(appender, "new", appender_new, 1);
    rb_define_method(appender, "write_array_header", appender_header, 1);
    rb_define_method(appender, "write", appender_write, 1);
    VALUE reader = rb_define_class_under(floor, "Reader", rb_cObject);
    rb_undef_alloc_func(reader);
    rb_define_singleton_method(reader, "new", reader_new, 2);
    rb_define_method(reader, "feed", reader_feed, 1);
    rb_define_method(reader, "read", reader_read, 0);
}
