# frozen_string_literal: true

RSpec.describe MessagePack::Packer, "#write_packed" do
  let(:packer) { described_class.new }

  it "splices an object that is packed already, and returns the packer" do
    expect(packer.write_array_header(2).write_packed(MessagePack.pack({ "a" => [1] })).write("b")).to equal(packer)
    expect(MessagePack.unpack(packer.to_s)).to eq([{ "a" => [1] }, "b"])
  end

  it "takes the bytes as they are, whatever form was chosen and whatever the encoding says" do
    ["d9 01 61", "cf 00 00 00 00 00 00 00 01", "d4 05 ff", "dd 00 00 00 01 c0"].each do |bytes|
      expect(packer.write_packed(hex(bytes).force_encoding("UTF-8")).full_pack).to eq(hex(bytes))
    end
  end

  it "takes what has to_str" do
    source = Object.new
    def source.to_str = "\x91\x05"
    expect(packer.write_packed(source).to_s).to eq(hex("91 05"))
  end

  it "keeps what it was given when the caller changes that" do
    bytes = MessagePack.pack("x" * 600_000)
    packer.write_packed(bytes)
    bytes.clear
    expect(MessagePack.unpack(packer.to_s)).to eq("x" * 600_000)
  end

  it "may be called by a handler" do
    packer.register_lowlevel(Range) { |range, pk| pk.write_packed(MessagePack.pack(range.to_a)) }
    expect(MessagePack.unpack(packer.write([1..3, 4]).to_s)).to eq([[1, 2, 3], 4])
  end

  describe "of what is not exactly one object: the error of unpack, and nothing is appended" do
    { "" => [MessagePack::UnderflowError, 0], "92 01" => [MessagePack::UnderflowError, 2],
      "a5 61 62" => [MessagePack::UnderflowError, 0], "01 02" => [MessagePack::MalformedFormatError, 1],
      "91 c1" => [MessagePack::MalformedFormatError, 1], "dd ff ff ff ff" => [MessagePack::UnderflowError, 5] }
      .each do |digits, (error, offset)|
        it "#{digits.inspect}: #{error} at byte #{offset}" do
          packer.write("before")
          expect { packer.write_packed(hex(digits)) }
            .to raise_error(error) { |raised| expect(raised.offset).to eq(offset) }
          expect(packer.to_s).to eq(MessagePack.pack("before"))
        end
      end
  end

  it "refuses what is nested deeper than the packer may write" do
    nested = ->(levels) { ("\x91".b * levels) + "\xC0".b }
    packer = described_class.new(max_depth: 3)
    expect(packer.write_packed(nested.call(3)).full_pack).to eq(nested.call(3))
    expect { packer.write_packed(nested.call(4)) }.to raise_error(MessagePack::NestingError)
    packer.register_lowlevel(Range) { |_, pk| pk.write_packed(nested.call(2)) }
    expect { packer.write([[1..2]]) }.to raise_error(MessagePack::NestingError)
    expect(packer.write([]).to_s).to eq(hex("90"))
  end

  it "refuses what is no String" do
    [5, nil, :symbol, ["\x01"]].each do |given|
      expect do
        packer.write_packed(given)
      end.to raise_error(TypeError, /String/)
    end
  end
end
