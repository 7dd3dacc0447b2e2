# frozen_string_literal: true

RSpec.describe MessagePack::Unpacker, "fed in pieces" do
  subject(:unpacker) { described_class.new }

  # A map with every family of the format in it, containers as values and as keys.
  let(:message) do
    hex(<<~HEX)
      8a
        a4 6e 61 6d 65        a2 c3 a9
        d9 04 6c 69 73 74     98 01 ff cd 01 00 d1 80 00 c0 c2 c3 90
        01                    c4 03 00 ff 80
        c0                    dc 00 02 92 93 01 02 03 80 da 00 03 61 62 63
        92 01 a1 61           cb 3f f8 00 00 00 00 00 00
        81 a1 6b 91 02        ca 3f c0 00 00
        a1 78                 c7 03 05 61 62 63
        d4 06 aa              d6 ff 5a 4a f6 a5
        a1 62                 cf ff ff ff ff ff ff ff ff
        a1 6d                 de 00 01 a1 6e 81 a1 6e 81 a1 6e df 00 00 00 01 a1 6e c0
    HEX
  end
  let(:value) do
    ext = MessagePack::ExtType
    {
      "name" => "é", "list" => [1, -1, 256, -32_768, nil, false, true, []], 1 => "\x00\xFF\x80".b,
      nil => [[[1, 2, 3], {}], "abc"], [1, "a"] => 1.5, { "k" => [2] } => 1.5, "x" => ext.new(5, "abc"),
      ext.new(6, "\xAA".b) => ext.from_exttype(-1, "ZJ\xF6\xA5".b), "b" => (2**64) - 1,
      "m" => { "n" => { "n" => { "n" => { "n" => nil } } } }
    }
  end

  it "reads the whole" do
    expect(unpacker.feed(message).read).to eq(value)
  end

  it "resumes at every byte" do
    1.upto(message.bytesize - 1) do |cut|
      unpacker.feed(message.byteslice(0, cut))
      expect_underflow { unpacker.read }
      expect(unpacker.feed(message.byteslice(cut..)).read).to eq(value), "cut at #{cut}"
    end
  end

  it "resumes between any two bytes, again and again" do
    message.each_char.with_index do |byte, index|
      expect_underflow { unpacker.read }
      expect(unpacker.tell).to be <= index
      unpacker.feed(byte)
    end

    expect(unpacker.read).to eq(value)
    expect(unpacker.tell).to eq(message.bytesize)
  end

  it "loses nothing when it is asked twice for what is not there" do
    unpacker.feed(message.byteslice(0, 40))
    3.times { expect_underflow { unpacker.read } }

    expect(unpacker.feed(message.byteslice(40..)).read).to eq(value)
  end

  it "raises what is an EOFError, so that a stream's reader needs no new rescue" do
    expect { unpacker.feed(hex("93 01")).read }.to raise_error(EOFError)
    expect(unpacker.feed(hex("02 03")).read).to eq([1, 2, 3])
  end

  it "keeps the objects of a half-read one alive" do
    unpacker.feed(message.byteslice(0, message.bytesize - 1))
    expect_underflow { unpacker.read }
    GC.start
    Array.new(10_000) { |number| "overwrite #{number}" }
    GC.compact if GC.respond_to?(:compact)

    expect(unpacker.feed(message.byteslice(-1..)).read).to eq(value)
  end

  it "looks again after bytes that it waited for have been taken away from in front of it" do
    unpacker.feed(hex("cf 90 01"))
    expect_underflow { unpacker.read }
    unpacker.buffer.skip(1)
    expect([unpacker.read, unpacker.read]).to eq([[], 1])
  end

  it "looks again after a reset" do
    unpacker.feed(hex("cf 01"))
    expect_underflow { unpacker.read }
    unpacker.reset
    expect(unpacker.feed(hex("90")).read).to eq([])
  end

  it "tells the offset of what is missing after plain values that it has read at once" do
    unpacker.feed(hex("01 a3 61 62 63 c4 01 ff 91"))
    3.times { unpacker.read }
    expect(unpacker.read_array_header).to eq(1)
    expect { unpacker.read }.to raise_error(MessagePack::UnderflowError) { |error| expect(error.offset).to eq(9) }
  end

  it "reads plain values within a long String that it was fed as those of a short one" do
    values = [1, -1, nil, true, false, 1.5, "abc", "\xFF".b, (2**64) - 1, -(2**63), "x" * 300, "y" * 600]
    packed = values.map { |value| MessagePack.pack(value) }.join
    unpacker.feed(packed * 40)
    expect(Array.new(values.size * 40) { unpacker.read }).to eq(values * 40)
  end

  it "skips at every byte" do
    1.upto(message.bytesize - 1) do |cut|
      unpacker.feed(message.byteslice(0, cut))
      expect_underflow { unpacker.skip }
      expect(unpacker.feed(message.byteslice(cut..) + hex("07")).read).to eq(7), "cut at #{cut}"
    end
  end

  it "yields from each whatever the size of the pieces" do
    stream = message * 3
    [1, 2, 3, 7, 50, message.bytesize, stream.bytesize].each do |size|
      unpacker = described_class.new
      objects = []
      0.step(stream.bytesize - 1, size) do |start|
        unpacker.feed_each(stream.byteslice(start, size)) { |object| objects << object }
      end
      expect(objects).to eq([value] * 3), "pieces of #{size}"
    end
  end
end
