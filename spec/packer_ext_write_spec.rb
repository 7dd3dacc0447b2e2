# frozen_string_literal: true

require "stringio"

# The ways to write an extended type by hand, and the headers at every boundary.
RSpec.describe MessagePack::Packer, "writing extended types" do
  let(:packer) { described_class.new }
  let(:headers) do
    {
      0 => "c7 00", 1 => "d4", 2 => "d5", 3 => "c7 03", 4 => "d6", 5 => "c7 05", 7 => "c7 07", 8 => "d7", 9 => "c7 09",
      15 => "c7 0f", 16 => "d8", 17 => "c7 11", 255 => "c7 ff", 256 => "c8 01 00", 65_535 => "c8 ff ff",
      65_536 => "c9 00 01 00 00"
    }
  end

  def written
    expect(yield).to equal(packer)
    packer.full_pack
  end

  # What the block writes for each payload length, against header, type number and payload.
  def expect_every_form(typenr)
    headers.each do |length, digits|
      expected = bytes(hex(digits), [typenr].pack("c"), "x" * length)
      expect(yield("x" * length) == expected).to be(true), "wrong bytes for a payload of #{length}"
    end
  end

  it "writes every form for registered classes" do
    packer.register_exttype(Range, 5, &:begin)
    expect_every_form(5) { |data| packer.write(data..).full_pack }
  end

  describe "#write_ext" do
    it("writes every form") { expect_every_form(5) { |data| written { packer.write_ext(5, data) } } }

    it "takes -128 to 127" do
      [-128, -1, 0, 127].each do |typenr|
        expect(written { packer.write_ext(typenr, "ab") }).to eq(bytes(0xd5, typenr & 0xff, "ab"))
      end
    end

    it "refuses other numbers and payloads that are no String" do
      packer.write(1)
      [-129, 128, 2**64].each { |n| expect { packer.write_ext(n, "a") }.to raise_error(RangeError) }
      [nil, 1, :a, ["a"]].each { |data| expect { packer.write_ext(1, data) }.to raise_error(TypeError, /String/) }
      expect { packer.write_ext("1", "a") }.to raise_error(TypeError)
      expect(packer.to_s).to eq(hex("01"))
    end

    it "takes the bytes of the payload" do
      expect(written { packer.write_ext(1, "é") }).to eq(hex("d5 01 c3 a9"))
      expect(written { packer.write_ext(1, "a".encode("UTF-16LE")) }).to eq(hex("d5 01 61 00"))
    end
  end

  describe "#write_extension" do
    it "takes ExtType, ExtensionValue and a Struct of type and payload" do
      values = [MessagePack::ExtType.new(5, "ab"), MessagePack::ExtensionValue.new(5, "ab"),
                MessagePack::Extended.new(5, "ab"), Struct.new(:type, :payload).new(5, "ab")]
      expect(values.map { |value| written { packer.write_extension(value) } }).to all(eq(hex("d5 05 61 62")))
    end

    it "takes reserved type numbers" do
      expect(written { packer.write_extension(MessagePack::ExtensionValue.new(-1, "a")) }).to eq(hex("d4 ff 61"))
      expect(written { packer.write_extension(MessagePack::ExtType.from_exttype(-1, "a")) }).to eq(hex("d4 ff 61"))
    end

    it "refuses numbers out of range, payloads that are no String, and other objects" do
      packer.write(1)
      value = MessagePack::ExtensionValue
      expect { packer.write_extension(value.new(128, "a")) }.to raise_error(RangeError)
      expect { packer.write_extension(value.new(-129, "a")) }.to raise_error(RangeError)
      expect { packer.write_extension(value.new(1, nil)) }.to raise_error(TypeError)
      expect { packer.write_extension(Struct.new(:type, :payload).new(1, 2)) }.to raise_error(TypeError)
      [nil, 1, "a", [1, "a"], Object.new].each do |other|
        expect { packer.write_extension(other) }.to raise_error(TypeError)
      end
      expect(packer.to_s).to eq(hex("01"))
    end
  end

  describe "#write_extended_header and #write_exttype_header" do
    it "write the same header from either order of arguments" do
      headers.each do |length, digits|
        expected = bytes(hex(digits), 5)
        expect(written { packer.write_extended_header(5, length) }).to eq(expected)
        expect(written { packer.write_exttype_header(length, 5) }).to eq(expected)
      end
    end

    it "take lengths up to 2**32-1 and numbers from 0 to 127" do
      expect(written { packer.write_extended_header(127, (2**32) - 1) }).to eq(hex("c9 ff ff ff ff 7f"))
      expect(written { packer.write_exttype_header((2**32) - 1, 0) }).to eq(hex("c9 ff ff ff ff 00"))
    end

    it "refuse what is out of range and what is no Integer, and write nothing" do
      packer.write(1)
      [[1, -1], [1, 2**32], [1, 2**64], [128, 1], [-129, 1], [2**64, 1]].each do |typenr, length|
        expect { packer.write_extended_header(typenr, length) }.to raise_one_of(RangeError, ArgumentError)
        expect { packer.write_exttype_header(length, typenr) }.to raise_one_of(RangeError, ArgumentError)
      end
      [[nil, 1], [1, nil], ["1", 1], [1, "1"]].each do |typenr, length|
        expect { packer.write_extended_header(typenr, length) }.to raise_one_of(TypeError, ArgumentError)
        expect { packer.write_exttype_header(length, typenr) }.to raise_one_of(TypeError, ArgumentError)
      end
      expect(packer.to_s).to eq(hex("01"))
    end
  end

  describe "MessagePack::ExtType.pack" do
    let(:ext_type) { MessagePack::ExtType }

    it "returns the packer when given one" do
      expect(written { ext_type.pack(packer, 5, "ab") }).to eq(hex("d5 05 61 62"))
      subclass = Class.new(described_class).new
      expect(ext_type.pack(subclass, 5, "ab")).to equal(subclass)
    end

    it "returns a binary String without one" do
      expect(ext_type.pack(5, "ab")).to eq(hex("d5 05 61 62"))
      expect(ext_type.pack(5, "é").encoding).to be(Encoding::BINARY)
    end

    it "writes into an io and returns nil" do
      io = StringIO.new(String.new)
      expect(ext_type.pack(io, 5, "ab")).to be_nil
      expect(io.string).to eq(hex("d5 05 61 62"))
    end

    it("writes every form") { expect_every_form(5) { |data| ext_type.pack(5, data) } }

    it "refuses numbers beyond 0..127 and payloads that are no String" do
      packer.write(1)
      [-1, 128, 2**64].each do |typenr|
        expect { ext_type.pack(typenr, "a") }.to raise_error(ArgumentError, /127/)
        expect { ext_type.pack(packer, typenr, "a") }.to raise_error(ArgumentError, /127/)
      end
      expect { ext_type.pack(1, :a) }.to raise_error(TypeError, /String/)
      expect { ext_type.pack(packer, 1, nil) }.to raise_error(TypeError, /String/)
      expect { ext_type.pack }.to raise_error(ArgumentError)
      expect { ext_type.pack(packer, 1, "a", 2) }.to raise_error(ArgumentError)
      expect(packer.to_s).to eq(hex("01"))
    end
  end

  it "writes ExtType objects wherever they stand" do
    packer.write([MessagePack::ExtType.new(5, "ab"), { MessagePack::ExtType.from_exttype(-1, "c") => 1 }])
    expect(packer.to_s).to eq(hex("92 d5 05 61 62 81 d4 ff 63 01"))
  end
end
