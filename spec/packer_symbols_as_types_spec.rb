# frozen_string_literal: true

# Where Symbols are registered with their own method, that is called for the first one, and need not be for those behind
# it. Nobody may tell the difference, but by counting calls.
RSpec.describe MessagePack::Packer, "with Symbols as an extended type" do
  let(:factory) { factory_of(0) }
  # The same by a handler that has to be called for each.
  let(:called) { factory_of(0, packer: lambda(&:to_msgpack_ext)) }

  def factory_of(number, **options)
    options = { unpacker: :from_msgpack_ext, packer: :to_msgpack_ext, **options }
    MessagePack::Factory.new.tap { |factory| factory.register_type(number, Symbol, **options) }
  end

  # What is packed as that type.
  def typed(name, number = 0)
    MessagePack::ExtType.new(number, name.b)
  end

  # The calls of Symbol#to_msgpack_ext meanwhile.
  def calls(&)
    count = 0
    trace = TracePoint.new(:c_call) { |call| count += 1 if call.method_id == :to_msgpack_ext }
    trace.enable(&)
    count
  end

  def keep
    Symbol.alias_method(:original_ext, :to_msgpack_ext)
  end

  def take_back
    Symbol.alias_method(:to_msgpack_ext, :original_ext)
    Symbol.remove_method(:original_ext)
  end

  # Gives Symbols another method for the time of the block. It finds this library's own as `original_ext`.
  def redefine(body)
    keep
    Symbol.define_method(:to_msgpack_ext, &body)
    yield
  ensure
    take_back
  end

  # An object whose handler does something.
  def doing(packer, &)
    Object.new.tap { |object| packer.register_type(9, object.singleton_class) { yield && "" } }
  end

  it "calls the method once for all that stand in a row", signatures: false do
    rows = Array.new(5) { |index| { id: index, name: :value, list: [:a, [:b]] } }
    expect(calls { factory.dump(rows) }).to eq(1)
    expect(calls { called.dump(rows) }).to eq(30)
    expect(calls { redefine(-> { original_ext }) { factory.dump(rows) } }).to eq(30)
    expect(calls { factory.dump(rows) }).to eq(1)
  end

  let(:symbols) do
    sizes = [2, 4, 8, 15, 16, 17, *44..49, 255, 256, 65_536]
    names = ["", "a", "é", "\u{1f600}", "é".encode(Encoding::ISO_8859_1), "\xFF".b, *sizes.map { |size| "x" * size }]
    names.map(&:to_sym)
  end

  it "packs Symbols of all names as the method does, wherever they stand, met for the first time and again" do
    [symbols, symbols * 3, [symbols] * 3, symbols.map { |symbol| { symbol => symbol } } * 3,
     [symbols.to_h { |symbol| [symbol, [symbol]] }] * 3, *symbols].each do |given|
      expect(factory.dump(given)).to eq(called.dump(given))
    end
  end

  it "packs Strings between them as Strings" do
    row = { "a" => :a, a: "a", "b" => 1, "é" => "\xFF".b, "é".encode("UTF-16LE") => :é }
    given = Array.new(4) { [row.dup, "a"] }
    expect(factory.dump(given)).to eq(called.dump(given))
  end

  it "packs more Symbols than it remembers, some of which nobody else refers to" do
    given = Array.new(2) { Array.new(300) { |index| { "dynamic #{index}".to_sym => "made #{index % 7}".to_sym } } }
    expect(factory.dump(given)).to eq(called.dump(given))
  end

  it "packs by the type of each Factory, and without one" do
    rows = [{ a: :b }] * 3
    2.times do
      [0, 5, 127].each do |number|
        expected = [{ typed("a", number) => typed("b", number) }] * 3
        expect(factory_of(number).dump(rows)).to eq(MessagePack.pack(expected))
      end
      expect(MessagePack.pack(rows)).to eq(MessagePack.pack([{ "a" => "b" }] * 3))
    end
  end

  it "counts a level for each" do
    nest = ->(inner, levels) { levels.times.inject(inner) { |nested, _| [nested] } }
    outcomes = [*496..500].product([:a, { a: 1 }, { b: :a }, { "b" => 1 }, [:new]]).map do |levels, inner|
      given = [:a, { a: 1, b: :a }, { a: 1, b: :a }, nest.call(inner, levels)]
      [factory, called].map do |side|
        side.dump(given)
      rescue MessagePack::NestingError => e
        e.message
      end
    end
    expect(outcomes.map(&:first)).to eq(outcomes.map(&:last))
    expect(outcomes.map(&:first).grep(/levels/).size).to be_between(8, 16)
  end

  describe "redefined" do
    it "calls the method that a program has put in its place, for each" do
      expected = [typed("<a>"), { typed("<b>") => typed("<c>") }, typed("<a>")]
      redefine(-> { "<#{name}>" }) { expect(factory.dump([:a, { b: :c }, :a])).to eq(MessagePack.pack(expected)) }
    end

    it "calls one that asks this library's own, once or more often, for each" do
      seen = []
      [-> { original_ext.tap { seen << self } }, -> { seen.push(self) && original_ext },
       -> { [original_ext, original_ext].last.tap { seen << self } },
       -> { __send__(:original_ext).tap { seen << self } },
       -> { method(:original_ext).call.tap { seen << self } },
       -> { [self].map(&:original_ext).first.tap { seen << self } }].each do |body|
        seen.clear
        redefine(body) { expect(factory.dump(%i[a b c a])).to eq(called.dump(%i[a b c a])) }
        expect(seen).to eq(%i[a b c a] * 2)
      end
    end

    it "calls one that packs Symbols itself" do
      inner = factory_of(3)
      seen = []
      body = lambda do
        seen << self
        seen.size > 4 ? original_ext : original_ext.tap { inner.dump(%i[x y]) }
      end
      redefine(body) { expect(factory.dump(%i[a b])).to eq(MessagePack.pack([typed("a"), typed("b")])) }
      expect(seen.count(:a) + seen.count(:b)).to eq(2)
    end

    it "notices it in the middle of a message, and when it is taken back" do
      packer = factory.packer
      start = doing(packer) { keep && Symbol.define_method(:to_msgpack_ext) { "new" } }
      stop = doing(packer) { take_back }
      none = typed("", 9)
      a, b, new = %w[a b new].map { |name| typed(name) }
      {
        [:a, :b, start, :a, :b, stop, :a, :b] => [a, b, none, new, new, none, a, b],
        [{ a: :b }, { a: start }, { a: :b }, { a: stop }, { a: :b }] =>
          [{ a => b }, { a => none }, { new => new }, { new => none }, { a => b }]
      }.each { |given, expected| expect(MessagePack.unpack(packer.write(given).full_pack)).to eq(expected) }
    end

    it "asks for the method again behind a handler of a call that has no Packer" do
      starter, stopper = Array.new(2) { Class.new }
      factory.register_type(9, starter, packer: ->(_) { keep && Symbol.define_method(:to_msgpack_ext) { "new" } && "" })
      factory.register_type(10, stopper, packer: ->(_) { take_back && "" })
      start = starter.new
      message = [:a, start, :a, :b, stopper.new, :a]
      expect(MessagePack.unpack(factory.dump(message)))
        .to eq([typed("a"), typed("", 9), typed("new"), typed("new"), typed("", 10), typed("a")])
    end

    it "says so where the method is gone meanwhile" do
      packer = factory.packer
      gone = doing(packer) { keep && Symbol.undef_method(:to_msgpack_ext) }
      expect { packer.write([:a, :b, gone, :c]) }.to raise_error(NoMethodError, /to_msgpack_ext/)
      expect(packer).to be_empty
    ensure
      take_back
    end
  end

  it "packs those as registered that come after another registration" do
    packer = factory.packer
    again = doing(packer) { packer.register_type(7, Symbol) { "block" } || true }
    expect(MessagePack.unpack(packer.write([:a, :b, again, :a, { b: :a }]).to_s))
      .to eq([typed("a"), typed("b"), typed("", 9), typed("block", 7), { typed("block", 7) => typed("block", 7) }])
  end

  it "packs those as registered that come after a registration by a trace of the first" do
    packer = factory.packer
    trace = TracePoint.new(:c_return) do |call|
      packer.register_type(7, Symbol, :to_msgpack_ext) if call.method_id == :to_msgpack_ext
    end
    trace.enable { packer.write(%i[a b c]) }
    expect(MessagePack.unpack(packer.to_s)).to eq([typed("a"), typed("b", 7), typed("c", 7)])
  end
end
