# frozen_string_literal: true

# Packer's methods that write one kind of value or a header only.
RSpec.describe MessagePack::Packer, "write_* methods" do
  let(:packer) { described_class.new }

  # @return [String] what the method of that name has written; fails unless it returned the packer
  def written(name, *arguments)
    expect(packer.public_send(name, *arguments)).to equal(packer)
    packer.full_pack
  end

  # Fails unless the call raises an error of one of the classes, with a message like that, and has written nothing.
  def expect_refused(name, *arguments, error, message)
    packer.write(1)
    expect { packer.public_send(name, *arguments) }.to raise_error(error, message)
    expect(packer.full_pack).to eq(hex("01"))
  end

  { write_nil: "c0", write_true: "c3", write_false: "c2" }.each do |name, expected|
    it("has #{name}") { expect(written(name)).to eq(hex(expected)) }
  end

  describe "#write_int" do
    {
      0 => "00", 128 => "cc 80", -33 => "d0 df", 2**32 => "cf 00 00 00 01 00 00 00 00",
      (2**64) - 1 => "cf ff ff ff ff ff ff ff ff", -(2**63) => "d3 80 00 00 00 00 00 00 00"
    }.each do |value, expected|
      it("writes #{value}") { expect(written(:write_int, value)).to eq(hex(expected)) }
    end

    it "raises RangeError beyond 64 bits" do
      expect_refused(:write_int, 2**64, RangeError, /./)
      expect_refused(:write_int, -(2**63) - 1, RangeError, /./)
    end

    [nil, true, "1", :a, 1.0, [1], Object.new].each do |value|
      it("refuses #{value.class}") { expect_refused(:write_int, value, TypeError, /Integer/) }
    end
  end

  describe "#write_string" do
    it "writes a String by its encoding, as write does" do
      expect(written(:write_string, "é")).to eq(hex("a2 c3 a9"))
      expect(written(:write_string, "é".encode("UTF-16LE"))).to eq(hex("a2 c3 a9"))
      expect(written(:write_string, "a".b)).to eq(hex("c4 01 61"))
      expect(written(:write_string, Class.new(String).new("a"))).to eq(hex("a1 61"))
    end

    [nil, 1, :a, ["a"], Object.new].each do |value|
      it("refuses #{value.class}") { expect_refused(:write_string, value, TypeError, /String/) }
    end
  end

  describe "#write_symbol" do
    it("writes a Symbol") { expect(written(:write_symbol, :ab)).to eq(hex("a2 61 62")) }

    [nil, 1, "a", Object.new].each do |value|
      it("refuses #{value.class}") { expect_refused(:write_symbol, value, TypeError, /Symbol/) }
    end
  end

  describe "#write_array" do
    it "writes an Array and what is in it" do
      expect(written(:write_array, [1, ["a"]])).to eq(hex("92 01 91 a1 61"))
      expect(written(:write_array, Class.new(Array).new([1]))).to eq(hex("91 01"))
    end

    [nil, 1, "a", {}, (1..2)].each do |value|
      it("refuses #{value.class}") { expect_refused(:write_array, value, TypeError, /Array/) }
    end

    it "rolls back where an element cannot be packed" do
      expect_refused(:write_array, [1, Object.new], NoMethodError, /to_msgpack/)
    end
  end

  describe "#write_hash" do
    it "writes a Hash and what is in it" do
      expect(written(:write_hash, { "a" => { b: 1 } })).to eq(hex("81 a1 61 81 a1 62 01"))
      expect(written(:write_hash, Class.new(Hash).new)).to eq(hex("80"))
    end

    [nil, 1, "a", [], [[1, 2]]].each do |value|
      it("refuses #{value.class}") { expect_refused(:write_hash, value, TypeError, /Hash/) }
    end

    it "rolls back where a value cannot be packed" do
      expect_refused(:write_hash, { 1 => Object.new }, NoMethodError, /to_msgpack/)
    end
  end

  describe "#write_float" do
    it "writes any Numeric in 64 bits" do
      expect(written(:write_float, 1.5)).to eq(hex("cb 3f f8 00 00 00 00 00 00"))
      expect(written(:write_float, 1)).to eq(hex("cb 3f f0 00 00 00 00 00 00"))
      expect(written(:write_float, 2**70)).to eq(hex("cb 44 50 00 00 00 00 00 00"))
      expect(written(:write_float, Rational(1, 2))).to eq(hex("cb 3f e0 00 00 00 00 00 00"))
      expect(written(:write_float, -0.0)).to eq(hex("cb 80 00 00 00 00 00 00 00"))
    end

    [nil, "1.5", :a, [1.5], Object.new].each do |value|
      it("refuses #{value.class}") { expect_refused(:write_float, value, TypeError, /./) }
    end
  end

  describe "#write_float32" do
    it "writes any Numeric in 32 bits" do
      expect(written(:write_float32, 1.5)).to eq(hex("ca 3f c0 00 00"))
      expect(written(:write_float32, 1)).to eq(hex("ca 3f 80 00 00"))
      expect(written(:write_float32, Rational(1, 2))).to eq(hex("ca 3f 00 00 00"))
      expect(written(:write_float32, 0.1)).to eq(hex("ca 3d cc cc cd"))
      expect(written(:write_float32, -0.0)).to eq(hex("ca 80 00 00 00"))
      expect(written(:write_float32, 1e300)).to eq(hex("ca 7f 80 00 00"))
      expect(written(:write_float32, -Float::INFINITY)).to eq(hex("ca ff 80 00 00"))
    end

    [nil, "1.5", :a, [1.5], Object.new].each do |value|
      it("refuses #{value.class}") { expect_refused(:write_float32, value, ArgumentError, /numeric/i) }
    end
  end

  describe "#write_bin" do
    it "writes the bytes, whatever the encoding" do
      expect(written(:write_bin, "é")).to eq(hex("c4 02 c3 a9"))
      expect(written(:write_bin, "a".encode("UTF-16LE"))).to eq(hex("c4 02 61 00"))
      expect(written(:write_bin, "\x81".dup.force_encoding("Windows-1252"))).to eq(hex("c4 01 81"))
    end

    { 0 => "c4 00", 255 => "c4 ff", 256 => "c5 01 00", 65_535 => "c5 ff ff", 65_536 => "c6 00 01 00 00" }
      .each do |length, header|
        it "writes #{length} bytes" do
          expect(written(:write_bin, "b" * length) == bytes(hex(header), "b" * length)).to be(true)
        end
      end

    [nil, 1, :a, ["a"]].each do |value|
      it("refuses #{value.class}") { expect_refused(:write_bin, value, TypeError, /String/) }
    end
  end

  {
    write_array_header: {
      0 => "90", 15 => "9f", 16 => "dc 00 10", 65_535 => "dc ff ff", 65_536 => "dd 00 01 00 00",
      (2**32) - 1 => "dd ff ff ff ff"
    },
    write_map_header: {
      0 => "80", 15 => "8f", 16 => "de 00 10", 65_535 => "de ff ff", 65_536 => "df 00 01 00 00",
      (2**32) - 1 => "df ff ff ff ff"
    },
    write_bin_header: {
      0 => "c4 00", 255 => "c4 ff", 256 => "c5 01 00", 65_535 => "c5 ff ff", 65_536 => "c6 00 01 00 00",
      (2**32) - 1 => "c6 ff ff ff ff"
    }
  }.each do |name, cases|
    describe "##{name}" do
      cases.each do |length, expected|
        it("writes #{length}") { expect(written(name, length)).to eq(hex(expected)) }
      end

      [-1, 2**32, 2**63, 2**64, -(2**64)].each do |length|
        it("refuses #{length}") { expect_refused(name, length, RangeError, /./) }
      end

      [nil, "1", :a].each do |length|
        it("refuses #{length.inspect}") { expect_refused(name, length, TypeError, /./) }
      end
    end
  end

  it "leaves to the caller what follows a header" do
    packer.write_map_header(1).write("a").write_array_header(2).write_int(1).write_nil
    expect(MessagePack.unpack(packer.full_pack)).to eq({ "a" => [1, nil] })
    packer.write_bin_header(2).buffer << "ab"
    expect(MessagePack.unpack(packer.to_s)).to eq("ab".b)
  end
end
