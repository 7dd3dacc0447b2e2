# frozen_string_literal: true

RSpec.describe MessagePack::Unpacker, "#read" do
  subject(:unpacker) { described_class.new }

  def read(digits)
    described_class.new.feed(hex(digits)).read
  end

  it "is called unpack too" do
    expect(unpacker.feed(hex("07 08")).unpack).to eq(7)
    expect(unpacker.unpack).to eq(8)
  end

  it "reads object after object" do
    unpacker.feed(hex("01 a1 61 91 02 c0"))

    expect(Array.new(4) { unpacker.read }).to eq([1, "a", [2], nil])
    expect_underflow { unpacker.read }
  end

  describe "nil, true and false" do
    { "c0" => nil, "c2" => false, "c3" => true }.each do |digits, value|
      it("reads #{digits} as #{value.inspect}") { expect(read(digits)).to be(value) }
    end
  end

  describe "integers" do
    {
      "positive fixint" => { "00" => 0, "01" => 1, "7f" => 127 },
      "negative fixint" => { "ff" => -1, "e0" => -32 },
      "uint 8" => { "cc 00" => 0, "cc 80" => 128, "cc ff" => 255 },
      "uint 16" => { "cd 00 01" => 1, "cd 80 00" => 32_768, "cd ff ff" => 65_535 },
      "uint 32" => { "ce 00 00 00 01" => 1, "ce 80 00 00 00" => 2**31, "ce ff ff ff ff" => (2**32) - 1 },
      "uint 64" => { "cf 00 00 00 01 00 00 00 00" => 2**32, "cf 3f ff ff ff ff ff ff ff" => (2**62) - 1,
                     "cf 40 00 00 00 00 00 00 00" => 2**62, "cf 7f ff ff ff ff ff ff ff" => (2**63) - 1,
                     "cf 80 00 00 00 00 00 00 00" => 2**63, "cf ff ff ff ff ff ff ff ff" => (2**64) - 1 },
      "int 8" => { "d0 7f" => 127, "d0 ff" => -1, "d0 80" => -128 },
      "int 16" => { "d1 7f ff" => 32_767, "d1 ff ff" => -1, "d1 80 00" => -32_768 },
      "int 32" => { "d2 7f ff ff ff" => (2**31) - 1, "d2 ff ff ff ff" => -1, "d2 80 00 00 00" => -(2**31) },
      "int 64" => { "d3 7f ff ff ff ff ff ff ff" => (2**63) - 1, "d3 ff ff ff ff ff ff ff ff" => -1,
                    "d3 c0 00 00 00 00 00 00 00" => -(2**62), "d3 bf ff ff ff ff ff ff ff" => -(2**62) - 1,
                    "d3 80 00 00 00 00 00 00 00" => -(2**63) }
    }.each do |form, examples|
      it "reads #{form}" do
        examples.each { |digits, value| expect(read(digits)).to be_an(Integer).and eq(value) }
      end
    end
  end

  describe "floats" do
    {
      "ca 3f c0 00 00" => 1.5, "ca 3d cc cc cd" => 0.10000000149011612, "ca 7f 80 00 00" => Float::INFINITY,
      "ca ff 80 00 00" => -Float::INFINITY, "ca 00 00 00 01" => 1.401298464324817e-45,
      "ca 7f 7f ff ff" => 3.4028234663852886e38,
      "cb 3f f8 00 00 00 00 00 00" => 1.5, "cb 3f b9 99 99 99 99 99 9a" => 0.1, "cb 00 00 00 00 00 00 00 00" => 0.0,
      "cb 00 00 00 00 00 00 00 01" => 5.0e-324, "cb 7f ef ff ff ff ff ff ff" => Float::MAX,
      "cb 00 10 00 00 00 00 00 00" => Float::MIN, "cb ff f0 00 00 00 00 00 00" => -Float::INFINITY
    }.each do |digits, value|
      it("reads #{digits} as #{value}") { expect(read(digits)).to be_a(Float).and eq(value) }
    end

    it "keeps the sign of zero" do
      expect(1 / read("ca 80 00 00 00")).to eq(-Float::INFINITY)
      expect(1 / read("cb 80 00 00 00 00 00 00 00")).to eq(-Float::INFINITY)
      expect(1 / read("ca 00 00 00 00")).to eq(Float::INFINITY)
    end

    it "reads what is not a number" do
      nans = ["ca 7f c0 00 00", "cb 7f f8 00 00 00 00 00 00", "cb ff f8 00 00 00 00 00 01"]

      expect(nans.map { |digits| read(digits) }).to all(be_nan)
    end
  end

  describe "strings" do
    it "reads str as UTF-8 in every form" do
      ["a2 c3 a9", "d9 02 c3 a9", "da 00 02 c3 a9", "db 00 00 00 02 c3 a9"].each do |digits|
        expect(read(digits)).to eq("é")
        expect(read(digits).encoding).to be(Encoding::UTF_8)
      end
    end

    it "leaves bytes that are no UTF-8 as they are" do
      expect(read("a2 ff fe")).to eq("\xFF\xFE")
      expect(read("a2 ff fe").encoding).to be(Encoding::UTF_8)
      expect(read("a2 ff fe")).not_to be_valid_encoding
    end

    it "reads bin as ASCII-8BIT in every form" do
      ["c4 02 c3 a9", "c5 00 02 c3 a9", "c6 00 00 00 02 c3 a9"].each do |digits|
        expect(read(digits)).to eq("\xC3\xA9".b)
        expect(read(digits).encoding).to be(Encoding::BINARY)
      end
    end

    it "reads empty ones with their encodings" do
      str = ["a0", "d9 00", "da 00 00", "db 00 00 00 00"].map { |digits| read(digits) }
      expect(str).to all(eq(""))
      expect(str.map(&:encoding)).to all(be(Encoding::UTF_8))
      expect(["c4 00", "c5 00 00", "c6 00 00 00 00"].map { |digits| read(digits) }).to all(eq("".b))
      expect(read("c4 00").encoding).to be(Encoding::BINARY)
    end

    it "gives each one as an unfrozen String of its own" do
      unpacker.feed(hex("92 a1 61 a1 61"))
      first, second = unpacker.read
      first << "b"

      expect([first, second]).to eq(%w[ab a])
      expect(read("c4 01 aa")).not_to be_frozen
    end

    [31, 32, 255, 256, 65_535, 65_536, 600_000].each do |size|
      it "reads #{size} bytes, whole or in pieces" do
        body = "0123456789".b * ((size / 10) + 1)
        body = body.byteslice(0, size)
        message = bytes(0xdb, [size].pack("N"), body)

        expect(unpacker.feed(message).read).to eq(body)
        message.scan(/.{1,997}/mn) { |piece| unpacker.feed(piece) }
        expect(unpacker.read).to eq(body)
      end
    end
  end

  describe "arrays" do
    it "reads every form, empty ones too" do
      forms = ["93 01 02 03", "dc 00 03 01 02 03", "dd 00 00 00 03 01 02 03"]
      forms.each { |digits| expect(read(digits)).to eq([1, 2, 3]) }
      ["90", "dc 00 00", "dd 00 00 00 00"].each { |digits| expect(read(digits)).to eq([]) }
    end

    it "reads nested ones" do
      expect(read("93 91 91 01 90 92 02 93 c0 a1 78 91 03")).to eq([[[1]], [], [2, [nil, "x", [3]]]])
    end

    [15, 16, 4095, 4096, 4097, 8192, 8193, 65_535, 65_536, 100_000].each do |size|
      it "reads #{size} elements, whole or in two pieces" do
        message = bytes(0xdd, [size].pack("N"), (0...size).map { |number| [0xce, number].pack("CN") }.join)
        whole = (0...size).to_a

        expect(unpacker.feed(message).read).to eq(whole)
        unpacker.feed(message.byteslice(0, message.bytesize / 2))
        expect_underflow { unpacker.read }
        expect(unpacker.feed(message.byteslice((message.bytesize / 2)..)).read).to eq(whole)
      end
    end

    it "gives unfrozen Arrays and Hashes" do
      array, hash = read("92 91 01 81 a1 61 01")

      expect([array, hash]).to all(satisfy { |container| !container.frozen? })
    end
  end

  describe "maps" do
    it "reads every form, empty ones too" do
      forms = ["81 a1 61 01", "de 00 01 a1 61 01", "df 00 00 00 01 a1 61 01"]
      forms.each { |digits| expect(read(digits)).to eq("a" => 1) }
      ["80", "de 00 00", "df 00 00 00 00"].each { |digits| expect(read(digits)).to eq({}) }
    end

    it "keeps the order of the pairs" do
      expect(read("83 a1 62 01 a1 61 02 a1 63 03").to_a).to eq([["b", 1], ["a", 2], ["c", 3]])
    end

    [7, 8, 9, 15, 16, 2048, 2049, 4097, 65_536].each do |size|
      it "reads #{size} pairs, whole or in two pieces" do
        pairs = (0...size).map { |number| [0xce, number, 0xa1, 0x78].pack("CNCC") }
        message = bytes(0xdf, [size].pack("N"), pairs.join)
        whole = (0...size).to_h { |number| [number, "x"] }

        expect(unpacker.feed(message).read).to eq(whole)
        unpacker.feed(message.byteslice(0, message.bytesize / 2))
        expect_underflow { unpacker.read }
        expect(unpacker.feed(message.byteslice((message.bytesize / 2)..)).read).to eq(whole)
      end
    end
  end
end
