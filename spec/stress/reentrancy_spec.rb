# frozen_string_literal: true

require "set"
require "stringio"

# Every method of a class, called on the very object that is at work: from its handlers, from its io. The tables are
# compared with the classes, so that a new method cannot be forgotten.
# What stands in a table: the call, and what it gives, or the class that it raises.
RSpec.describe "MessagePack, entered again by each of its methods" do
  # What the call gives, or the class of what it raises. A RuntimeError must be no subclass: FrozenError is one.
  def outcome_of(call, object)
    call.call(object)
  rescue StandardError => e
    e.class
  end

  # Compares what each call has given with what stands in the table.
  def check(results, expected, object)
    return expect(results).to all(be_a(expected)) if expected.is_a?(Class)

    case expected
    when :self then expect(results).to all(equal(object))
    when :refused then expect(results).to all(equal(RuntimeError))
    when :boolean then expect([[true], [false]]).to include(results)
    when Regexp then expect(results).to all(match(expected))
    else expect(results).to all(eq(expected))
    end
  end

  # @return [Array<Symbol>] without those that a test double or GC_STRESS may have added
  def methods_of(klass)
    klass.public_instance_methods(false)
  end

  describe MessagePack::Packer do
    let(:packer) { described_class.new }
    let(:seen) { [] }
    # Each kind of handler calls the block and then writes 7, or gives the payload "7".
    let(:kinds) { %i[to_msgpack low high recursive].to_h { |kind| [kind, Class.new] } }

    # @return [MessagePack::Packer] with handlers of each kind that run the block
    def packer_with(io = nil, &block)
      factory = MessagePack::Factory.new
      payload = ->(_object, child) { block.call(child) && child.write(7) }
      factory.register_type(6, kinds[:recursive], packer: payload, recursive: true)
      factory.packer(io).tap do |packer|
        kinds[:to_msgpack].define_method(:to_msgpack) { |pk| block.call(pk) && pk.write(7) }
        packer.register_lowlevel(kinds[:low]) { |_object, pk| block.call(pk) && pk.write(7) }
        packer.register_exttype(kinds[:high], 5) { block.call(packer) && "7" }
      end
    end

    # What the object of a kind is written as, if its handler has written `added` besides.
    def written(kind, added)
      case kind
      when :high then added + hex("d4 05 37")
      when :recursive then ext_bytes(6, "#{added}\x07".b)
      else "#{added}\x07".b
      end
    end

    # The call; what it gives; the bytes that it adds.
    calls = {
      write: [->(pk) { pk.write("ab") }, :self, "a2 61 62"], pack: [->(pk) { pk.pack([1]) }, :self, "91 01"],
      write_nil: [->(pk) { pk.write_nil }, :self, "c0"], write_true: [->(pk) { pk.write_true }, :self, "c3"],
      write_false: [->(pk) { pk.write_false }, :self, "c2"], write_int: [->(pk) { pk.write_int(5) }, :self, "05"],
      write_float: [->(pk) { pk.write_float(0) }, :self, "cb 00 00 00 00 00 00 00 00"],
      write_float32: [->(pk) { pk.write_float32(0) }, :self, "ca 00 00 00 00"],
      write_string: [->(pk) { pk.write_string("a") }, :self, "a1 61"],
      write_symbol: [->(pk) { pk.write_symbol(:a) }, :self, "a1 61"],
      write_bin: [->(pk) { pk.write_bin("a") }, :self, "c4 01 61"],
      write_array: [->(pk) { pk.write_array([2]) }, :self, "91 02"],
      write_hash: [->(pk) { pk.write_hash({ 1 => 2 }) }, :self, "81 01 02"],
      write_array_header: [->(pk) { pk.write_array_header(0) }, :self, "90"],
      write_map_header: [->(pk) { pk.write_map_header(0) }, :self, "80"],
      write_bin_header: [->(pk) { pk.write_bin_header(0) }, :self, "c4 00"],
      write_ext: [->(pk) { pk.write_ext(3, "x") }, :self, "d4 03 78"],
      write_extension: [->(pk) { pk.write_extension(MessagePack::ExtensionValue.new(3, "x")) }, :self, "d4 03 78"],
      write_packed: [->(pk) { pk.write_packed("\x91\x05") }, :self, "91 05"],
      write_exttype_header: [->(pk) { pk.write_exttype_header(0, 3) }, :self, "c7 00 03"],
      write_extended_header: [->(pk) { pk.write_extended_header(3, 0) }, :self, "c7 00 03"],
      buffer: [->(pk) { pk.buffer.write("\x01") }, 1, "01"], flush: [->(pk) { pk.flush }, :self, ""],
      clear: [->(pk) { pk.clear }, :refused, ""], reset: [->(pk) { pk.reset }, :refused, ""],
      full_pack: [->(pk) { pk.full_pack }, :refused, ""],
      write_to: [->(pk) { pk.write_to(StringIO.new) }, :refused, ""],
      size: [->(pk) { pk.size }, Integer, ""], empty?: [->(pk) { pk.empty? }, :boolean, ""],
      to_s: [->(pk) { pk.to_s }, String, ""], to_str: [->(pk) { pk.to_str }, String, ""],
      to_a: [->(pk) { pk.to_a }, Array, ""], inspect: [->(pk) { pk.inspect }, /\A#<.* bytes?, writing, .*>\z/, ""],
      compatibility_mode?: [->(pk) { pk.compatibility_mode? }, false, ""],
      exttype: [->(pk) { pk.exttype(Range) }, nil, ""],
      resolve_exttype: [->(pk) { pk.resolve_exttype(Range) }, nil, ""],
      type_registered?: [->(pk) { pk.type_registered?(99) }, false, ""],
      registered_types: [->(pk) { pk.registered_types }, Array, ""],
      register_exttype: [->(pk) { pk.register_exttype(Rational, 9) { "r" } && pk.write(1r) }, :self, "d4 09 72"],
      register_lowlevel: [->(pk) { pk.register_lowlevel(Complex) { |_, it| it.write(8) } && pk.write(1i) }, :self,
                          "08"],
      register_type: [->(pk) { pk.register_type(9, Set) { "s" } || pk.write(Set.new) }, :self, "d4 09 73"],
      unregister_exttype: [->(pk) { pk.unregister_exttype(Range) }, nil, ""]
    }

    it "has all its methods in the table" do
      expect(methods_of(described_class) - calls.keys).to eq([])
    end

    calls.each do |name, (call, expected, added)|
      it "gives what it should in #{name}, in each kind of handler, and the outer write is right" do
        kinds.each do |kind, klass|
          given = result = nil
          packer = packer_with { |pk| (given = pk) && (result = outcome_of(call, pk)).then { true } }
          packer.write(["before", klass.new, "after"])
          expect(packer.to_s).to eq(bytes(0x93, 0xa6, "before", written(kind, hex(added)), 0xa5, "after")), kind.to_s
          check([result], expected, given)
        end
      end
    end

    it "writes what the handlers of eight packers write into each other" do
      names = Array.new(8) { Class.new }
      packers = Array.new(8) { described_class.new }
      packers.each_with_index do |packer, index|
        packer.register_lowlevel(names[index]) do |_, given|
          inner = packers[(index + 1) % 8]
          inner.write([names[(index + 1) % 8].new]) if index < 7
          given.write(index)
        end
      end
      packers[0].write([names[0].new, "end"])
      expect(packers.map(&:to_s)).to eq([hex("92 00 a3 65 6e 64"), *(1..7).map { |index| bytes(0x91, index) }])
    end
  end

  describe MessagePack::Unpacker do
    let(:message) { hex("94 01 d4 05 aa a1 78 d5 06 a1 79") }

    # @return [MessagePack::Unpacker] whose handlers run the block: 5 by this API, 6 as a recursive type
    def unpacker_with(io = nil, &block)
      unpacker = nil
      factory = MessagePack::Factory.new
      factory.register_type(6, Range, packer: nil, recursive: true,
                                      unpacker: ->(child) { block.call(unpacker) && child.read })
      unpacker = factory.unpacker(io)
      unpacker.register_exttype(5) { |_type, data| block.call(unpacker) && data }
      unpacker
    end

    # The call; what it gives; what is read after the message, if not nothing.
    calls = {
      feed: [->(u) { u.feed("\x08") }, :self, [8, 8]],
      feed_reference: [->(u) { u.feed_reference("\x08") }, :self, [8, 8]],
      feed_each: [->(u) { u.feed_each("\x08") {} }, :refused, :any],
      each: [->(u) { u.each {} }, :refused, []], read: [->(u) { u.read }, :refused, []],
      unpack: [->(u) { u.unpack }, :refused, []], full_unpack: [->(u) { u.full_unpack }, :refused, []],
      skip: [->(u) { u.skip }, :refused, []], skip_nil: [->(u) { u.skip_nil }, :refused, []],
      read_array_header: [->(u) { u.read_array_header }, :refused, []],
      read_map_header: [->(u) { u.read_map_header }, :refused, []],
      inspect: [->(u) { u.inspect }, /\A#<.* unread, reading, .*>\z/, []],
      tell: [->(u) { u.tell }, Integer, []], buffer: [->(u) { u.buffer.size }, Integer, []],
      exttype: [->(u) { u.exttype(7) }, nil, []], resolve_exttype: [->(u) { u.resolve_exttype(7) }, nil, []],
      default_exttype: [->(u) { u.default_exttype }, nil, []],
      "default_exttype=": [->(u) { u.default_exttype = false }, false, []],
      register_exttype: [->(u) { u.register_exttype(9) { nil } }, 9, []],
      register_type: [->(u) { u.register_type(9) { nil } }, nil, []],
      registered_types: [->(u) { u.registered_types }, Array, []],
      type_registered?: [->(u) { u.type_registered?(77) }, false, []],
      symbolize_keys?: [->(u) { u.symbolize_keys? }, false, []], freeze?: [->(u) { u.freeze? }, false, []],
      allow_unknown_ext?: [->(u) { u.allow_unknown_ext? }, false, []], reset: [->(u) { u.reset }, nil, :underflow]
    }

    it "has all its methods in the table" do
      expect(methods_of(described_class) - calls.keys).to eq([])
    end

    calls.each do |name, (call, expected, rest)|
      it "gives what it should in #{name}, in each kind of handler, and the outer read is right" do
        [nil, StringIO.new(message)].each do |io|
          results = []
          unpacker = unpacker_with(io) { |it| results << outcome_of(call, it) }
          unpacker.feed(message) unless io
          if rest == :underflow
            expect { unpacker.read }.to raise_error(MessagePack::UnderflowError)
            expect(unpacker.feed("\x07").read).to eq(7)
          else
            # An io is at its end here; what a handler feeds comes before what the io still has.
            expect(unpacker.read).to eq([1, "\xAA".b, "x", "y"])
            expect(unpacker.to_a).to eq(rest) unless rest == :any
          end
          expect(results.size).to eq(rest == :underflow ? 1 : 2)
          check(results, expected, unpacker)
        end
      end
    end
  end
  # A Buffer has no handlers: what it calls is its io.
  describe MessagePack::Buffer do
    # Runs a block inside its first call, once.
    let(:io_class) do
      Class.new(ScriptedIO) do
        attr_accessor :inside
        attr_reader :taken

        def readpartial(*) = visit { super }

        def write(bytes)
          visit { (@taken ||= +"") << bytes }
          bytes.bytesize
        end

        def close = nil

        def visit
          act = inside
          self.inside = nil
          act&.call
          yield
        end
      end
    end

    # The call, which gives what it takes out of the buffer; what it adds to it.
    calls = {
      write: [->(b) { b.write("W") && "" }, "W"], "<<": [->(b) { (b << "W") && "" }, "W"],
      append: [->(b) { b.append("W") && "" }, "W"],
      write_extended_header: [->(b) { b.write_extended_header(1, 1) && "" }, "\xD4\x01".b],
      read: [->(b) { b.read }, ""], read_all: [->(b) { b.read_all(1) }, ""], skip: [->(b) { b.read(1) }, ""],
      skip_all: [->(b) { b.to_s[0].to_s.tap { |first| b.skip_all(first.size) } }, ""],
      clear: [->(b) { b.to_s.tap { b.clear } }, ""], flush: [->(b) { b.flush && "" }, ""],
      write_to: [->(b) { StringIO.new("".b).tap { |io| b.write_to(io) }.string }, ""],
      size: [->(b) { b.size && "" }, ""], empty?: [->(b) { b.empty?.then { "" } }, ""],
      to_s: [->(b) { b.to_s && "" }, ""], to_str: [->(b) { b.to_str && "" }, ""], to_a: [->(b) { b.to_a && "" }, ""],
      inspect: [->(b) { b.inspect && "" }, ""], io: [->(b) { b.io && "" }, ""], close: [->(b) { b.close.to_s }, ""]
    }

    it "has all its methods in the table" do
      expect(methods_of(described_class) - calls.keys).to eq([])
    end

    outer = {
      "read" => ->(b) { b.read }, "read(4)" => ->(b) { b.read(4) }, "read_all(4)" => ->(b) { b.read_all(4) },
      "skip_all(0) and flush" => ->(b) { b.skip_all(0).flush && "" }
    }

    calls.each do |name, (call, added)|
      it "loses no byte and doubles none, when its io calls #{name}" do
        outer.each do |where, outer_call|
          io = io_class.new("cd", "ef")
          buffer = described_class.new(io) << "ab"
          out = []
          io.inside = -> { out << call.call(buffer).to_s }
          begin
            out << outer_call.call(buffer)
          rescue MessagePack::UnderflowError
            # The io's call has taken what was wanted.
            out << ""
          end
          out << buffer.read << io.taken.to_s
          expect(out.join.b.chars).to match_array("abcdef#{added}".b.chars), where
        end
      end
    end

    it "gives what it has in order, when its io reads from it" do
      io = io_class.new("cd", "ef")
      buffer = described_class.new(io) << "ab"
      inner = nil
      io.inside = -> { inner = buffer.read(1) }
      expect([buffer.read_all(4), inner, buffer.read]).to eq(%w[bcde a f])
    end

    it "writes behind what is there, when its io writes into it" do
      io = io_class.new("cd", "ef")
      buffer = described_class.new(io) << "ab"
      io.inside = -> { buffer << "W" }
      expect(buffer.read).to eq("abWcdef")
    end
  end
end
