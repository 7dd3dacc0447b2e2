# frozen_string_literal: true

# Extended types that the library makes values of itself: the first one of a number is looked up, those behind it are
# made as they are read, until Ruby code runs.
RSpec.describe MessagePack::Unpacker, "with extended types of the library's own" do
  include FactoryHelpers

  let(:symbols) { factory_of(0, Symbol) }
  let(:times) do
    factory_of(-1, Time, packer: MessagePack::Time::Packer, unpacker: MessagePack::Time::Unpacker)
  end

  def factory_of(kind, klass, **options)
    MessagePack::Factory.new.tap { |factory| factory.register_type(kind, klass, **options) }
  end

  # The bytes of an Array of these values, each of which is one, or an Array of them.
  def array_of(*messages) = messages.flatten.then { |all| bytes(0xdc, *all.size.divmod(256), *all) }

  # Reads from an Unpacker that is fed byte by byte.
  def read_cut(unpacker, message)
    message.each_char.filter_map do |byte|
      unpacker.feed(byte).read
    rescue MessagePack::UnderflowError
      nil
    end
  end

  # How often a method of C is called.
  def calls_of(name, &)
    count = 0
    TracePoint.new(:c_call) { |call| count += 1 if call.method_id == name }.enable(&)
    count
  end

  describe "that are Symbols" do
    let(:names) { ["a", "", "é", "x" * 31, "y" * 32, "z" * 300, "long #{"w" * 70_000}", "b c\0"] }
    let(:keyed) { Array.new(40) { |id| { id: id, name: :"name #{id}", é: { inner: [:a, nil, :b] }, flag: true } } }

    it "are the Symbols of these names, as keys and as values, met before or not" do
      expect(symbols.load(symbols.dump(keyed))).to eq(keyed)
      expect(symbols.load(symbols.dump(keyed)).map(&:keys).uniq).to eq([%i[id name é flag]])
      message = array_of(*(names * 4).map { |name| ext_bytes(0, name) })
      expect(symbols.load(message)).to eq(names.map(&:to_sym) * 4)
    end

    it "are made without a call for each", signatures: false do
      message = symbols.dump(keyed)
      expect(calls_of(:from_msgpack_ext) { symbols.load(message) }).to be < 5
      unpacker = described_class.new.tap { |made| made.register_type(0, Symbol) }
      expect(calls_of(:from_msgpack_ext) { expect(unpacker.feed(message).read).to eq(keyed) }).to be < 5
    end

    it "are the same with every option, and wherever the input is cut" do
      message = symbols.dump(keyed)
      [{ key_cache: false }, { freeze: true }, { symbolize_keys: true }, { max_ext_len: 7 }].each do |options|
        expect(symbols.load(message, options)).to eq(keyed)
        expect(symbols.unpacker(options).feed(message).read).to eq(keyed)
      end
      expect(read_cut(symbols.unpacker, message * 2)).to eq([keyed, keyed])
    end

    it "are no Strings, where only these are keys" do
      message = array_of(Array.new(5) { ext_bytes(0, "a") }, bytes(0x81) + ext_bytes(0, "b") + bytes(1))
      expect { symbols.load(message, strict_map_key: true) }.to raise_error(MessagePack::UnexpectedTypeError)
      allowed = array_of(Array.new(5) { bytes(0x81, 0xa1, "k") + ext_bytes(0, "b") })
      expect(symbols.load(allowed, strict_map_key: true)).to eq([{ "k" => :b }] * 5)
    end

    it "are kept within max_ext_len" do
      message = array_of(Array.new(5) { ext_bytes(0, "abcd") }, ext_bytes(0, "abcde"))
      expect(symbols.load(message, max_ext_len: 5).last).to be(:abcde)
      expect { symbols.load(message, max_ext_len: 4) }.to raise_error(MessagePack::LimitError, /byte 33\b/)
    end

    it "are refused where they are no UTF-8, and the next object is read" do
      [2, 3, 9].each do |before|
        message = array_of(Array.new(before) { ext_bytes(0, "a") }, ext_bytes(0, "\xFF"), ext_bytes(0, "b"))
        unpacker = symbols.unpacker.feed(message).feed(symbols.dump(:next))
        expect { unpacker.read }.to raise_error(EncodingError)
        expect(unpacker.read).to be(:next)
      end
    end

    it "win as keys in the order of their pairs" do
      pairs = %w[a b a].zip(1..3).map { |name, number| ext_bytes(0, name) + bytes(number) }
      message = array_of(Array.new(5) { bytes(0x83, *pairs) })
      expect(symbols.load(message).map(&:to_a).uniq).to eq([[[:a, 3], [:b, 2]]])
    end

    it "are found where they are passed over, dug for, and read from within containers" do
      message = symbols.dump(keyed)
      expect(symbols.unpacker.feed(message + symbols.dump([:a])).tap(&:skip).read).to eq([:a])
      unpacker = symbols.unpacker.feed(message)
      read_pairs = proc { Array.new(unpacker.read_map_header) { [unpacker.read, unpacker.read] } }
      expect(Array.new(unpacker.read_array_header, &read_pairs)).to eq(keyed.map(&:to_a))
    end

    it "are made by the program's method, however it has come to be there" do
      ways = [
        "def Symbol.from_msgpack_ext(name) = name.to_s + '!'",
        "Symbol.singleton_class.prepend(Module.new { def from_msgpack_ext(name) = super.to_s + '!' })",
        "Symbol.singleton_class.send(:undef_method, :from_msgpack_ext)\n" \
        "def Symbol.method_missing(name, payload) = payload.to_s + '!'\n" \
        "def Symbol.respond_to_missing?(*) = true"
      ]
      ways.each do |way|
        expect_lines(<<~RUBY, [(["a!"] * 6).inspect, (([:a] * 4) + [true, 7] + (["a!"] * 4)).inspect])
          require "msgpack-ext"
          $VERBOSE = nil
          factory = MessagePack::Factory.new
          factory.register_type(0, Symbol)
          factory.register_type(1, Comparable, unpacker: ->(_) { Object.class_eval(#{way.inspect}) && true })
          symbol = "\\xD4\\x00a".b
          mixed = factory.load("\\x9A".b + (symbol * 4) + "\\xC7\\x00\\x01\\x07".b + (symbol * 4))
          p factory.load("\\x96".b + (symbol * 6))
          p mixed
        RUBY
      end
    end

    it "are made by the handler that is registered in between" do
      unpacker = described_class.new
      unpacker.register_type(1) { unpacker.register_type(0) { |name| "new #{name}" } }
      symbol = ext_bytes(0, "a")
      [[], [bytes(7)]].each do |between|
        unpacker.register_type(0, Symbol)
        message = array_of([symbol] * 4, ext_bytes(1, ""), between, [symbol] * 4)
        expect(unpacker.feed(message).read).to eq([:a, :a, :a, :a, nil, *between.map(&:ord), *["new a"] * 4])
      end
    end

    it "are left to the GC when nobody has them any more" do
      before = Symbol.all_symbols.size
      5.times do |round|
        symbols.load(symbols.dump(Array.new(600) { |number| :"own type #{round} #{number}" }))
        GC.start
      end
      expect(Symbol.all_symbols.size).to be < before + 2_500
    end
  end

  describe "that are Times" do
    let(:moments) { Array.new(20) { |number| Time.at(number * 1_000_000_000, number, :nsec) } }

    it "are these Times, and what is none is the handler's to refuse" do
      expect(times.load(times.dump(moments))).to eq(moments)
      expect(read_cut(times.unpacker, times.dump(moments))).to eq([moments])
      alone = ext_bytes(-1, "12345")
      expected = error_of { times.load(alone) }
      found = error_of { times.load(array_of([times.dump(moments[3])] * 6, alone)) }
      expect([found.class, found.message]).to eq([expected.class, expected.message.sub(/byte 0\b/, "byte 63")])
    end

    it "may be keys" do
      rows = Array.new(6) { |number| { moments[number] => number, moments[0] => moments[1] } }
      expect(times.load(times.dump(rows))).to eq(rows)
    end
  end

  describe "that nothing is registered for" do
    let(:row) { array_of(Array.new(6) { |number| ext_bytes(9, number.to_s * (number**5)) }) }

    it "are ExtTypes or ExtensionValues, whatever their length" do
      payloads = Array.new(6) { |number| number.to_s * (number**5) }
      { {} => MessagePack::ExtType, { allow_unknown_ext: true } => MessagePack::ExtensionValue }
        .each do |options, klass|
          values = described_class.new(**options).feed(row).read
          expect(values).to all(be_instance_of(klass))
          expect(values.map { |value| [value.type, value.data, value.data.encoding, value.data.frozen?] })
            .to eq(payloads.map { |payload| [9, payload, Encoding::BINARY, false] })
          values[1].data << "changed"
          expect(values[1].data).to eq("1changed")
        end
    end

    it "are frozen as asked for, and share what they have in common" do
      values = described_class.new(freeze: true).feed(array_of(*%w[a b a].map { |data| ext_bytes(9, data) })).read
      expect(values).to all(be_frozen)
      expect(values[0].data).to be_frozen.and be(values[2].data)
    end

    it "are objects as any other: copied, marshalled, given more variables, moved by the GC" do
      expect_lines(<<~RUBY, ["true", "true", "[:@type, :@data, :@a, :@b, :@c]", "true", "[[1, \"0\"], [1, \"1\"]]"])
        require "msgpack-ext"
        unpacker = MessagePack::Unpacker.new
        read = -> { unpacker.feed("\\xDC\\x02\\x58".b + (0...600).map { "\\xD4\\x01".b + (_1 % 10).to_s }.join).read }
        values = read.call
        expected = (0...600).map { MessagePack::ExtType.new(1, (_1 % 10).to_s) }
        p values.map(&:dup) == expected && Marshal.load(Marshal.dump(values)) == expected
        GC.start
        GC.compact if GC.respond_to?(:compact)
        p values == expected && values.map(&:hash) == expected.map(&:hash)
        %i[@a @b @c].each { |name| values[0].instance_variable_set(name, [name]) }
        GC.start
        p values[0].instance_variables
        later = read.call
        GC.start
        p later == expected && later.all? { |value| value.instance_variables == %i[@type @data] }
        p later.first(2).map { |value| [value.type, value.data] }
      RUBY
    end

    it "are given to the handler that is registered in between" do
      unpacker = described_class.new
      unpacker.register_type(1) { unpacker.register_type(9) { |data| "new #{data}" } }
      message = array_of(ext_bytes(9, "a"), ext_bytes(9, "b"), ext_bytes(1, ""), bytes(7), ext_bytes(9, "c"))
      unknown = %w[a b].map { |data| MessagePack::ExtType.new(9, data) }
      expect(unpacker.feed(message).read).to eq([*unknown, nil, 7, "new c"])
    end
  end

  it "are told apart where numbers take turns" do
    factory = factory_of(0, Symbol)
    factory.register_type(-1, Time, packer: MessagePack::Time::Packer, unpacker: MessagePack::Time::Unpacker)
    factory.register_type(1, Range, packer: ->(range) { range.first.to_s }, unpacker: ->(data) { data.to_i.. })
    value = Array.new(12) { |number| [:a, Time.at(number), :b, (number % 3).zero? ? (number..) : nil] }
    expect(factory.load(factory.dump(value))).to eq(value)
    expect(read_cut(factory.unpacker, factory.dump(value))).to eq([value])
  end

  def error_of
    yield
    nil
  rescue StandardError => e
    e
  end
end
