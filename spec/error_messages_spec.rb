# frozen_string_literal: true

require "msgpack/bigint"
require "stringio"

# The messages that the library raises, in full. Each says what was found, what was expected, where, and what helps.
# Where a value stands in what is packed is at the end; where a token stands in the input, too, or after "byte".
# The first line of a pair is run, the second is what comes of it.
RSpec.describe "error messages" do
  before do
    stub_const("Point", Struct.new(:x))
    stub_const("Text", Class.new { def to_str = 5 })
    stub_const("Source", Class.new { def readpartial(_) = 5 })
    stub_const("Sink", Class.new { def write(_) = 0 })
  end

  def self.messages(table)
    table.lines(chomp: true).each_slice(2) do |code, expected|
      it "tell of #{code}" do
        error = error_of { instance_eval(code, __FILE__, __LINE__) }
        # Ruby's own gems add paragraphs to some: did_you_mean, error_highlight.
        expect("#{error.class}: #{error.message[/\A.*?(?=\n|\z)/m]}").to eq(expected.strip)
      end
    end
  end

  # A Packer with one class registered.
  def packer(*registration)
    MessagePack::Packer.new.tap { |packer| packer.register_exttype(*registration) }
  end

  # Runs the block in a handler of a Packer.
  def packer_in_handler(&block)
    packer(Point, nil, ->(_, given) { block.call(given) }).write(Point.new(1))
  end

  # Runs the block in a handler of an Unpacker.
  def unpacker_in_handler(&block)
    unpacker = MessagePack::Unpacker.new
    unpacker.register_exttype(1) { block.call(unpacker) }
    unpacker.feed("\xD4\x01a").read
  end

  # Runs the block with what the handler of a recursive type reads its payload with.
  def child_of_handler(&block)
    factory = MessagePack::Factory.new
    factory.register_type(1, Point, unpacker: block, recursive: true)
    factory.load("\xD4\x01\x07")
  end

  describe "of packing" do
    messages <<~'TABLE'
      MessagePack.pack("users" => [Point.new(1)])
        NoMethodError: undefined method `to_msgpack' for an instance of Point: define it, register the class (register_type, register_exttype), or set default: to something with call (at $["users"][0])
      MessagePack.pack(Point.new(1))
        NoMethodError: undefined method `to_msgpack' for an instance of Point: define it, register the class (register_type, register_exttype), or set default: to something with call
      MessagePack.pack([2**64])
        RangeError: without a type registered for it (oversized_integer_extension: true), an Integer outside -(2**63)..2**64-1 can't be packed (at $[0])
      MessagePack.pack([[[]]], max_depth: 2)
        MessagePack::NestingError: nesting deeper than 2 levels: max_depth: has to be higher, or something contains itself (at $[0][0])
      [].then { |cyclic| MessagePack.pack(cyclic << cyclic) }
        MessagePack::NestingError: nesting deeper than 500 levels: max_depth: has to be higher, or something contains itself (at $[0][0][0][0][0][0][0][0]…[0][0][0][0][0][0][0][0])
      MessagePack.pack([Point.new(1)], unknown_class: false)
        TypeError: Point is not registered and unknown_class is false: use register_type, register_exttype or register_lowlevel (at $[0])
      packer(Point, 1, false).write([Point.new(1)])
        TypeError: Point can't be packed before unregister_exttype: it is registered as forbidden (at $[0])
      packer(Point, 1, ->(_) { 5 }).write([Point.new(1)])
        TypeError: expected the payload as a String from the handler of Point, got Integer (recursive: true and register_lowlevel are for handlers that write to the packer) (at $[0])
      packer(Point, nil, ->(*) { "x" }).write([Point.new(1)])
        TypeError: the low-level handler of Point returned a String: it has to write to the packer (register the class with a type number if the String is the payload) (at $[0])
      [Point.new(1), 2].then { |list| packer(Point, nil, ->(*) { list.clear }).write(list) }
        RuntimeError: the Array was changed while it was packed, by a handler or another thread: pack a copy of it
      { Point.new(1) => 2 }.then { |map| packer(Point, nil, ->(*) { map.clear }).write(map) }
        RuntimeError: the Hash was changed while it was packed, by a handler or another thread: pack a copy of it
      MessagePack.pack([MessagePack::ExtensionValue.new(200, "")])
        RangeError: the type number must be in -128..127, got 200
      MessagePack.pack([MessagePack::ExtensionValue.new(1)])
        TypeError: expected a String as payload, got nil
      MessagePack.pack(1, 5)
        TypeError: expected an io with write or <<, got Integer
      MessagePack.pack(1, nil, 5)
        TypeError: expected a Hash of options, got Integer
      MessagePack.pack(1, unknown_class: true)
        ArgumentError: unknown_class: expected false or nil, got true
      MessagePack.pack(1, default: 5)
        TypeError: expected an object with call, or nil, for default, got Integer
      MessagePack.pack(1, max_depth: "5")
        TypeError: expected an Integer for max_depth, got String
      MessagePack.pack(1, max_depth: -1)
        ArgumentError: max_depth must not be negative, got -1
    TABLE
  end

  describe "of unpacking" do
    messages <<~'TABLE'
      MessagePack.unpack("")
        MessagePack::UnderflowError: expected the bytes of one object, found none: the input is nil or empty
      MessagePack.unpack(nil)
        MessagePack::UnderflowError: expected the bytes of one object, found none: the input is nil or empty
      MessagePack.unpack("\x92\x01")
        MessagePack::UnderflowError: the input ends before the value at byte 2 is complete: it was cut short, or the rest is to come (feed it to an Unpacker and read again)
      MessagePack.unpack("\x01\x02")
        MessagePack::MalformedFormatError: expected one object, found 1 byte left over from byte 1 on: MessagePack.unpack_each takes several
      MessagePack.unpack("\x01\x02\x03")
        MessagePack::MalformedFormatError: expected one object, found 2 bytes left over from byte 1 on: MessagePack.unpack_each takes several
      MessagePack.unpack("\x91\xC1")
        MessagePack::MalformedFormatError: byte 0xc1 is never used in MessagePack (is the input damaged, or something else?) at byte 1
      MessagePack.unpack("\x91" * 9, max_depth: 8)
        MessagePack::StackError: nesting deeper than 8 levels (max_depth: sets how many are accepted) at byte 8
      MessagePack.unpack("\xA2ab", max_str_len: 1)
        MessagePack::LimitError: a string of 2 bytes where max_str_len is 1 at byte 0
      MessagePack.unpack("\xC4\x02ab", max_bin_len: 1)
        MessagePack::LimitError: a binary of 2 bytes where max_bin_len is 1 at byte 0
      MessagePack.unpack("\xD5\x01ab", max_ext_len: 1)
        MessagePack::LimitError: an extended type of 2 bytes where max_ext_len is 1 at byte 0
      MessagePack.unpack("\x92\x01\x02", max_array_len: 1)
        MessagePack::LimitError: an array of 2 values where max_array_len is 1 at byte 0
      MessagePack.unpack("\x82\x01\x02\x03\x04", max_map_len: 1)
        MessagePack::LimitError: a map of 2 pairs where max_map_len is 1 at byte 0
      MessagePack.unpack("\xA2ab", max_buffer_size: 2)
        MessagePack::LimitError: 3 unread bytes where max_buffer_size is 2 (raise it, or read before feeding more), at byte 0
      MessagePack.unpack("\x81\xC0\x01", strict_map_key: true)
        MessagePack::UnexpectedTypeError: expected a string as map key, found nil (strict_map_key: is set) at byte 1
      MessagePack.unpack("\xA1\xFF", validate_utf8: true)
        MessagePack::MalformedFormatError: a string that is not valid UTF-8 (validate_utf8: is set) at byte 0
      MessagePack.unpack("\xD4\x05a", default_exttype: false)
        MessagePack::UnknownExtTypeError: extended type 5 at byte 0 is forbidden: false is registered for it, or is the default_exttype
      MessagePack::Factory.new.load("\xD4\x05a")
        MessagePack::UnknownExtTypeError: extended type 5 at byte 0 is not known: register it (register_type, register_exttype), or accept any (allow_unknown_ext: true)
      MessagePack.unpack(5)
        TypeError: expected a String, something with to_str, or an io with readpartial or read, got Integer
      MessagePack.unpack(Text.new)
        TypeError: expected a String from to_str, got Integer
      MessagePack.unpack(Source.new)
        TypeError: expected a String or nil from readpartial of Source, got Integer
      MessagePack.unpack("\x01", max_str_len: "5")
        TypeError: expected an Integer for max_str_len, got String
      MessagePack.unpack("\x01", default_exttype: 5)
        TypeError: expected a class with from_exttype, an object with call, false or nil as target, got Integer
      MessagePack.unpack("\x01", default_exttype: Point)
        ArgumentError: expected a class with from_exttype(type, data) or call(type, data), got Point, which has neither
      MessagePack.unpack_each("\x01\x92") { nil }
        MessagePack::UnderflowError: the input ends before the value at byte 2 is complete: it was cut short, or the rest is to come (feed it to an Unpacker and read again)
    TABLE
  end

  describe "of a Packer" do
    messages <<~'TABLE'
      MessagePack::Packer.new(5)
        TypeError: expected an io with write or <<, got Integer
      MessagePack::Packer.allocate.write(1)
        RuntimeError: uninitialized MessagePack::Packer: initialize has not run (call super in a subclass)
      MessagePack::Packer.new.__send__(:initialize)
        RuntimeError: this Packer has been initialized already: use new for another
      MessagePack::Packer.new.write_int("1")
        TypeError: expected an Integer, got String
      MessagePack::Packer.new.write_string(1)
        TypeError: expected a String, got Integer
      MessagePack::Packer.new.write_symbol("a")
        TypeError: expected a Symbol, got String
      MessagePack::Packer.new.write_array({})
        TypeError: expected an Array, got Hash
      MessagePack::Packer.new.write_hash([])
        TypeError: expected a Hash, got Array
      MessagePack::Packer.new.write_bin(nil)
        TypeError: expected a String, got nil
      MessagePack::Packer.new.write_float("1")
        TypeError: expected a Numeric, got String
      MessagePack::Packer.new.write_float32("1")
        ArgumentError: expected a Numeric, got String
      MessagePack::Packer.new.write_array_header(-1)
        RangeError: the number of values must be in 0..4294967295, got -1
      MessagePack::Packer.new.write_map_header(2**32)
        RangeError: the number of pairs must be in 0..4294967295, got 4294967296
      MessagePack::Packer.new.write_bin_header(1.5)
        TypeError: expected an Integer for the number of bytes, got Float
      MessagePack::Packer.new.write_array_header(2**200)
        RangeError: the number of values must be in 0..4294967295, got a larger Integer
      MessagePack::Packer.new.write_ext(128, "")
        RangeError: the type number must be in -128..127, got 128
      MessagePack::Packer.new.write_ext(1, 5)
        TypeError: expected a String as payload, got Integer
      MessagePack::Packer.new.write_exttype_header(2**32, 1)
        RangeError: the length must be in 0..4294967295, got 4294967296
      MessagePack::Packer.new.write_extension(5)
        TypeError: expected an ExtType, an ExtensionValue or a Struct of type and payload, got Integer
      MessagePack::Packer.new.write_packed(5)
        TypeError: expected a String of bytes, got Integer
      MessagePack::Packer.new.write_packed("\x01\x02")
        MessagePack::MalformedFormatError: expected one object, found 1 byte left over from byte 1 on: write_packed takes them one by one
      MessagePack::Packer.new.write_packed("\x92\x01")
        MessagePack::UnderflowError: the input ends before the value at byte 2 is complete: write_packed takes whole objects
      MessagePack::Packer.new.write_packed("")
        MessagePack::UnderflowError: the input ends before the value at byte 0 is complete: write_packed takes whole objects
      MessagePack::Packer.new.write_packed("\x91" * 501)
        MessagePack::NestingError: nesting deeper than 500 levels: max_depth: has to be higher, or something contains itself
      MessagePack::Packer.new.register_exttype(1, 2)
        TypeError: expected a Class or Module and a type number, got Integer
      MessagePack::Packer.new.register_exttype(Point, "1")
        TypeError: expected an Integer or nil as type number, got String
      MessagePack::Packer.new.register_exttype(Point, 128)
        ArgumentError: the type number must be in 0..127, got 128
      MessagePack::Packer.new.register_exttype(Float, 1)
        ArgumentError: Float is always packed natively and can't be registered: register a class of your own around it
      MessagePack::Packer.new.register_exttype(Point, 1, 5)
        TypeError: expected a method's name, an object with call, false or nil as handler, got Integer
      MessagePack::Packer.new.register_exttype(Point, 1, :to_s) { nil }
        ArgumentError: expected a handler or a block, got both
      MessagePack::Packer.new.register_lowlevel("Point")
        TypeError: expected a Class or Module, got String
      MessagePack::Packer.new.register_type(200, Point)
        RangeError: the type number must be in -128..127, got 200
      MessagePack::Packer.new.register_type(1, "Point")
        ArgumentError: expected a Class or Module, got String
      MessagePack::Packer.new.register_type(1, Point, 5)
        TypeError: expected a method's name, an object with call or nil as packer, got Integer
      MessagePack::Packer.new.register_type(1, Point, :to_s) { nil }
        ArgumentError: expected a handler or a block, got both
      MessagePack::Packer.new.type_registered?("Point")
        ArgumentError: expected a Class, a Module or a type number, got String
      MessagePack::Packer.new.freeze.register_type(1, Point)
        FrozenError: can't modify frozen MessagePack::Packer
      packer_in_handler(&:clear)
        RuntimeError: the Packer is writing: clear is not possible inside a handler; call it when the write is over
      packer_in_handler(&:full_pack)
        RuntimeError: the Packer is writing: full_pack is not possible inside a handler; call it when the write is over
      packer_in_handler { |packer| packer.write_to(StringIO.new) }
        RuntimeError: the Packer is writing: write_to is not possible inside a handler; call it when the write is over
      packer_in_handler { |packer| packer.buffer.read }
        RuntimeError: the Packer is writing: its buffer can't be read or cleared inside a handler; do it when the write is over
      MessagePack::Packer.new(Sink.new).write("abc").flush
        IOError: write of Sink took 0 of 4 bytes, expected 1 at least: they are kept for the next flush
    TABLE
  end

  describe "of an Unpacker" do
    messages <<~'TABLE'
      MessagePack::Unpacker.new(5)
        TypeError: expected an io with readpartial or read, got Integer
      MessagePack::Unpacker.allocate.read
        RuntimeError: uninitialized MessagePack::Unpacker: initialize has not run (call super in a subclass)
      MessagePack::Unpacker.new.__send__(:initialize)
        RuntimeError: this Unpacker has been initialized already: use new for another
      MessagePack::Unpacker.new.feed(5)
        TypeError: expected a String of bytes, got Integer
      MessagePack::Unpacker.new.read
        MessagePack::UnderflowError: the input ends before the value at byte 0 is complete: it was cut short, or the rest is to come (feed it to an Unpacker and read again)
      MessagePack::Unpacker.new.feed("\x92\x01").read
        MessagePack::UnderflowError: the input ends before the value at byte 2 is complete: it was cut short, or the rest is to come (feed it to an Unpacker and read again)
      MessagePack::Unpacker.new(StringIO.new("\x92\x01")).read
        MessagePack::UnderflowError: the input ends before the value at byte 2 is complete: it was cut short, or the rest is to come (feed it to an Unpacker and read again)
      MessagePack::Unpacker.new.feed("\x01\x02\x03").full_unpack
        MessagePack::MalformedFormatError: expected one object, found 2 bytes left over from byte 1 on: read or each take them
      MessagePack::Unpacker.new.feed("\x01").read_array_header
        MessagePack::UnexpectedTypeError: expected the header of an array, found an integer at byte 0: nothing is taken; read takes any object
      MessagePack::Unpacker.new.feed("\x91\x01").read_map_header
        MessagePack::UnexpectedTypeError: expected the header of a map, found an array at byte 0: nothing is taken; read takes any object
      MessagePack::Unpacker.new.feed("\x92\x01").tap { |it| it.each { nil } }.read_array_header
        MessagePack::UnexpectedTypeError: expected an array, found an object that is half read at byte 2: read or each finish it, skip drops it
      MessagePack::Unpacker.new.feed("\x92\x01").tap { |it| it.each { nil } }.skip_nil
        MessagePack::UnexpectedTypeError: expected the start of an object, found an object that is half read at byte 2: read or each finish it, skip drops it
      MessagePack::Unpacker.new(max_buffer_size: 4).feed("\xA9ab").feed("cdef")
        MessagePack::LimitError: 7 unread bytes where max_buffer_size is 4 (raise it, or read before feeding more), at byte 3
      MessagePack::Unpacker.new(StringIO.new("\xA9abcdef"), max_buffer_size: 4).read
        MessagePack::LimitError: 5 unread bytes where max_buffer_size is 4 (raise it, or read before feeding more), at byte 5
      MessagePack::Unpacker.new(Source.new).read
        TypeError: expected a String or nil from readpartial of Source, got Integer
      MessagePack::Unpacker.new.register_exttype(128) { nil }
        ArgumentError: the type number must be in 0..127, got 128
      MessagePack::Unpacker.new.register_exttype(1)
        ArgumentError: expected a class with from_exttype, an object with call, or a block as target, got none
      MessagePack::Unpacker.new.register_exttype(1, Point)
        ArgumentError: expected a class with from_exttype(type, data) or call(type, data), got Point, which has neither
      MessagePack::Unpacker.new.register_exttype(1, 5)
        TypeError: expected a class with from_exttype, an object with call, false or nil as target, got Integer
      MessagePack::Unpacker.new.register_exttype(1, Point) { nil }
        ArgumentError: expected a target or a block, got both
      MessagePack::Unpacker.new.register_type(1)
        ArgumentError: expected a class with from_msgpack_ext, a handler or a block, got none
      MessagePack::Unpacker.new.register_type(1, Point)
        NameError: undefined method `from_msgpack_ext' for class Point: define Point.from_msgpack_ext, or give another unpacker (a Proc, or nil for none)
      MessagePack::Unpacker.new.register_type(1, nil, :load)
        ArgumentError: expected the class that has the method named as unpacker, got nil: give the class, or a Proc
      MessagePack::Unpacker.new.register_type(1, Point, 5)
        TypeError: expected a method's name, an object with call or nil as unpacker, got Integer
      MessagePack::Unpacker.new.register_type(1, Point, :new) { nil }
        ArgumentError: expected a handler or a block, got both
      MessagePack::Unpacker.new.type_registered?("Point")
        ArgumentError: expected a Class, a Module or a type number, got String
      MessagePack::Unpacker.new.freeze.default_exttype = nil
        FrozenError: can't modify frozen MessagePack::Unpacker
      unpacker_in_handler(&:read)
        RuntimeError: the Unpacker is reading: inside a handler, or from another thread, only feed, tell, reset and the buffer may be used (a handler with recursive: true reads with an Unpacker of its own)
      unpacker_in_handler(&:reset)
        MessagePack::UnderflowError: the Unpacker was reset while it read the value at byte 3: what is fed from then on can be read
      child_of_handler { |child| child.feed("\x01") }
        RuntimeError: this Unpacker reads the payload of one extended type and can't be fed: feed the outer one
      child_of_handler { |child| child.buffer.write("\x01") }
        RuntimeError: this Buffer holds the payload of one extended type and can't be written to: feed the outer Unpacker
      child_of_handler { |child| 2.times { child.read } }
        MessagePack::UnderflowError: the input ends before the value at byte 3 is complete: it is the payload of one extended type, whose handler reads more than is in it
      child_of_handler(&:itself).read
        RuntimeError: this Unpacker was a handler's, for the payload of one extended type, and the handler is over: read all that is needed inside it
    TABLE
  end

  describe "of a Buffer" do
    messages <<~'TABLE'
      MessagePack::Buffer.new(5)
        TypeError: expected an io with read, readpartial, write or <<, got Integer
      MessagePack::Buffer.new(nil, io_buffer_size: "1")
        TypeError: expected an Integer for io_buffer_size, got String
      MessagePack::Buffer.allocate.read
        RuntimeError: uninitialized MessagePack::Buffer: initialize has not run (call super in a subclass)
      MessagePack::Buffer.new.__send__(:initialize)
        RuntimeError: this Buffer has been initialized already: use new for another
      MessagePack::Buffer.new.write(5)
        TypeError: expected a String of bytes, got Integer
      MessagePack::Buffer.new.read(-1)
        ArgumentError: the length must not be negative, got -1
      MessagePack::Buffer.new.read(1, 5)
        TypeError: expected a String for the output, got Integer
      MessagePack::Buffer.new.append("abc").read_all(5)
        MessagePack::UnderflowError: expected 5 bytes from byte 0 on, found 3: nothing is taken; read and skip take what there is
      MessagePack::Buffer.new.append("abc").skip_all(5)
        MessagePack::UnderflowError: expected 5 bytes from byte 0 on, found 3: nothing is taken; read and skip take what there is
      MessagePack::Buffer.new.write_extended_header(1, -1)
        RangeError: the length must be in 0..4294967295, got -1
    TABLE
  end

  describe "of a Factory" do
    messages <<~'TABLE'
      MessagePack::Factory.new.register_type(200, Point)
        RangeError: the type number must be in -128..127, got 200
      MessagePack::Factory.new.register_type(1, "Point")
        ArgumentError: expected a Class or Module, got String
      MessagePack::Factory.new.register_type(1, Point)
        NameError: undefined method `from_msgpack_ext' for class Point: define Point.from_msgpack_ext, or give another unpacker (a Proc, or nil for none)
      MessagePack::Factory.new.register_type(1, Point, packer: 5)
        TypeError: expected a method's name, an object with call or nil as packer, got Integer
      MessagePack::Factory.new.register_type(1, Point, unpacker: 5)
        TypeError: expected a method's name, an object with call or nil as unpacker, got Integer
      MessagePack::Factory.new.register_type(1, Point, packer: :to_s, oversized_integer_extension: true)
        ArgumentError: oversized_integer_extension: is for Integer only, got Point
      MessagePack::Factory.new.freeze.register_type(1, Point)
        FrozenError: can't modify frozen MessagePack::Factory
      MessagePack::Factory.new.registered_types(:all)
        ArgumentError: expected :both, :packer or :unpacker, got :all
      MessagePack::Factory.new.pool("2")
        TypeError: expected an Integer as size, got String
      MessagePack::Factory.new.pool(-1)
        ArgumentError: the size must not be negative, got -1
      MessagePack::Factory.new.pool.packer
        ArgumentError: expected a block that uses what the pool lends, got none
    TABLE
  end

  describe "of values of extended types" do
    messages <<~'TABLE'
      MessagePack::ExtType.new(128, "")
        ArgumentError: the type number must be in 0..127, got 128
      MessagePack::ExtType.new("1", "")
        TypeError: expected an Integer as type number, got String
      MessagePack::ExtType.new(1, nil)
        TypeError: expected a String as payload, got NilClass
      MessagePack::ExtType.from_exttype(200, "")
        ArgumentError: the type number must be in -128..127, got 200
      MessagePack::ExtType.pack(1, nil)
        TypeError: expected a String as payload, got NilClass
      MessagePack::Timestamp.new("1", 0)
        TypeError: expected an Integer as seconds, got String
      MessagePack::Timestamp.new(1, 0.5)
        TypeError: expected an Integer as nanoseconds, got Float
      MessagePack::Timestamp.new(2**63, 0)
        RangeError: the seconds must fit in 64 bits, got 9223372036854775808
      MessagePack::Timestamp.new(1, 10**9)
        ArgumentError: the nanoseconds must be in 0..999999999, got 1000000000
      MessagePack::Timestamp.from_msgpack_ext(nil)
        TypeError: expected a String as payload, got NilClass
      MessagePack::Timestamp.from_msgpack_ext("abc")
        MessagePack::MalformedFormatError: a timestamp has 4, 8 or 12 bytes, this one has 3
      MessagePack::Timestamp.from_msgpack_ext("\xFF" * 8)
        MessagePack::MalformedFormatError: a timestamp has at most 999999999 nanoseconds, this one has 1073741823
      MessagePack::Bigint.to_msgpack_ext("1")
        TypeError: expected an Integer, got String
      MessagePack::Bigint.from_msgpack_ext(nil)
        TypeError: expected a String as payload, got NilClass
      MessagePack::Bigint.from_msgpack_ext("")
        MessagePack::MalformedFormatError: a big integer has a sign byte, this one is empty
      MessagePack::Bigint.from_msgpack_ext("\x02")
        MessagePack::MalformedFormatError: the sign of a big integer is 0 or 1, this one's is 2
      MessagePack::Bigint.from_msgpack_ext("\x00\x01")
        MessagePack::MalformedFormatError: a big integer has a sign byte and pieces of 4 bytes, this one has 2 bytes
      Symbol.from_msgpack_ext(nil)
        TypeError: expected a String as payload, got NilClass
    TABLE
  end

  it "tell what to do in a Ractor that must not use what is the main one's", :slow do
    run = in_subprocess(<<~'RUBY')
      require "msgpack-ext"
      Point = Struct.new(:x)
      MessagePack::Unpacker.register_exttype(1, ->(*) { nil }) # refers to this program's main object
      MessagePack::DefaultFactory.register_type(2, Point, packer: ->(_) { "" }, unpacker: nil)
      ractor = Ractor.new do
        [-> { MessagePack.unpack("\xD4\x01a") },
         -> { MessagePack.pack(Point.new(1)) },
         -> { MessagePack::Unpacker.default_exttype = nil }].map do |call|
          call.call
        rescue Ractor::IsolationError => e
          e.message
        end
      end
      puts(ractor.respond_to?(:value) ? ractor.value : ractor.take)
    RUBY
    expect(run.stdout.lines(chomp: true)).to eq(
      ["the target of this extended type (Proc) belongs to the main Ractor: make it shareable " \
       "(Ractor.make_shareable), or register another with the Unpacker",
       "the handler registered for Point belongs to the main Ractor: make it shareable " \
       "(Ractor.make_shareable), or register another here",
       "types are registered for all Unpackers by the main Ractor only: register this one with an Unpacker"]
    ), run.to_s
  end

  # Slow, and so left out of GC.stress: Ruby cannot collect where its stack has no room.
  it "tell of a stack that is used up by handlers, or by a key that Ruby hashes", :slow do
    factory = MessagePack::Factory.new
    factory.register_type(1, Array, packer: nil, unpacker: :read.to_proc, recursive: true)
    values = nested_ext_bytes(4000)
    unpack = -> { error_of { factory.load(values, max_depth: 100_000) }.message }
    advice = "a lower max_depth: refuses it sooner, a Thread has more stack than a Fiber"
    expect(Fiber.new(&unpack).resume).to match(/\Anested too deep for this stack at byte \d+: #{advice}\z/)
    map = "\x81#{"\x91" * 100_000}\xC0\x01"
    GC.disable # Ruby ends the process where its GC finds no room on the stack
    expect(error_of { MessagePack.unpack(map, max_depth: 200_000) }.message)
      .to eq("a map key before byte 100003 is nested too deep for this stack: #{advice}")
  ensure
    GC.enable
  end

  # How deep that is depends on the machine.
  it "tell of a Fiber's stack that is used up before max_depth is reached", :slow do
    nested = (1..4000).inject([]) { |inner, _| [inner] }
    pack = -> { error_of { MessagePack.pack(nested, max_depth: 100_000) }.message }
    expect(Fiber.new(&pack).resume).to match(
      /\Anesting deeper than \d+ levels: this stack has no room for more \(a Thread has more than a Fiber\), or /
    )
  end
end
