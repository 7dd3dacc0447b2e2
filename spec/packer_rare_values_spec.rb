# frozen_string_literal: true

# Binaries, Floats that are objects and Integers of 64 bits have a loop of their own in an Array. That may not show.
RSpec.describe MessagePack::Packer, "with values that are met less often" do
  def pack(value, **options) = MessagePack.pack(value, **options)

  # An Array of so many, by the format: a header of three bytes from 16 on.
  def array_of(*packed) = ["dc", [packed.size].pack("n").unpack1("H*"), *packed].join

  def hex(bytes) = bytes.unpack1("H*")

  [0, 1, 23, 24, 31, 32, 254, 255, 256, 70_000].each do |size|
    it "packs binaries of #{size} bytes in a row" do
      binaries = Array.new(20) { |n| (n.chr * size).b }
      header = case size
               when ..255 then format("c4%02x", size)
               when ..65_535 then format("c5%04x", size)
               else format("c6%08x", size)
               end
      expect(hex(pack(binaries))).to eq(array_of(*binaries.map { |binary| header + hex(binary) }))
    end
  end

  it "packs Floats that are objects in a row" do
    floats = Array.new(20) { |n| (n + 1) * (n.odd? ? 1e300 : -1e-300) }
    expect(hex(pack(floats))).to eq(array_of(*floats.map { |float| "cb#{hex([float].pack("G"))}" }))
  end

  it "packs Integers of 64 bits in a row, up to both ends" do
    positive = [2**62, (2**63) - 1, 2**63, (2**64) - 1]
    negative = [-(2**62) - 1, -(2**63) + 1, -(2**63)]
    expected = positive.map { |n| "cf#{hex([n].pack("Q>"))}" } + negative.map { |n| "d3#{hex([n].pack("q>"))}" }
    expect(hex(pack((positive + negative) * 3))).to eq(array_of(*(expected * 3)))
  end

  [2**64, -(2**63) - 1, 2**200, -(2**200)].each do |beyond|
    it "refuses #{beyond.bit_length} bits behind Integers of 64 bits, and tells where" do
      packer = described_class.new
      expect { packer.write(([2**63] * 20) + [beyond]) }.to raise_error(RangeError, /\[20\]/)
      expect(packer.to_s).to eq("")
    end
  end

  it "packs them among each other and among others" do
    values = ["text", "bin".b, 1e300, 2**63, nil, "é", [1], { "a" => "b".b }, :symbol, "long".b * 100, -1e-300, 1,
              -(2**63)]
    values.size.times do |turn|
      array = values.rotate(turn) * 3
      expect(MessagePack.unpack(pack(array), symbolize_keys: false)).to eq(array.map do |v|
                                                                             v == :symbol ? "symbol" : v
                                                                           end)
    end
  end

  it "packs binaries as raw in compatibility mode" do
    packer = described_class.new(compatibility_mode: true)
    expect(hex(packer.write(["ab".b] * 16).to_s)).to eq(array_of(*["a26162"] * 16))
  end

  it "asks objects of a subclass of String as it does others" do
    subclass = Class.new(String)
    packer = described_class.new
    packer.register_type(5, subclass) { |string| "<#{string}>" }
    expect(hex(packer.write(["a".b, subclass.new("b".b), "c".b] + (["d".b] * 13)).to_s))
      .to eq(array_of("c40161", "c703053c623e", "c40163", *["c40164"] * 13))
  end

  it "hands them to the io in the middle of a write" do
    io = StringIO.new("".b)
    described_class.new(io).write(["0123456789".b] * 50_000).flush
    expect(MessagePack.unpack(io.string)).to eq(["0123456789".b] * 50_000)
  end

  it "packs Arrays that end in a container behind each other" do
    nested = [[[[]]], [[1, []]], [[], [], [2]], [[[3, 4]], 5]] * 6
    expect(MessagePack.unpack(pack(nested))).to eq(nested)
  end
end
