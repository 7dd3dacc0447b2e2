# frozen_string_literal: true

require_relative "../../examples/file_cache"
require_relative "example_programs"

RSpec.describe FileCache do
  include ExamplePrograms

  price = Struct.new(:amount, :since)
  factory = EverydayTypes.factory(32 => price)

  let(:cache) { described_class.new(folder, factory) }
  let(:value) { { prices: Set[price.new(BigDecimal("1.10"), Date.new(2024, 2, 29))] } }

  # What the cache has, else :nothing.
  define_method(:kept) { |key, in_cache: cache| answer_of(in_cache, key, :nothing) }

  def answer_of(cache, key, made)
    cache.fetch(key) { return made }
  end

  it "asks once, and keeps what it gets for other processes too" do
    expect(cache.fetch("prices") { value }).to be(value)
    expect(kept("prices")).to eq(value)
    expect(kept("prices", in_cache: described_class.new(folder, factory))).to eq(value)
  end

  it "keeps nil and false" do
    [nil, false].each_with_index { |made, key| cache.fetch(key) { made } }
    expect([kept(0), kept(1), kept(2)]).to eq([nil, false, :nothing])
  end

  it "tells keys of all types apart" do
    keys = [1, "1", :"1", Date.new(2024, 1, 1), Set[1], { a: 1, "b" => 2 }]
    keys.each { |key| cache.fetch(key) { key.inspect } }
    expect(keys.map { |key| kept(key) }).to eq(keys.map(&:inspect))
  end

  it "finds a Hash whatever the order it was filled in" do
    cache.fetch({ a: 1, "b" => 2 }) { value }
    expect(kept({ "b" => 2, a: 1 })).to eq(value)
  end

  it "asks again when the time is over" do
    cache.fetch("a", expires_in: 0) { 1 }
    expect(cache.fetch("a", expires_in: 3600) { 2 }).to eq(2)
    expect(kept("a")).to eq(2)
  end

  it "asks again for what it cannot read, and writes that anew" do
    cache.fetch("a") { value }
    file = Dir.children(folder).first
    cut = factory.dump([Time.now + 60, value]).chop
    [cut, "\xC1", "", hex("92 c7 01 04 a0 01"), hex("93 c0 01 02")].each do |bytes|
      File.binwrite(File.join(folder, file), bytes)
      expect(cache.fetch("a") { value }).to be(value)
      expect(kept("a")).to eq(value)
    end
  end

  it "asks again for Structs that the program no longer knows" do
    cache.fetch("a") { value }
    expect(kept("a", in_cache: described_class.new(folder, EverydayTypes.factory))).to eq(:nothing)
  end

  it "leaves one file for each key" do
    3.times { |turn| %w[a b].each { |key| cache.fetch(key, expires_in: 0) { turn } } }
    expect(Dir.children(folder).size).to eq(2)
    expect(Dir.children(folder)).to all(match(/\A\h{64}\z/))
  end

  it "asks the archive at the first run only", :slow do
    runs = Array.new(2) { run_recipe("file_cache.rb", folder) }
    expect(runs).to all(be_success)
    answer = %(no. 7, 1234.5, due on 2024-02-29, [:paid, "by card"]\n)
    expect(runs.map(&:stdout)).to eq(["asking the archive\n#{answer}", answer])
    expect(runs.map(&:stderr)).to eq(["", ""])
  end
end
