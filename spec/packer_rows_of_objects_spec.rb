# frozen_string_literal: true

# Objects that stand in a row: what is known of one of them is not taken for true of the next one.
RSpec.describe MessagePack::Packer, "with objects in a row" do
  let(:packer) { described_class.new }

  # Writes its number, as an Array of one.
  let(:number) { Struct.new(:value) { def to_msgpack(packer) = packer.write_array_header(1).write(value) } }

  def numbers(range)
    range.map { |value| number.new(value) }
  end

  it "writes them, and whatever stands before, between and behind them" do
    others = [nil, 1, -2.5, "text", "\xFF".b, :symbol, [], [1, [2, [3]]], {}, { "a" => { "b" => nil } }, (2**64) - 1,
              [{}, {}], { 1 => [{ 2 => [] }] }]
    others.repeated_permutation(2) do |pair|
      given = [pair[0], *numbers(1..2), pair[1], pair[0], number.new(3), { "k" => 1 }, pair[1]]
      expected = [pair[0], [1], [2], pair[1], pair[0], [3], { "k" => 1 }, pair[1]]
      expect(MessagePack.pack(given)).to eq(MessagePack.pack(expected))
    end
  end

  it "looks for interrupts in a long row, and tells where one stands that can't be packed", :slow do
    list = numbers(1..70_000)
    expect(packer.write(list).full_pack.bytesize).to be > 140_000
    list << Object.new
    expect { packer.write(list) }.to raise_error(NoMethodError, /\(at \$\[70000\]\)/)
    expect(packer).to be_empty
  end

  {
    "loses objects" => [->(list) { list.pop }, nil], "gets more" => [->(list) { list.push(1) }, nil],
    "loses all" => [->(list) { list.clear }, nil],
    "has others in their place" => [->(list) { list[2..] = [{ "a" => 1 }, 7] }, [0, nil, { "a" => 1 }, 7]]
  }.each do |what, (change, expected)|
    it "notices an Array that #{what} meanwhile" do
      list = [0]
      changing = Class.new { define_method(:to_msgpack) { |packer| change.call(list) && packer.write(nil) } }
      list.push(changing.new, *numbers(1..2))
      if expected
        expect(MessagePack.unpack(packer.write(list).to_s)).to eq(expected)
      else
        expect { packer.write(list) }.to raise_one_of(RuntimeError)
        expect(packer).to be_empty
      end
    end
  end

  describe "of one class" do
    # Three of a class, of which the last one is told `last`.
    def three(klass)
      Array.new(3) { |index| klass.new.tap { |object| object.instance_variable_set(:@last, index == 2) } }
    end

    let(:by_method_missing) do
      Class.new do
        def respond_to_missing?(name, _all = false) = name == :to_msgpack && !@last
        def method_missing(name, packer) = name == :to_msgpack ? packer.write("missing") : super
      end
    end

    let(:by_respond_to) do
      Class.new do
        def respond_to?(name, *) = @last && name == :to_msgpack ? false : super
        def to_msgpack(packer) = packer.write("public")
      end
    end

    it "asks each one that answers by method_missing, or by a respond_to? of its own" do
      [by_method_missing, by_respond_to].each do |klass|
        list = three(klass)
        expect { packer.write(list) }.to raise_error(NoMethodError, /instance of .*\(at \$\[2\]\)/) { |error|
          expect(error.receiver).to equal(list.last)
        }
        expect(MessagePack.unpack(packer.write(list.first(2)).full_pack).uniq.size).to eq(1)
      end
    end

    it "calls a private to_msgpack of each, and that of single objects" do
      klass = Class.new { private def to_msgpack(packer) = packer.write("private") }
      list = three(klass) + three(klass)
      def (list[4]).to_msgpack(packer) = packer.write("single")
      expect(MessagePack.unpack(packer.write(list).to_s)).to eq([*["private"] * 4, "single", "private"])
    end

    # Objects of which the third one takes the method away from all.
    def losing
      Class.new do
        def initialize(number) = @number = number

        def to_msgpack(packer)
          self.class.undef_method(:to_msgpack) if @number == 2
          packer.write(@number)
        end
      end
    end

    it "refuses those that have lost their to_msgpack meanwhile" do
      list = (0..4).map(&losing.method(:new))
      expect { packer.write(list) }.to raise_error(NoMethodError, /to_msgpack/) { |error|
        expect([error.name, error.receiver]).to match([:to_msgpack, equal(list[3])])
      }
      expect(packer).to be_empty
    end

    it "asks default: for those that have lost their to_msgpack meanwhile" do
      packer = described_class.new(default: ->(_object) { "lost" })
      list = (0..4).map(&losing.method(:new))
      expect(MessagePack.unpack(packer.write(list).to_s)).to eq([0, 1, 2, "lost", "lost"])
    end

    it "packs those as registered that come after the registration" do
      klass = Class.new do
        define_method(:to_msgpack) do |packer|
          packer.register_exttype(self.class, 5) { "registered" } if @last
          packer.write("before")
        end
      end
      list = three(klass) + three(klass)
      expect(MessagePack.unpack(packer.write(list).to_s))
        .to eq([*["before"] * 3, *[MessagePack::ExtType.new(5, "registered")] * 3])
    end
  end
end
