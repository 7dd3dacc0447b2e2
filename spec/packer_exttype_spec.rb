# frozen_string_literal: true

# Registering classes with a Packer: arguments, what is told of it, handlers and their results. Which of several
# registrations is taken is in packer_lookup_spec.rb, the headers in packer_ext_write_spec.rb.
RSpec.describe MessagePack::Packer, "extended types" do
  let(:packer) { described_class.new }
  let(:klass) do
    Class.new do
      attr_reader :data

      def initialize(data = "abcd") = @data = data
      def to_exttype = @data
      def to_msgpack(packer) = packer.write("low")
      def low(packer) = packer.write("other low")
    end
  end

  def packed(object)
    packer.write(object).full_pack
  end

  describe "#register_exttype" do
    it "returns the class, in either order of arguments, with and without a number" do
      results = [packer.register_exttype(klass, 5), packer.register_exttype(5, klass),
                 packer.register_exttype(nil, klass), packer.register_exttype(klass, nil),
                 packer.register_exttype(klass, 5) { "x" }, packer.register_exttype(5, klass, :to_exttype),
                 packer.register_exttype(klass, 5, false), packer.register_exttype(klass, 5, nil)]
      expect(results).to all(equal(klass))
    end

    [0, 1, 127].each do |typenr|
      it "takes the type number #{typenr}" do
        packer.register_exttype(klass, typenr)
        expect(packed(klass.new)).to eq(bytes(0xd6, typenr, "abcd"))
      end
    end

    [-1, 128, -128, 256, 2**64].each do |typenr|
      it "refuses the type number #{typenr}" do
        expect { packer.register_exttype(klass, typenr) }.to raise_error(ArgumentError, /127/)
        expect { packer.register_exttype(typenr, klass) { "x" } }.to raise_error(ArgumentError, /127/)
        expect(packer.exttype(klass)).to be_nil
      end
    end

    it "refuses other numbers of arguments" do
      expect { packer.register_exttype }.to raise_error(ArgumentError)
      expect { packer.register_exttype(klass) }.to raise_error(ArgumentError)
      expect { packer.register_exttype(klass, 1, :a, :b) }.to raise_error(ArgumentError)
    end

    it "refuses what is neither a class with a number nor a number with a class" do
      [[1, 2], %w[Time 1], [klass, klass], [klass, "1"], [nil, nil], [klass.new, 1], [klass, 1.0]].each do |arguments|
        expect { packer.register_exttype(*arguments) }.to raise_one_of(TypeError, ArgumentError)
      end
    end

    it "refuses a handler together with a block" do
      expect { packer.register_exttype(klass, 5, :to_exttype) { "x" } }.to raise_error(ArgumentError, /block/)
      expect { packer.register_exttype(klass, 5, nil) { "x" } }.to raise_error(ArgumentError, /block/)
      expect { packer.register_lowlevel(klass, :low) { "x" } }.to raise_error(ArgumentError, /block/)
      expect(packer.exttype(klass)).to be_nil
    end

    [Class.new, Module.new, 7, true, 1.5, [], Object.new].each do |handler|
      it "refuses #{handler.class} without call as handler" do
        expect { packer.register_exttype(klass, 5, handler) }.to raise_error(TypeError, /call/)
        expect { packer.register_lowlevel(klass, handler) }.to raise_error(TypeError, /call/)
        expect(packer.exttype(klass)).to be_nil
      end
    end

    [NilClass, TrueClass, FalseClass, Integer, Float].each do |core|
      it "refuses #{core}, which is always native" do
        expect { packer.register_exttype(core, 5) { "x" } }.to raise_error(ArgumentError, /#{core}/)
        expect { packer.register_exttype(nil, core) }.to raise_error(ArgumentError, /#{core}/)
        expect { packer.register_lowlevel(core) { nil } }.to raise_error(ArgumentError, /#{core}/)
      end
    end
  end

  describe "#register_lowlevel" do
    it "returns the class" do
      results = [packer.register_lowlevel(klass), packer.register_lowlevel(klass, :low),
                 packer.register_lowlevel(klass) { nil }, packer.register_lowlevel(klass, false),
                 packer.register_lowlevel(klass, nil)]
      expect(results).to all(equal(klass))
    end

    it "refuses what is no class or module" do
      [1, nil, "Time", :Time, klass.new].each do |value|
        expect { packer.register_lowlevel(value) }.to raise_one_of(TypeError, ArgumentError)
      end
    end
  end

  describe "#unregister_exttype" do
    it "returns nil, whether or not there was a registration" do
      packer.register_exttype(klass, 5)
      expect([packer.unregister_exttype(klass), packer.unregister_exttype(klass)]).to eq([nil, nil])
      expect(packer.exttype(klass)).to be_nil
    end

    it "brings back the low-level way" do
      packer.register_exttype(klass, 5)
      before = packed(klass.new)
      packer.unregister_exttype(klass)
      expect([before, packed(klass.new)]).to eq([bytes(0xd6, 5, "abcd"), bytes(0xa3, "low")])
    end

    it "refuses what is no class or module" do
      expect { packer.unregister_exttype("Time") }.to raise_one_of(TypeError, ArgumentError)
    end
  end

  describe "#exttype and #resolve_exttype" do
    it "are nil for a class that is not registered" do
      expect([packer.exttype(klass), packer.resolve_exttype(klass)]).to eq([nil, nil])
    end

    it "show the class where there is no handler" do
      packer.register_exttype(klass, 5)
      expect([packer.exttype(klass), packer.resolve_exttype(klass)]).to all(eq([5, klass]))
      packer.register_exttype(klass, nil)
      expect([packer.exttype(klass), packer.resolve_exttype(klass)]).to all(eq([nil, klass]))
    end

    it "show a handler as it was given" do
      callable = Class.new { def call(*) = "x" }.new
      [:data, "data", proc { "x" }, klass.instance_method(:data).bind(klass.new), callable].each do |handler|
        packer.register_exttype(klass, 5, handler)
        expect(packer.exttype(klass)).to match([5, equal(handler)])
        packer.register_lowlevel(klass, handler)
        expect(packer.exttype(klass)).to match([nil, equal(handler)])
      end
    end

    it "show a block as the Proc it is", signatures: false do
      block = proc { "x" }
      packer.register_exttype(klass, 5, &block)
      expect(packer.exttype(klass)).to match([5, equal(block)])
    end

    it "are frozen" do
      packer.register_exttype(klass, 5)
      expect([packer.exttype(klass), packer.resolve_exttype(klass)]).to all(be_frozen)
    end

    it "are false for a class that was forbidden" do
      packer.register_exttype(klass, 5, false)
      expect([packer.exttype(klass), packer.resolve_exttype(klass)]).to eq([false, false])
    end

    it "differ in ancestors" do
      packer.register_exttype(klass, 5)
      subclass = Class.new(klass)
      expect([packer.exttype(subclass), packer.resolve_exttype(subclass)]).to eq([nil, [5, klass]])
    end

    it "differ in the default that unknown_class makes" do
      packer = described_class.new(unknown_class: false)
      expect([packer.exttype(klass), packer.resolve_exttype(klass)]).to eq([nil, false])
    end

    it "refuse what is no class or module" do
      expect { packer.exttype("Time") }.to raise_one_of(TypeError, ArgumentError)
      expect { packer.resolve_exttype(nil) }.to raise_one_of(TypeError, ArgumentError)
    end
  end

  describe "nil and false as handlers" do
    it "unregister with nil" do
      packer.register_exttype(klass, 5)
      packer.register_exttype(klass, 5, nil)
      expect([packer.exttype(klass), packed(klass.new)]).to eq([nil, bytes(0xa3, "low")])
      packer.register_lowlevel(klass, :low)
      packer.register_lowlevel(klass, nil)
      expect([packer.exttype(klass), packed(klass.new)]).to eq([nil, bytes(0xa3, "low")])
    end

    it "forbid with false, also in a subclass, and say so" do
      packer.register_exttype(klass, 5, false)
      packer.write(1)
      [klass, Class.new(klass)].each do |refused|
        expect { packer.write([refused.new]) }.to raise_error(TypeError)
      end
      packer.register_lowlevel(klass, false)
      expect { packer.write([klass.new]) }.to raise_error(TypeError, /#{Regexp.escape(klass.to_s)}/)
      expect(packer.full_pack).to eq(hex("01"))
    end

    it "allow again what was forbidden" do
      packer.register_exttype(klass, 5, false)
      packer.register_exttype(klass, 5)
      expect(packed(klass.new)).to eq(bytes(0xd6, 5, "abcd"))
    end
  end

  describe "high-level handlers" do
    {
      "a Symbol" => ->(_) { :data }, "a String" => ->(_) { "data" }, "a lambda" => ->(_) { ->(object) { object.data } },
      "a Proc" => ->(_) { proc { |object, none| none ? "none" : object.data } },
      "a Proc of a Symbol" => ->(_) { :data.to_proc },
      "a Method" => ->(serializer) { serializer.method(:call) }, "a callable" => ->(serializer) { serializer }
    }.each do |name, make|
      it "may be #{name}, which gets the object alone" do
        serializer = Class.new { def call(object) = object.data }.new
        packer.register_exttype(klass, 5, make.call(serializer))
        expect(packed([klass.new("ab")])).to eq(hex("91 d5 05 61 62"))
      end
    end

    it "may be a Class with a call of its own" do
      packer.register_exttype(klass, 5, Class.new { def self.call(object) = object.data })
      expect(packed(klass.new("ab"))).to eq(hex("d5 05 61 62"))
    end

    it "are looked for when packing, if they are methods of the object" do
      packer.register_exttype(klass, 5, :comes_later)
      expect { packed(klass.new) }.to raise_error(NoMethodError, /comes_later/)
      klass.class_eval { def comes_later = "ok" }
      expect(packed(klass.new)).to eq(hex("d5 05 6f 6b"))
    end

    it "take the bytes of the payload, whatever its encoding" do
      packer.register_exttype(klass, 5)
      payloads = ["é", "é".b, "é".encode("ISO-8859-1"), "a".encode("UTF-16LE"), Class.new(String).new("é")]
      expect(payloads.map { |data| packed(klass.new(data)) })
        .to eq(["d5 05 c3 a9", "d5 05 c3 a9", "d4 05 e9", "d5 05 61 00", "d5 05 c3 a9"].map { |digits| hex(digits) })
    end

    [nil, true, 1, :sym, ["a"], Object.new].each do |result|
      it "raise ::TypeError where they return #{result.class}" do
        packer.write(1)
        packer.register_exttype(klass, 5) { result }
        expect { packer.write([klass.new]) }.to raise_error(TypeError, /String/)
        expect(packer.full_pack).to eq(hex("01"))
      end
    end

    it "need to_exttype where none is given" do
      packer.register_exttype(Class.new, 5).then do |other|
        expect { packer.write([1, other.new]) }.to raise_error(NoMethodError, /to_exttype/)
      end
      expect(packer.to_s).to eq("")
    end
  end

  describe "low-level handlers" do
    {
      "a Symbol" => ->(_) { :low }, "a String" => ->(_) { "low" },
      "a lambda" => ->(_) { ->(_object, packer) { packer.write("other low") } },
      "a Method" => ->(serializer) { serializer.method(:call) }, "a callable" => ->(serializer) { serializer }
    }.each do |name, make|
      it "may be #{name}, which gets the object and the packer" do
        serializer = Class.new { def call(_object, packer) = packer.write("other low") }.new
        packer.register_lowlevel(klass, make.call(serializer))
        expect(packed([klass.new])).to eq(bytes(0x91, 0xa9, "other low"))
      end
    end

    it "get the very packer and object" do
      seen = []
      packer.register_lowlevel(klass) { |*arguments| seen.concat(arguments) && nil }
      object = klass.new
      packer.write(object)
      expect(seen).to contain_exactly(equal(object), equal(packer))
    end

    it "call to_msgpack where none is given" do
      packer.register_lowlevel(klass)
      expect(packed(klass.new)).to eq(bytes(0xa3, "low"))
    end

    it "may return anything but a String" do
      [nil, true, 1, :sym, []].each do |result|
        packer.register_lowlevel(klass) { |_object, packer| packer.write(1) && result }
        expect(packed(klass.new)).to eq(hex("01"))
      end
    end

    it "raise ::TypeError where they return a String, as high-level ones would" do
      packer.write(1)
      packer.register_lowlevel(klass) { |object, _packer| object.data }
      expect { packer.write([klass.new]) }.to raise_error(TypeError, /String/)
      packer.register_lowlevel(Class.new { def to_msgpack(_packer) = "text" }).then do |other|
        expect { packer.write([other.new]) }.to raise_error(TypeError, /String/)
      end
      expect(packer.full_pack).to eq(hex("01"))
    end
  end

  it "keeps classes, handlers and blocks alive that only it knows" do
    4.times { |i| packer.register_exttype(Class.new, i) { "never" } }
    5.times { |i| packer.register_exttype(klass, i) { |object| "#{object.data}#{i}" } }
    GC.start
    expect(packed(klass.new("ab"))).to eq(bytes(0xc7, 3, 4, "ab4"))
  end
end
