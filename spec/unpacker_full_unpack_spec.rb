# frozen_string_literal: true

RSpec.describe MessagePack::Unpacker, "#full_unpack" do
  subject(:unpacker) { described_class.new }

  it "gives exactly one object" do
    expect(unpacker.feed(hex("92 01 81 a1 61 02")).full_unpack).to eq([1, { "a" => 2 }])
  end

  it "reads one message after another" do
    expect(Array.new(3) { |number| unpacker.feed(bytes(0x91, number)).full_unpack }).to eq([[0], [1], [2]])
  end

  it "says how many bytes are left over, and leaves them" do
    unpacker.feed(hex("92 01 02 a3 61 62 63 07 08"))
    error = error_of { unpacker.full_unpack }

    expect(error).to be_a(MessagePack::MalformedFormatError)
    expect(error.message).to match(/\b6\b/)
    expect(error.offset).to eq(3)
    expect(unpacker.to_a).to eq(["abc", 7, 8])
  end

  it "says so of one byte too" do
    unpacker.feed(hex("c0 c1"))
    error = error_of { unpacker.full_unpack }

    expect(error.message).to match(/\b1\b/)
    expect(unpacker.buffer.read).to eq(hex("c1"))
  end

  it "resumes at every byte" do
    message = hex("93 cd 01 00 a2 61 62 81 a1 6b c0")
    message.each_char do |byte|
      expect_underflow { unpacker.full_unpack }
      unpacker.feed(byte)
    end

    expect(unpacker.full_unpack).to eq([256, "ab", { "k" => nil }])
  end

  it "reads an io's object, and counts only what was read already" do
    reader, writer = IO.pipe
    writer << hex("92 01 02")
    expect(described_class.new(reader).full_unpack).to eq([1, 2])

    expect { described_class.new(StringIO.new(hex("01 02 03"))).full_unpack }
      .to raise_error(MessagePack::MalformedFormatError, /\b2\b/)
  ensure
    reader.close
    writer.close
  end

  it "raises when there is nothing" do
    expect_underflow { unpacker.full_unpack }
  end

  it "passes errors of what it reads" do
    expect { unpacker.feed(hex("91 c1 07")).full_unpack }.to raise_error(MessagePack::MalformedFormatError)
    expect(unpacker.full_unpack).to eq(7)
  end
end
