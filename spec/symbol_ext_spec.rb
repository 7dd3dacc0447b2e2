# frozen_string_literal: true

RSpec.describe Symbol do
  describe "#to_msgpack_ext" do
    it "is the name in bytes, whatever its encoding" do
      latin1 = "é".encode(Encoding::ISO_8859_1).to_sym
      { a: "a", "": "", "a b\x00 ": "a b\x00 ", é: "\xC3\xA9", latin1 => "\xE9", "\xFF".b.to_sym => "\xFF" }
        .each do |symbol, name|
          payload = symbol.to_msgpack_ext
          expect(payload).to eq(name.b)
          expect(payload.encoding).to eq(Encoding::BINARY)
        end
    end

    it "is a String of its own" do
      :name.to_msgpack_ext << "changed"
      expect(:name.to_msgpack_ext).to eq("name")
    end

    it "has nothing to do with how Symbols are packed where none is registered" do
      expect(MessagePack.pack(:name)).to eq(bytes(0xa4, "name"))
    end
  end

  describe ".from_msgpack_ext" do
    it "is the Symbol of that name in UTF-8" do
      [:a, :"", :"a b\x00 ", :é].each do |symbol|
        expect(described_class.from_msgpack_ext(symbol.to_msgpack_ext)).to be(symbol)
      end
    end

    it "reads the bytes, whatever their encoding, and leaves the payload as it is" do
      [Encoding::BINARY, Encoding::UTF_8, Encoding::ISO_8859_1].each do |encoding|
        payload = "\xC3\xA9".dup.force_encoding(encoding)
        expect(described_class.from_msgpack_ext(payload)).to be(:é)
        expect(described_class.from_msgpack_ext(payload.freeze)).to be(:é)
        expect(payload.encoding).to eq(encoding)
      end
    end

    it "refuses what is no UTF-8" do
      expect { described_class.from_msgpack_ext("\xE9".b) }.to raise_error(EncodingError)
    end

    it "shows what it refuses by a String that the GC knows" do
      known = []
      trace = TracePoint.new(:c_call) do |call|
        next unless call.method_id == :inspect

        known << ObjectSpace.each_object(String).any? { |string| string.equal?(call.self) }
      end
      expect { trace.enable { described_class.from_msgpack_ext("no \xE9".b) } }.to raise_error(EncodingError)
      expect(known).to eq([true])
    end

    it "refuses what is no String" do
      [nil, 1, :a].each do |other|
        expect { described_class.from_msgpack_ext(other) }.to raise_error(TypeError, /String.*#{other.class}/)
      end
    end
  end

  it "goes through an extended type by both" do
    packer = MessagePack::Packer.new
    packer.register_exttype(described_class, 0, :to_msgpack_ext)
    unpacker = MessagePack::Unpacker.new
    unpacker.register_exttype(0) { |_type, data| described_class.from_msgpack_ext(data) }
    stream = packer.write([:a, "a", { é: :b }]).to_s
    expect(stream).to start_with(hex("93 d4 00 61 a1 61"))
    expect(unpacker.feed(stream).read).to eq([:a, "a", { é: :b }])
  end
end
