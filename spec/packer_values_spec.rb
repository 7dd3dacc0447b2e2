# frozen_string_literal: true

# How Ruby's values are written by Packer#write: always in the smallest form.
RSpec.describe MessagePack::Packer, "writing values" do
  let(:packer) { described_class.new }

  def packed(object)
    packer.write(object).full_pack
  end

  # A header in front of n bytes or n elements, compared without printing 64 KiB when it fails.
  def expect_header(object, header, rest)
    result = packed(object)
    expect(result.byteslice(0, hex(header).bytesize)).to eq(hex(header))
    expect(result.byteslice(hex(header).bytesize..) == rest).to be(true)
  end

  it "returns self from write and from pack" do
    expect([packer.write(1), packer.pack(2)]).to all(equal(packer))
    expect(packer.to_s).to eq(hex("01 02"))
  end

  it "has pack as an alias of write" do
    expect(described_class.instance_method(:pack).name).to eq(:pack)
    expect(packer.pack({ "a" => [nil] }).to_s).to eq(hex("81 a1 61 91 c0"))
  end

  {
    nil => "c0", false => "c2", true => "c3"
  }.each do |value, expected|
    it("writes #{value.inspect}") { expect(packed(value)).to eq(hex(expected)) }
  end

  {
    0 => "00", 1 => "01", 127 => "7f", 128 => "cc 80", 255 => "cc ff", 256 => "cd 01 00", 65_535 => "cd ff ff",
    65_536 => "ce 00 01 00 00", (2**32) - 1 => "ce ff ff ff ff", 2**32 => "cf 00 00 00 01 00 00 00 00",
    # 2**62 is the first Integer on the heap here, 2**63 the first beyond a signed one.
    (2**62) - 1 => "cf 3f ff ff ff ff ff ff ff", 2**62 => "cf 40 00 00 00 00 00 00 00",
    (2**63) - 1 => "cf 7f ff ff ff ff ff ff ff", 2**63 => "cf 80 00 00 00 00 00 00 00",
    (2**64) - 1 => "cf ff ff ff ff ff ff ff ff",
    -1 => "ff", -32 => "e0", -33 => "d0 df", -128 => "d0 80", -129 => "d1 ff 7f", -32_768 => "d1 80 00",
    -32_769 => "d2 ff ff 7f ff", -(2**31) => "d2 80 00 00 00", -(2**31) - 1 => "d3 ff ff ff ff 7f ff ff ff",
    -(2**62) => "d3 c0 00 00 00 00 00 00 00", -(2**62) - 1 => "d3 bf ff ff ff ff ff ff ff",
    -(2**63) => "d3 80 00 00 00 00 00 00 00"
  }.each do |value, expected|
    it("writes the Integer #{value}") { expect(packed(value)).to eq(hex(expected)) }
  end

  [2**64, -(2**63) - 1, 2**100, -(2**100)].each do |value|
    it "raises RangeError for the Integer #{value}, and writes nothing" do
      packer.write(7)
      expect { packer.write(value) }.to raise_error(RangeError)
      expect { packer.write([1, { "a" => value }]) }.to raise_error(RangeError)
      expect(packer.to_s).to eq(hex("07"))
    end
  end

  # An Array: 0.0 and -0.0 are the same key of a Hash.
  [
    [0.0, "00 00 00 00 00 00 00 00"], [-0.0, "80 00 00 00 00 00 00 00"], [1.0, "3f f0 00 00 00 00 00 00"],
    [1.5, "3f f8 00 00 00 00 00 00"], [-2.5, "c0 04 00 00 00 00 00 00"], [0.1, "3f b9 99 99 99 99 99 9a"],
    [Float::INFINITY, "7f f0 00 00 00 00 00 00"], [-Float::INFINITY, "ff f0 00 00 00 00 00 00"],
    [Float::MAX, "7f ef ff ff ff ff ff ff"], [Float::MIN, "00 10 00 00 00 00 00 00"],
    [5e-324, "00 00 00 00 00 00 00 01"], [1e300, "7e 37 e4 3c 88 00 75 9c"]
  ].each do |value, expected|
    it("writes the Float #{value} in 64 bits") { expect(packed(value)).to eq(hex("cb #{expected}")) }
  end

  it "writes NaN in 64 bits, as one that is not signalling" do
    expect(packed(Float::NAN)).to match(/\A\xcb[\x7f\xff][\xf8-\xff].{6}\z/mn)
    expect(MessagePack.unpack(packed(Float::NAN))).to be_nan
  end

  {
    0 => "a0", 1 => "a1", 31 => "bf", 32 => "d9 20", 255 => "d9 ff", 256 => "da 01 00", 65_535 => "da ff ff",
    65_536 => "db 00 01 00 00"
  }.each do |length, header|
    it("writes a String of #{length} bytes") { expect_header("a" * length, header, "a" * length) }
  end

  {
    0 => "c4 00", 1 => "c4 01", 255 => "c4 ff", 256 => "c5 01 00", 65_535 => "c5 ff ff", 65_536 => "c6 00 01 00 00"
  }.each do |length, header|
    it("writes a binary String of #{length} bytes") { expect_header(("\xff" * length).b, header, ("\xff" * length).b) }
  end

  {
    0 => "90", 1 => "91", 15 => "9f", 16 => "dc 00 10", 65_535 => "dc ff ff", 65_536 => "dd 00 01 00 00"
  }.each do |length, header|
    it("writes an Array of #{length}") { expect_header(Array.new(length, 1), header, hex("01") * length) }
  end

  {
    0 => "80", 1 => "81", 15 => "8f", 16 => "de 00 10", 65_535 => "de ff ff", 65_536 => "df 00 01 00 00"
  }.each do |length, header|
    it "writes a Hash of #{length}" do
      hash = (0...length).to_h { |i| [i, nil] }
      rest = hash.each_with_object(described_class.new) { |(i, _), pairs| pairs.write(i).write_nil }.to_s
      expect_header(hash, header, rest)
    end
  end

  it "writes strings that are large enough to be referenced instead of copied" do
    string = "b" * 700_000
    result = packer.write([1, string, 2])
    string.replace("c")
    expect(result.to_s == bytes(0x93, 0x01, 0xdb, [700_000].pack("N"), "b" * 700_000, 0x02)).to be(true)
  end

  describe "containers" do
    it "writes pairs in the order of insertion, with keys of any kind" do
      hash = { "b" => 1, a: 2, 3 => [4], nil => true, [5] => { 1.5 => "x" } }
      expect(packed(hash)).to eq(hex("85 a1 62 01 a1 61 02 03 91 04 c0 c3 91 05 81 cb 3f f8 00 00 00 00 00 00 a1 78"))
    end

    it "writes nested structures that read back the same" do
      object = { "list" => [1, -1, 1.5, nil, true, "é", "\xff".b], "map" => { "a" => {}, "b" => [[]] } }
      expect(MessagePack.unpack(packed(object))).to eq(object)
    end

    it "writes hashes that compare by identity or have a default" do
      identity = {}.compare_by_identity
      identity["a".dup] = 1
      identity["a".dup] = 2
      expect(packed(identity)).to eq(hex("82 a1 61 01 a1 61 02"))
      expect(packed(Hash.new { raise "asked" })).to eq(hex("80"))
    end

    it "writes frozen objects and shared ones twice" do
      shared = ["x"].freeze
      expect(packed([shared, shared].freeze)).to eq(hex("92 91 a1 78 91 a1 78"))
    end
  end

  describe "subclasses of core classes" do
    it "writes them as the core class" do
      objects = [Class.new(String).new("ab"), Class.new(Array).new([1]), Class.new(Hash).new.merge!("a" => 1)]
      expect(packed(objects)).to eq(hex("93 a2 61 62 91 01 81 a1 61 01"))
    end

    it "does so even if they have a to_msgpack of their own and are not registered" do
      klass = Class.new(Array) { def to_msgpack(_packer) = raise("asked") }
      expect(packed([klass.new([1])])).to eq(hex("91 91 01"))
    end

    it "writes objects with a singleton class as before" do
      string = +"ab"
      def string.to_msgpack(_packer) = raise("asked")
      array = [1].extend(Module.new)
      expect(packed([string, array])).to eq(hex("92 a2 61 62 91 01"))
    end
  end

  describe "compatibility_mode" do
    let(:packer) { described_class.new(compatibility_mode: true) }

    {
      0 => "a0", 31 => "bf", 32 => "da 00 20", 255 => "da 00 ff", 256 => "da 01 00", 65_535 => "da ff ff",
      65_536 => "db 00 01 00 00"
    }.each do |length, header|
      it "knows neither str8 nor bin for #{length} bytes" do
        expect_header("a" * length, header, "a" * length)
        expect_header(("\xff" * length).b, header, ("\xff" * length).b)
      end
    end

    it "applies to keys, Symbols and everything inside" do
      long = "k" * 40
      expected = bytes(0x81, 0xda, 0, 40, long, 0x91, 0xda, 0, 40, long)
      expect(packed({ long => [long.b] })).to eq(expected)
      expect(packed({ long.to_sym => [long.to_sym] })).to eq(expected)
    end
  end
end
