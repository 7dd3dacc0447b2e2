# frozen_string_literal: true

require "objspace"
require "stringio"

# What is registered, listed and looked up is in the other files that begin with factory_.
RSpec.describe MessagePack::Factory do
  subject(:factory) { described_class.new }

  include_context "with a class that has the gem's two methods"

  it "takes no arguments" do
    expect { described_class.new(1) }.to raise_error(ArgumentError)
    expect { described_class.new({}) }.to raise_error(ArgumentError)
    expect(factory.registered_types).to eq([])
  end

  describe "#register_type" do
    it "returns nil, whatever the options" do
      expect(factory.register_type(5, klass)).to be_nil
      expect(factory.register_type(5, klass, packer: :text)).to be_nil
      expect(factory.register_type(5, klass, unpacker: :new, recursive: false)).to be_nil
    end

    it "takes to_msgpack_ext and from_msgpack_ext where there are no options" do
      factory.register_type(5, klass)
      expect(factory.dump([object])).to eq(bytes(0x91, message))
      expect(factory.load(bytes(0x91, message))).to eq([object])
    end

    [-128, -1, 0, 127].each do |type|
      it "takes the type number #{type}" do
        factory.register_type(type, klass)
        expect(factory.dump(object)).to eq(ext_bytes(type, "abcd"))
        expect(factory.load(ext_bytes(type, "abcd"))).to eq(object)
      end
    end

    [-129, 128, 255, 2**31, 2**64].each do |type|
      it "refuses the type number #{type}" do
        expect { factory.register_type(type, klass) }.to raise_error(RangeError)
        expect(factory.registered_types).to eq([])
      end
    end

    it "refuses a type number that is none, and a class that is none" do
      ["5", nil, :five].each { |type| expect { factory.register_type(type, klass) }.to raise_error(TypeError) }
      ["Time", nil, :Time, 5, object].each do |value|
        expect { factory.register_type(5, value) }.to raise_error(ArgumentError)
      end
      expect(factory.registered_types).to eq([])
    end

    it "refuses other numbers of arguments" do
      expect { factory.register_type }.to raise_error(ArgumentError)
      expect { factory.register_type(5) }.to raise_error(ArgumentError)
      expect { factory.register_type(5, klass, {}, {}) }.to raise_error(ArgumentError)
    end

    it "takes the options as a Hash too" do
      options = { packer: ->(_) { "hash" }, unpacker: nil }
      factory.register_type(5, klass, options)
      expect(factory.dump(object)).to eq(ext_bytes(5, "hash"))
    end

    it "has no packer where only unpacker: is given" do
      factory.register_type(5, klass, unpacker: ->(data) { [data] })
      expect(factory.load(message)).to eq(["abcd"])
      expect { factory.dump(object) }.to raise_error(NoMethodError, /to_msgpack/)
    end

    it "has no unpacker where only packer: is given" do
      factory.register_type(5, klass, packer: ->(_) { "only" })
      expect(factory.dump(object)).to eq(ext_bytes(5, "only"))
      expect { factory.load(message) }.to raise_error(MessagePack::UnknownExtTypeError, /\b5\b/)
    end

    it "has neither where both are nil" do
      factory.register_type(5, klass, packer: nil, unpacker: nil)
      expect { factory.dump(object) }.to raise_error(NoMethodError, /to_msgpack/)
      expect { factory.load(message) }.to raise_error(MessagePack::UnknownExtTypeError)
    end

    it "lets the later registration of a class win" do
      factory.register_type(5, klass)
      factory.register_type(6, klass)
      expect(factory.dump(object)).to eq(ext_bytes(6, "abcd"))
      expect([5, 6].map { |type| factory.load(ext_bytes(type, "abcd")) }).to eq([object, object])
    end

    it "lets the later registration of a type number win when unpacking, and packs both classes" do
      factory.register_type(5, klass)
      factory.register_type(5, Range, packer: ->(_) { "range" }, unpacker: ->(data) { "a range: #{data}" })
      expect(factory.dump([object, 1..2])).to eq(bytes(0x92, message, ext_bytes(5, "range")))
      expect(factory.load(message)).to eq("a range: abcd")
    end

    it "takes a handler away that a later registration leaves out" do
      factory.register_type(5, klass)
      factory.register_type(5, klass, unpacker: ->(data) { data })
      expect { factory.dump(object) }.to raise_error(NoMethodError)
      factory.register_type(5, klass, packer: :text)
      expect { factory.load(message) }.to raise_error(MessagePack::UnknownExtTypeError)
      expect(factory.dump(object)).to eq(message)
    end

    it "takes a module" do
      mixin = Module.new do
        def to_msgpack_ext = "mixed in"
        def self.from_msgpack_ext(data) = "from module: #{data}"
      end
      factory.register_type(5, mixin)
      expect(factory.load(factory.dump(Class.new.include(mixin).new))).to eq("from module: mixed in")
    end
  end

  describe "#packer" do
    it "makes a Packer that knows the types" do
      factory.register_type(5, klass)
      packer = factory.packer
      expect(packer).to be_an_instance_of(MessagePack::Packer)
      expect(packer.write([object]).to_s).to eq(bytes(0x91, message))
    end

    it "takes an io, options, or both" do
      io = StringIO.new("".b)
      factory.packer(io).write(1).flush
      factory.packer(io, compatibility_mode: true).write("x" * 32).flush
      factory.packer(io, { compatibility_mode: true }).write("y" * 32).flush
      expect(io.string).to eq(bytes(1, 0xda, 0, 32, "x" * 32, 0xda, 0, 32, "y" * 32))
      expect(factory.packer(compatibility_mode: true)).to be_compatibility_mode
      expect(factory.packer({ compatibility_mode: true })).to be_compatibility_mode
      expect([factory.packer, factory.packer(nil), factory.packer(nil, nil)].map(&:compatibility_mode?))
        .to all(be(false))
      expect { factory.packer(1, 2, 3) }.to raise_error(ArgumentError)
    end

    it "is a snapshot: what is registered later is unknown to it, and what it registers is its own" do
      early = factory.packer
      factory.register_type(5, klass)
      late = factory.packer
      expect { early.write(object) }.to raise_error(NoMethodError)
      late.register_type(6, klass)
      expect([late.write(object).to_s, factory.dump(object)]).to eq([ext_bytes(6, "abcd"), message])
    end

    it "gives the base class in a subclass too" do
      expect(Class.new(described_class).new.packer).to be_an_instance_of(MessagePack::Packer)
    end
  end

  describe "#unpacker" do
    it "makes an Unpacker that knows the types" do
      factory.register_type(5, klass)
      unpacker = factory.unpacker
      expect(unpacker).to be_an_instance_of(MessagePack::Unpacker)
      expect(unpacker.feed(bytes(0x91, message)).read).to eq([object])
    end

    it "takes an io, options, or both" do
      expect(factory.unpacker(StringIO.new(hex("91 01"))).read).to eq([1])
      expect(factory.unpacker(StringIO.new(hex("81 a1 61 01")), symbolize_keys: true).read).to eq({ a: 1 })
      expect(factory.unpacker({ symbolize_keys: true }).feed(hex("81 a1 61 01")).read).to eq({ a: 1 })
      expect([factory.unpacker, factory.unpacker(nil), factory.unpacker(nil, nil)].map(&:symbolize_keys?))
        .to all(be(false))
      expect { factory.unpacker(1, 2, 3) }.to raise_error(ArgumentError)
    end

    it "is a snapshot: what is registered later is unknown to it, and what it registers is its own" do
      early = factory.unpacker
      factory.register_type(5, klass)
      late = factory.unpacker
      expect { early.feed(message).read }.to raise_error(MessagePack::UnknownExtTypeError)
      late.register_type(5) { |data| [data] }
      expect([late.feed(message).read, factory.load(message)]).to eq([["abcd"], object])
    end

    it "refuses types that are not registered, with the offset" do
      error = error_of { factory.unpacker.feed(bytes(0x92, 1, message)).read }
      expect(error).to be_an_instance_of(MessagePack::UnknownExtTypeError)
      expect(error.offset).to eq(2)
    end

    it "gives the base class in a subclass too" do
      expect(Class.new(described_class).new.unpacker).to be_an_instance_of(MessagePack::Unpacker)
    end
  end

  %i[dump pack].each do |name|
    describe "##{name}" do
      before { factory.register_type(5, klass) }

      it "gives a binary String" do
        packed = factory.public_send(name, [object])
        expect(packed).to eq(bytes(0x91, message))
        expect(packed.encoding).to eq(Encoding::BINARY)
      end

      it "writes to an io and gives nil" do
        io = StringIO.new("".b)
        expect(factory.public_send(name, object, io)).to be_nil
        expect(factory.public_send(name, "x" * 32, io, compatibility_mode: true)).to be_nil
        expect(io.string).to eq(bytes(message, 0xda, 0, 32, "x" * 32))
      end

      it "takes options alone" do
        expect(factory.public_send(name, "x" * 32, compatibility_mode: true)).to eq(bytes(0xda, 0, 32, "x" * 32))
        expect(factory.public_send(name, "x" * 32, { compatibility_mode: true })).to eq(bytes(0xda, 0, 32, "x" * 32))
        expect(factory.public_send(name, [object], unknown_class: false)).to eq(bytes(0x91, message))
        expect { factory.public_send(name, Object.new, unknown_class: false) }.to raise_error(TypeError)
      end
    end
  end

  %i[load unpack].each do |name|
    describe "##{name}" do
      before { factory.register_type(5, klass) }

      it "takes a String of any encoding, or an io" do
        expect(factory.public_send(name, bytes(0x91, message))).to eq([object])
        expect(factory.public_send(name, (+"\x91\xD6\x05abcd").force_encoding("UTF-8"))).to eq([object])
        expect(factory.public_send(name, StringIO.new(bytes(0x91, message)))).to eq([object])
        expect(factory.public_send(name, factory.packer.write(object))).to eq(object)
      end

      it "takes options" do
        message = hex("81 a1 61 01")
        expect(factory.public_send(name, message, symbolize_keys: true)).to eq({ a: 1 })
        expect(factory.public_send(name, message, { symbolize_keys: true })).to eq({ a: 1 })
        expect(factory.public_send(name, StringIO.new(message), symbolize_keys: true)).to eq({ a: 1 })
        expect(factory.public_send(name, message, nil)).to eq({ "a" => 1 })
      end

      it "reads exactly one object" do
        expect { factory.public_send(name, nil) }.to raise_error(MessagePack::UnderflowError)
        expect { factory.public_send(name, "") }.to raise_error(MessagePack::UnderflowError)
        expect { factory.public_send(name, message[0..-2]) }.to raise_error(MessagePack::UnderflowError)
        expect { factory.public_send(name, bytes(message, 1, 2)) }
          .to raise_error(MessagePack::MalformedFormatError, /\b2\b/)
      end

      it "refuses types that are not registered, with the offset" do
        error = error_of { factory.public_send(name, bytes(0x92, 1, ext_bytes(6, "a"))) }
        expect(error).to be_an_instance_of(MessagePack::UnknownExtTypeError)
        expect(error.offset).to eq(2)
      end
    end
  end

  describe "#freeze" do
    before { factory.register_type(5, klass) }

    it "gives the factory, which then refuses to register" do
      expect(factory.freeze).to equal(factory).and be_frozen
      expect { factory.register_type(6, klass) }
        .to raise_error(FrozenError, /\Acan't modify frozen MessagePack::Factory\z/)
      expect(factory.registered_types.map { |entry| entry[:type] }).to eq([5])
    end

    it "leaves everything else possible" do
      factory.freeze
      expect(factory.load(factory.dump([object]))).to eq([object])
      expect(factory.packer.write(object).to_s).to eq(message)
      expect(factory.unpacker.feed(message).read).to eq(object)
      expect([factory.packer, factory.unpacker]).not_to include(be_frozen)
    end
  end

  describe "#dup" do
    # One registration of each kind, and an object for each.
    before do
      factory.register_type(5, klass)
      factory.register_type(0, Symbol)
      factory.register_type(1, FactoryHelpers::Box, packer: ->(box, packer) { packer.write(box.value) },
                                                    unpacker: ->(unpacker) { FactoryHelpers::Box.new(unpacker.read) },
                                                    recursive: true)
      factory.register_type(2, Integer, packer: :to_s, unpacker: ->(data) { Integer(data) },
                                        oversized_integer_extension: true)
    end

    let(:value) { [object, :symbol, FactoryHelpers::Box.new([1, FactoryHelpers::Box.new(:a)]), 2**70, { a: -(2**80) }] }

    {
      "dup" => ->(factory) { factory.dup }, "dup of a frozen one" => ->(factory) { factory.freeze.dup },
      "dup of a dup" => ->(factory) { factory.dup.dup }, "clone" => ->(factory) { factory.clone },
      "clone of a frozen one" => ->(factory) { factory.freeze.clone }
    }.each do |name, copy|
      it "keeps every registration: #{name}" do
        packed = factory.dump(value)
        copied = copy.call(factory)
        expect(copied).not_to equal(factory)
        expect(copied.dump(value)).to eq(packed)
        expect(copied.load(packed)).to eq(value)
        expect(copied.registered_types).to eq(factory.registered_types)
      end
    end

    it "is not frozen, as a clone of a frozen factory is" do
      expect(factory.freeze.dup).not_to be_frozen
      expect(factory.clone).to be_frozen
    end

    it "goes ways of its own" do
      copy = factory.dup
      copy.register_type(6, klass)
      factory.register_type(7, Range, packer: :to_s, unpacker: nil)
      expect([factory, copy].map { |each| each.dump(object) }).to eq([message, ext_bytes(6, "abcd")])
      expect(copy.type_registered?(7)).to be(false)
    end

    it "copies an empty factory" do
      expect([described_class.new.dup, described_class.new.freeze.dup].map(&:registered_types)).to eq([[], []])
    end

    it "keeps a subclass" do
      subclass = Class.new(described_class)
      expect(subclass.new.dup).to be_an_instance_of(subclass)
    end
  end

  it "tells a size that grows with its registrations" do
    empty = ObjectSpace.memsize_of(factory)
    sizes = [1, 20, 100].map do |count|
      count.times { |type| factory.register_type(type, Class.new, packer: :to_s, unpacker: :new) }
      ObjectSpace.memsize_of(factory)
    end
    expect([empty, *sizes]).to eq([empty, *sizes].sort.uniq)
    expect(sizes.last - empty).to be > 100 * 8
  end

  it "keeps classes and handlers alive that only it and its copies know" do
    10.times do |type|
      factory.register_type(type, Class.new, packer: proc { "never" }, unpacker: proc { |data| "#{type}: #{data}" })
    end
    copies = [factory.dup, factory.unpacker, factory.pool]
    GC.start
    garbage = Array.new(1000) { Class.new.new }
    expect(copies[0].load(hex("92 d4 03 61 d4 09 62"))).to eq(["3: a", "9: b"])
    expect(copies[1].feed(hex("d4 00 61")).read).to eq("0: a")
    expect(copies[2].load(hex("d4 01 61"))).to eq("1: a")
    expect(garbage.size).to eq(1000)
  end
end
