# frozen_string_literal: true

require "msgpack/bigint"

RSpec.describe "MessagePack::Bigint" do
  let(:bigint) { MessagePack::Bigint }

  # The layout by arithmetic: a sign byte, then 32 bits at a time, the least significant first.
  def layout(integer)
    chunks = []
    rest = integer.abs
    while rest.positive?
      rest, chunk = rest.divmod(2**32)
      chunks << chunk
    end
    [integer.negative? ? 1 : 0, *chunks].pack("CN*")
  end

  it "has the constants of the layout" do
    expect(bigint::CHUNK_BITLENGTH).to eq(32)
    expect(bigint::FORMAT).to eq("CL>*")
    expect(Ractor.shareable?(bigint::FORMAT)).to be(true)
  end

  {
    0 => "00",
    1 => "00 00000001",
    -1 => "01 00000001",
    0x89abcdef => "00 89abcdef",
    (2**32) - 1 => "00 ffffffff",
    2**32 => "00 00000000 00000001",
    -(2**63) => "01 00000000 80000000",
    (2**64) - 1 => "00 ffffffff ffffffff",
    2**64 => "00 00000000 00000000 00000001",
    -(2**64) => "01 00000000 00000000 00000001",
    0x0123456789abcdef0011223344 => "00 11223344 abcdef00 23456789 00000001"
  }.each do |integer, digits|
    it "makes #{integer} a payload of #{digits}, and back" do
      payload = bigint.to_msgpack_ext(integer)
      expect(payload).to eq(hex(digits))
      expect(payload.encoding).to eq(Encoding::BINARY)
      expect(bigint.from_msgpack_ext(payload)).to eq(integer)
    end
  end

  it "keeps integers of all sizes" do
    random = Random.new(20_150_604)
    lengths = (1..70).to_a + [95, 96, 97, 127, 128, 129, 1023, 1024, 1025, 100_000]
    integers = lengths.flat_map do |bits|
      [2**bits, (2**bits) - 1, random.rand(2**bits)].flat_map { |integer| [integer, -integer] }
    end
    payloads = integers.map { |integer| bigint.to_msgpack_ext(integer) }

    expect(payloads).to eq(integers.map { |integer| layout(integer) })
    expect(payloads.map { |payload| bigint.from_msgpack_ext(payload) }).to eq(integers)
  end

  it "reads payloads that are longer than needed" do
    expect(bigint.from_msgpack_ext(hex("00 00000000"))).to eq(0)
    expect(bigint.from_msgpack_ext(hex("01"))).to eq(0)
    expect(bigint.from_msgpack_ext(hex("01 00000002 00000000 00000000"))).to eq(-2)
  end

  it "reads the bytes, whatever their encoding, and leaves them as they are" do
    payload = "\0éé" # 5 bytes of 3 characters
    expect(bigint.from_msgpack_ext(payload)).to eq(0xc3a9c3a9)
  end

  it "refuses a payload that is empty or ends within a piece" do
    expect { bigint.from_msgpack_ext("") }.to raise_error(MessagePack::MalformedFormatError, /empty/)
    ((2..21).to_a - [5, 9, 13, 17, 21]).each do |size|
      expect { bigint.from_msgpack_ext("\0" * size) }
        .to raise_error(MessagePack::MalformedFormatError, /pieces of 4 bytes.* #{size} bytes\z/)
    end
  end

  it "refuses a sign byte that is none" do
    [2, 0x80, 0xff].each do |sign|
      expect { bigint.from_msgpack_ext([sign, 1].pack("CN")) }
        .to raise_error(MessagePack::MalformedFormatError, /sign.* #{sign}\z/)
    end
  end

  it "refuses what is no Integer, and no String" do
    [nil, 1.0, "1"].each do |other|
      expect { bigint.to_msgpack_ext(other) }.to raise_error(TypeError, /Integer.*#{other.class}/)
    end
    [nil, 1, [0]].each do |other|
      expect { bigint.from_msgpack_ext(other) }.to raise_error(TypeError, /String.*#{other.class}/)
    end
  end

  it "makes payloads for an extended type" do
    stream = MessagePack::Packer.new.write_ext(20, bigint.to_msgpack_ext(-(2**64))).to_s
    unpacker = MessagePack::Unpacker.new
    unpacker.register_exttype(20) { |_type, data| MessagePack::Bigint.from_msgpack_ext(data) }
    expect(unpacker.feed(stream).read).to eq(-(2**64))
  end
end
