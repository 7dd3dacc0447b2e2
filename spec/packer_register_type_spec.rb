# frozen_string_literal: true

# Registering by the gem's own method. The wiki's is in packer_exttype_spec.rb, both together in both_apis_spec.rb.
RSpec.describe MessagePack::Packer, "#register_type" do
  subject(:packer) { described_class.new }

  let(:klass) do
    Struct.new(:text) do
      def to_msgpack_ext = text
    end
  end
  let(:object) { klass.new("abcd") }

  def packed(object)
    packer.write(object).full_pack
  end

  it "returns nil" do
    expect([packer.register_type(5, klass), packer.register_type(5, klass, :text),
            packer.register_type(5, klass) { "x" }]).to all(be_nil)
  end

  it "calls to_msgpack_ext where no handler is given" do
    packer.register_type(5, klass)
    expect(packed([object])).to eq(bytes(0x91, ext_bytes(5, "abcd")))
  end

  {
    "a Symbol" => ->(_) { :text }, "a String" => ->(_) { "text" }, "a lambda" => ->(_) { ->(object) { object.text } },
    "a Proc of a Symbol" => ->(_) { :text.to_proc }, "a Method" => ->(serializer) { serializer.method(:call) },
    "an object with call" => ->(serializer) { serializer }
  }.each do |name, make|
    it "takes #{name} as handler, which gets the object alone" do
      packer.register_type(5, klass, make.call(Class.new { def call(object) = object.text }.new))
      expect(packed({ "a" => object })).to eq(bytes(0x81, 0xa1, "a", ext_bytes(5, "abcd")))
    end
  end

  it "takes a block as handler, which gets the object alone" do
    seen = []
    packer.register_type(5, klass) { |*arguments| seen.concat(arguments) && "block" }
    expect(packed(object)).to eq(ext_bytes(5, "block"))
    expect(seen).to match([equal(object)])
  end

  [-128, -1, 0, 127].each do |type|
    it "takes the type number #{type}" do
      packer.register_type(type, klass)
      expect(packed(object)).to eq(ext_bytes(type, "abcd"))
    end
  end

  [-129, 128, 255, 2**64].each do |type|
    it "refuses the type number #{type}" do
      expect { packer.register_type(type, klass) }.to raise_error(RangeError)
      expect { packer.register_type(type, klass) { "x" } }.to raise_error(RangeError)
      expect(packer.registered_types).to eq([])
    end
  end

  it "refuses what is no type number, and what is no class" do
    ["5", nil, klass].each { |type| expect { packer.register_type(type, klass) }.to raise_error(TypeError) }
    ["Time", nil, 5, object].each { |value| expect { packer.register_type(5, value) }.to raise_error(ArgumentError) }
    expect { packer.register_type(5) }.to raise_error(ArgumentError)
    expect { packer.register_type(5, klass, :text, :text) }.to raise_error(ArgumentError)
    expect(packer.registered_types).to eq([])
  end

  [5, true, 1.5, [], Object.new, Class.new].each do |handler|
    it "refuses #{handler.class} without call as handler" do
      expect { packer.register_type(5, klass, handler) }.to raise_error(TypeError, /call/)
      expect(packer.registered_types).to eq([])
    end
  end

  it "raises ::TypeError where the handler gives no String, and rolls back" do
    packer.write(7)
    [nil, 1, :symbol].each do |result|
      packer.register_type(5, klass) { result }
      expect { packer.write([1, object]) }.to raise_error(TypeError, /String/)
    end
    expect(packer.to_s).to eq(hex("07"))
  end

  it "rolls back when the handler raises or throws" do
    packer.write(7)
    packer.register_type(5, klass) { |object| object.text == "throw" ? throw(:out) : raise(IOError, "mine") }
    expect { packer.write([1, object]) }.to raise_error(IOError, "mine")
    catch(:out) { packer.write([1, klass.new("throw")]) }
    expect(packer.write(8).to_s).to eq(hex("07 08"))
  end

  it "lets the later registration of a class win" do
    packer.register_type(5, klass) { "first" }
    packer.register_type(6, klass) { "second" }
    expect(packed(object)).to eq(ext_bytes(6, "second"))
  end

  it "serves subclasses, and modules" do
    packer.register_type(5, klass)
    packer.register_type(6, mixin = Module.new) { "mixed in" }
    expect(packed(Class.new(klass).new("ab"))).to eq(ext_bytes(5, "ab"))
    expect(packed(Class.new.include(mixin).new)).to eq(ext_bytes(6, "mixed in"))
  end

  it "accepts the core classes, of which the exact ones stay native" do
    values = { NilClass => nil, TrueClass => true, FalseClass => false, Integer => 1, Float => 1.5, String => "s",
               Array => [1], Hash => { 1 => 2 } }
    values.each_key.with_index { |core, type| packer.register_type(type, core) { "never" } }
    expect(packed(values.values)).to eq(MessagePack.pack(values.values))
    expect(packed(Class.new(String).new("s"))).to eq(ext_bytes(5, "never"))
  end

  it "uses a registration of Symbol" do
    packer.register_type(0, Symbol)
    expect(packed({ abc: "abc" })).to eq(bytes(0x81, ext_bytes(0, "abc"), 0xa3, "abc"))
  end

  it "leaves integers beyond 64 bits unpackable" do
    packer.register_type(5, Integer, :to_s)
    expect { packer.write(2**64) }.to raise_error(RangeError)
  end

  it "is refused by a frozen packer, which still writes" do
    packer.register_type(5, klass)
    packer.freeze
    expect { packer.register_type(6, klass) }
      .to raise_error(FrozenError, /\Acan't modify frozen MessagePack::Packer\z/)
    expect(packed(object)).to eq(ext_bytes(5, "abcd"))
  end

  it "keeps classes and handlers alive that only it knows" do
    4.times { |type| packer.register_type(type, Class.new) { "never" } }
    5.times { |type| packer.register_type(type, klass) { |object| "#{object.text}#{type}" } }
    GC.start
    expect(packed(object)).to eq(ext_bytes(4, "abcd4"))
  end

  describe "#registered_types" do
    it "is empty at first" do
      expect(packer.registered_types).to eq([])
    end

    it "lists type, class and packer, by type number" do
      packer.register_type(100, klass) { "a" }
      packer.register_type(-3, Range) { "b" }
      packer.register_type(5, Time) { "c" }
      expect(packer.registered_types).to match(
        [{ type: -3, class: Range, packer: be_a(Proc) }, { type: 5, class: Time, packer: be_a(Proc) },
         { type: 100, class: klass, packer: be_a(Proc) }]
      )
      expect(packer.registered_types.map { |entry| entry[:packer].call(object) }).to eq(%w[b c a])
    end

    it "shows each handler as a Proc, the same at each call" do
      callable = Class.new { def call(object) = object.text }.new
      [nil, :text, "text", callable, callable.method(:call)].each do |handler|
        packer.register_type(5, klass, *handler)
        shown = packer.registered_types[0][:packer]
        expect(shown).to be_a(Proc)
        expect(shown.call(object)).to eq("abcd")
        expect(packer.registered_types[0][:packer]).to equal(shown)
      end
    end

    it "shows a Proc or block as the one that was given", signatures: false do
      handler = proc { "x" }
      packer.register_type(5, klass, handler)
      packer.register_type(6, Range, &handler)
      expect(packer.registered_types.map { |entry| entry[:packer] }).to match([equal(handler)] * 2)
    end

    it "gives a list of its own each time" do
      packer.register_type(5, klass)
      packer.registered_types.clear
      packer.registered_types[0][:type] = 6
      expect(packer.registered_types.map { |entry| entry[:type] }).to eq([5])
    end

    it "lists what a factory has registered" do
      factory = MessagePack::Factory.new
      factory.register_type(6, Range, packer: :to_s, unpacker: nil)
      factory.register_type(5, klass, packer: :text)
      expect(factory.packer.registered_types).to eq(factory.registered_types(:packer))
    end
  end

  describe "#type_registered?" do
    before { packer.register_type(5, klass) }

    it "is so for a registered number, class, or descendant of it" do
      expect([5, klass, Class.new(klass)].map { |known| packer.type_registered?(known) }).to all(be(true))
      expect([6, -5, 1000, Range, klass.superclass, Module.new].map { |known| packer.type_registered?(known) })
        .to all(be(false))
    end

    it "refuses what is neither a class nor a number" do
      [nil, "Time", :Time, 5.0, object].each do |value|
        expect { packer.type_registered?(value) }.to raise_error(ArgumentError)
      end
    end
  end
end
