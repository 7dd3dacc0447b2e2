# frozen_string_literal: true

# The forms that packer: and unpacker: may have, what they are given and what they may give.
RSpec.describe MessagePack::Factory, "and its handlers" do
  subject(:factory) { described_class.new }

  include_context "with a class that has the gem's two methods"

  describe "packer:" do
    {
      "a Symbol" => ->(_) { :text }, "a String" => ->(_) { "text" }, "a lambda" => ->(_) { ->(object) { object.text } },
      "a Proc" => ->(_) { proc { |object, none| none ? "none" : object.text } },
      "a Proc of a Symbol" => ->(_) { :text.to_proc }, "a Method" => ->(serializer) { serializer.method(:call) },
      "an object with call" => ->(serializer) { serializer }
    }.each do |name, make|
      it "may be #{name}, which gets the object alone" do
        serializer = Class.new { def call(object) = object.text }.new
        factory.register_type(5, klass, packer: make.call(serializer))
        expect(factory.dump({ "a" => object })).to eq(bytes(0x81, 0xa1, "a", message))
      end
    end

    it "is looked for when packing, if it is a method of the object" do
      factory.register_type(5, klass, packer: :comes_later)
      expect { factory.dump(object) }.to raise_error(NoMethodError, /comes_later/)
      klass.class_eval { def comes_later = "ok" }
      expect(factory.dump(object)).to eq(ext_bytes(5, "ok"))
    end

    it "is asked each time" do
      count = 0
      factory.register_type(5, klass, packer: ->(_) { (count += 1).to_s })
      expect(factory.dump([object, object])).to eq(bytes(0x92, ext_bytes(5, "1"), ext_bytes(5, "2")))
    end

    it "gives the bytes of the payload, whatever its encoding" do
      factory.register_type(5, klass)
      ["é", "é".b, "é".encode("ISO-8859-1"), "", "x" * 70_000].each do |text|
        expect(factory.dump(klass.new(text))).to eq(ext_bytes(5, text))
      end
    end

    [nil, 1, :symbol, ["a"]].each do |result|
      it "that gives #{result.inspect} is ::TypeError, and leaves nothing behind" do
        factory.register_type(5, klass, packer: ->(_) { result })
        packer = factory.packer.write(7)
        expect { packer.write([1, object]) }.to raise_error(TypeError, /String/)
        expect(packer.to_s).to eq(hex("07"))
      end
    end

    [5, true, 1.5, [], Object.new, Class.new].each do |handler|
      it "refuses #{handler.class} without call" do
        expect { factory.register_type(5, klass, packer: handler) }.to raise_error(TypeError, /call/)
        expect(factory.registered_types).to eq([])
      end
    end
  end

  describe "unpacker:" do
    {
      "a Symbol" => ->(_) { :from_text }, "a String" => ->(_) { "from_text" },
      "a lambda" => ->(_) { ->(data) { [data] } }, "a Proc" => ->(_) { proc { |data, none| [data, *none] } },
      "a Method" => ->(loader) { loader.method(:call) }, "an object with call" => ->(loader) { loader },
      "a Class with call" => ->(_) { Class.new { def self.call(data) = [data] } }
    }.each do |name, make|
      it "may be #{name}, which gets the payload alone" do
        klass.define_singleton_method(:from_text) { |data| [data] }
        factory.register_type(5, klass, unpacker: make.call(Class.new { def call(data) = [data] }.new))
        expect(factory.load(bytes(0x92, message, message))).to eq([["abcd"], ["abcd"]])
      end
    end

    it "gets an unfrozen binary String of its own" do
      seen = []
      factory.register_type(5, klass, unpacker: ->(data) { seen << data })
      source = bytes(0x92, message, message)
      factory.load(source)
      seen[0] << "!"
      expect(seen).to eq(%w[abcd! abcd])
      expect(seen.map { |data| [data.encoding, data.frozen?] }).to all(eq([Encoding::BINARY, false]))
      expect(source).to eq(bytes(0x92, message, message))
    end

    it "may give anything, nil included" do
      factory.register_type(5, klass, unpacker: ->(data) { data == "n" ? nil : data.to_sym })
      expect(factory.load(bytes(0x93, ext_bytes(5, "n"), ext_bytes(5, "abc"), 7))).to eq([nil, :abc, 7])
    end

    it "is looked for when it is registered, if it is a method of the class" do
      expect { factory.register_type(5, klass, unpacker: :missing) }.to raise_error(NameError, /missing/)
      expect { factory.register_type(5, Class.new) }.to raise_error(NameError, /from_msgpack_ext/)
      expect(factory.registered_types).to eq([])
    end

    [5, true, 1.5, [], Object.new].each do |handler|
      it "refuses #{handler.class} without call" do
        expect { factory.register_type(5, klass, unpacker: handler) }.to raise_error(TypeError, /call/)
        expect(factory.registered_types).to eq([])
      end
    end

    it "that raises lets the error out; the rest of that object is skipped" do
      factory.register_type(5, klass, unpacker: ->(_) { raise IOError, "mine" })
      unpacker = factory.unpacker.feed(bytes(0x92, message, 1, 7))
      expect { unpacker.read }.to raise_error(IOError, "mine")
      expect(unpacker.read).to eq(7)
    end
  end

  describe "optimized_symbols_parsing: true" do
    before do
      factory.register_type(0, Symbol, packer: :to_msgpack_ext, unpacker: :from_msgpack_ext,
                                       optimized_symbols_parsing: true)
    end

    it "packs and unpacks Symbols as without it" do
      value = { abc: [:d, "d", :é], "abc" => :"" }
      expect(factory.dump(:abc)).to eq(ext_bytes(0, "abc"))
      expect(factory.load(factory.dump(value))).to eq(value)
    end

    it "is kept by dup, and in pools" do
      expect(factory.dup.load(hex("91 d4 00 61"))).to eq([:a])
      expect(factory.pool.load(factory.pool.dump({ a: :b }))).to eq({ a: :b })
    end

    it "refuses what is no UTF-8" do
      expect { factory.load(ext_bytes(0, "\xFF")) }.to raise_error(EncodingError)
    end

    it "reads Symbols whatever their length, in pieces too" do
      [0, 1, 31, 300, 70_000].each do |size|
        unpacker = factory.unpacker
        ext_bytes(0, "x" * size).each_char.each_slice((size / 3) + 1) { |piece| unpacker.feed(piece.join) }
        expect(unpacker.read).to be(("x" * size).to_sym)
      end
    end
  end
end
