# frozen_string_literal: true

require_relative "../../examples/everyday_types"

RSpec.describe EverydayTypes do
  point = Struct.new(:x, :y)
  person = Struct.new(:name, :born, keyword_init: true)
  factory = described_class.factory(32 => point, 33 => person)

  # Equal, of the same class, and shown in the same way: Ruby takes a DateTime for a Date of the same moment.
  define_method(:expect_same_from) do |value|
    result = factory.load(factory.dump(value))
    expect(result).to eq(value)
    expect(result.class).to eq(value.class)
    expect(result.inspect).to eq(value.inspect)
  end

  {
    "Symbols" => :"two words",
    "Dates" => Date.new(2024, 2, 29),
    "Dates long ago" => Date.new(-4713, 11, 24),
    "Dates that no 32 bits hold" => Date.jd(2**40),
    "DateTimes with their offset" => DateTime.new(2024, 2, 29, 23, 59, Rational(599_999, 10_000), "+05:30"),
    "BigDecimals" => BigDecimal("-1234567890123456789.000000000012345"),
    "infinite BigDecimals" => BigDecimal("-Infinity"),
    "negative zeros" => BigDecimal("-0"),
    "Sets" => Set[1, "two", nil],
    "Integers beyond 64 bits" => -(2**100),
    "Structs" => point.new(1, nil),
    "Structs with keyword arguments" => person.new(name: "é", born: Date.new(1999, 12, 31)),
    "all of them in each other" => { [Date.new(2024, 1,
                                               1)] => Set[point.new(Set[:a, { b: 2**64 }], [BigDecimal("0.1")])] }
  }.each do |what, value|
    it("gives back #{what}") { expect_same_from(value) }
  end

  it "gives back a Time to the nanosecond, as the timestamp that others know" do
    time = Time.at(1_433_374_886, 123_456_789, :nanosecond)
    expect(factory.load(factory.dump(time))).to eq(time)
    expect(factory.dump(time)).to eq(hex("d7 ff 1d 6f 34 54 55 6f 90 a6"))
  end

  it "gives back a BigDecimal that is no number" do
    expect(factory.load(factory.dump(BigDecimal("NaN")))).to be_nan
  end

  it "leaves Integers of 64 bits and Strings as they are for others to read" do
    expect(factory.dump([(2**64) - 1, "a"])).to eq(MessagePack.pack([(2**64) - 1, "a"]))
  end

  it "reads Structs from before they had their last members" do
    grown = described_class.factory(32 => Struct.new(:x, :y, :z),
                                    33 => Struct.new(:name, :born, :of,
                                                     keyword_init: true))
    bytes = factory.dump([point.new(1, 2), person.new(name: "a", born: nil)])
    expect(grown.load(bytes).map(&:to_a)).to eq([[1, 2, nil], ["a", nil, nil]])
  end

  it "refuses types that it was not given" do
    expect { described_class.factory.load(factory.dump([point.new(1, 2)])) }
      .to raise_error(MessagePack::UnknownExtTypeError) { |error| expect(error.offset).to eq(1) }
  end

  it "makes Factories that Ractors can share" do
    expect(Ractor.shareable?(factory)).to be(true)
    expect(Ractor.shareable?(described_class.factory)).to be(true)
  end

  it "serves several threads by a Pool" do
    pool = factory.pool(2)
    threads = Array.new(4) { |i| Thread.new { pool.load(pool.dump([Set[i], point.new(i, BigDecimal(i))])) } }
    expect(threads.map(&:value)).to eq(Array.new(4) { |i| [Set[i], point.new(i, BigDecimal(i))] })
  end
end
