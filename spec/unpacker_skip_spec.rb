# frozen_string_literal: true

RSpec.describe MessagePack::Unpacker, "#skip, #skip_nil and headers" do
  subject(:unpacker) { described_class.new }

  let(:refusal) { raise_error(MessagePack::UnexpectedTypeError) }

  describe "#skip" do
    {
      "a fixint" => "05", "a negative fixint" => "ff", "nil" => "c0", "a boolean" => "c2",
      "a uint 64" => "cf 00 11 22 33 44 55 66 77", "an int 16" => "d1 80 00",
      "a float 32" => "ca 3f c0 00 00", "a float 64" => "cb 3f f8 00 00 00 00 00 00",
      "a str" => "a3 61 62 63", "an empty str 32" => "db 00 00 00 00", "a bin" => "c4 02 00 ff",
      "a str that is no UTF-8" => "a2 ff fe",
      "an array" => "93 01 a1 61 92 02 03", "an empty array" => "dc 00 00", "a map" => "82 a1 61 01 91 02 81 03 04",
      "a fixext" => "d8 05 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f", "an ext 8" => "c7 03 05 61 62 63",
      "an empty ext 32" => "c9 00 00 00 00 05"
    }.each do |kind, digits|
      it "skips #{kind} and returns nil" do
        unpacker.feed(hex("#{digits} 07"))

        expect(unpacker.skip).to be_nil
        expect(unpacker.tell).to eq(hex(digits).bytesize)
        expect(unpacker.read).to eq(7)
      end
    end

    it "calls no handler and asks for none" do
      called = []
      unpacker.register_exttype(5) { |*arguments| called << arguments }
      unpacker.default_exttype = false
      unpacker.feed(hex("92 d4 05 aa d4 06 bb d4 07 cc 07"))
      2.times { unpacker.skip }

      expect(called).to eq([])
      expect(unpacker.read).to eq(7)
    end

    it "makes no Symbol of a key, so that any bytes will do" do
      unpacker = unpacker_of("81 a2 ff fe 01 07", symbolize_keys: true)
      unpacker.skip

      expect(unpacker.read).to eq(7)
    end

    it "builds nothing", signatures: false do
      unpacker.feed(hex("dc 03 e8") + (hex("a3 61 62 63") * 1000))
      unpacker.tell
      before = GC.stat(:total_allocated_objects)
      unpacker.skip

      expect(GC.stat(:total_allocated_objects) - before).to be < 20
    end

    it "raises when there is nothing" do
      expect_underflow { unpacker.skip }
    end

    it "raises at 0xc1 and goes on behind it" do
      unpacker.feed(hex("92 01 c1 07"))

      expect { unpacker.skip }.to raise_error(MessagePack::MalformedFormatError)
      expect(unpacker.read).to eq(7)
    end

    it "skips a million elements fed in pieces" do
      unpacker.feed(hex("dd 00 0f 42 40"))
      chunk = hex("01") * 1000
      999.times do
        unpacker.feed(chunk)
        expect_underflow { unpacker.skip }
      end

      expect(unpacker.feed(chunk + hex("07")).skip).to be_nil
      expect(unpacker.read).to eq(7)
    end
  end

  describe "a half-done skip" do
    before do
      unpacker.feed(hex("93 01 a3 61"))
      expect_underflow { unpacker.skip }
    end

    it "is finished by the next skip, which skips nothing more" do
      unpacker.feed(hex("62 63 02 07 08"))

      expect(unpacker.skip).to be_nil
      expect(unpacker.read).to eq(7)
    end

    {
      "read" => ["07", ->(unpacker) { unpacker.read }, 7],
      "full_unpack" => ["92 07 08", ->(unpacker) { unpacker.full_unpack }, [7, 8]],
      "skip_nil before nil" => ["c0", ->(unpacker) { unpacker.skip_nil }, true],
      "skip_nil before something else" => ["07", ->(unpacker) { unpacker.skip_nil }, false],
      "read_array_header" => ["92", ->(unpacker) { unpacker.read_array_header }, 2],
      "read_map_header" => ["82", ->(unpacker) { unpacker.read_map_header }, 2],
      "each" => ["07 08", :to_a.to_proc, [7, 8]]
    }.each do |name, (digits, call, result)|
      it "is finished first by #{name}" do
        expect_underflow { call.call(unpacker) } unless name == "each"
        unpacker.feed(hex("62"))
        expect_underflow { call.call(unpacker) } unless name == "each"
        unpacker.feed(hex("63 02"))

        expect(call.call(unpacker.feed(hex(digits)))).to eq(result)
      end
    end
  end

  describe "#skip_nil" do
    it "tells whether the next object is nil, and consumes nothing" do
      unpacker.feed(hex("c0 07"))

      expect([unpacker.skip_nil, unpacker.skip_nil, unpacker.read]).to eq([true, true, nil])
      expect([unpacker.skip_nil, unpacker.skip_nil, unpacker.read]).to eq([false, false, 7])
    end

    it "is false for every other kind", :aggregate_failures do
      %w[c2 c3 00 ff a0 90 80 c400 ca00000000 d405aa].each do |digits|
        unpacker = unpacker_of(digits)
        expect(unpacker.skip_nil).to be(false)
        expect(unpacker.tell).to eq(0)
      end
    end

    it "needs no more than the first byte" do
      expect(unpacker.feed(hex("dd")).skip_nil).to be(false)
    end

    it "raises when there is nothing" do
      expect_underflow { unpacker.skip_nil }
      expect(unpacker.feed(hex("c0")).skip_nil).to be(true)
    end
  end

  describe "#read_array_header" do
    { "90" => 0, "93" => 3, "9f" => 15, "dc 00 00" => 0, "dc ff ff" => 65_535, "dd 00 00 00 01" => 1,
      "dd ff ff ff ff" => (2**32) - 1 }.each do |digits, count|
      it("reads #{digits} as #{count}") { expect(unpacker.feed(hex(digits)).read_array_header).to eq(count) }
    end

    it "leaves the elements to read" do
      unpacker.feed(hex("92 a1 61 93 01 02 03"))

      expect(unpacker.read_array_header).to eq(2)
      expect(unpacker.read).to eq("a")
      expect(unpacker.read_array_header).to eq(3)
      expect(unpacker.to_a).to eq([1, 2, 3])
    end

    it "resumes at every byte" do
      ["dc 01 02", "dd 00 00 01 02"].each do |digits|
        hex(digits).each_char do |byte|
          expect_underflow { unpacker.read_array_header }
          unpacker.feed(byte)
        end
        expect(unpacker.read_array_header).to eq(258)
      end
    end
  end

  describe "#read_map_header" do
    { "80" => 0, "83" => 3, "8f" => 15, "de 00 00" => 0, "de ff ff" => 65_535, "df 00 00 00 01" => 1,
      "df ff ff ff ff" => (2**32) - 1 }.each do |digits, count|
      it("reads #{digits} as #{count}") { expect(unpacker.feed(hex(digits)).read_map_header).to eq(count) }
    end

    it "leaves keys and values to read" do
      unpacker.feed(hex("82 a1 61 01 a1 62 02"))

      expect(Array.new(unpacker.read_map_header) { [unpacker.read, unpacker.read] }).to eq([["a", 1], ["b", 2]])
    end

    it "resumes at every byte" do
      ["de 01 02", "df 00 00 01 02"].each do |digits|
        hex(digits).each_char do |byte|
          expect_underflow { unpacker.read_map_header }
          unpacker.feed(byte)
        end
        expect(unpacker.read_map_header).to eq(258)
      end
    end
  end

  describe "a header on something else" do
    # Per method: what is neither; each with the value that read gives afterwards.
    others = { "01" => 1, "c0" => nil, "c3" => true, "a1 61" => "a", "c4 01 61" => "a".b, "ca 3f c0 00 00" => 1.5 }

    { read_array_header: others.merge("81 01 02" => { 1 => 2 }), read_map_header: others.merge("91 01" => [1]) }
      .each do |method, cases|
      it "is refused by #{method}, which consumes nothing", :aggregate_failures do
        cases.each do |digits, value|
          unpacker = unpacker_of("07 #{digits}")
          unpacker.read

          2.times { expect { unpacker.public_send(method) }.to refusal }
          expect(unpacker.tell).to eq(1)
          expect(unpacker.read).to eq(value)
        end
      end
    end

    it "is an UnexpectedTypeError, which is a MessagePack::TypeError, with the offset" do
      unpacker.feed(hex("a2 61 62 05"))
      unpacker.read
      error = error_of { unpacker.read_array_header }

      expect(error).to be_a(MessagePack::TypeError).and be_a(MessagePack::UnpackError)
      expect(error.offset).to eq(3)
    end

    it "is told by the first byte" do
      expect { unpacker.feed(hex("df")).read_array_header }.to refusal
    end
  end

  describe "a half-read object" do
    before do
      unpacker.feed(hex("93 01 92 a1 61"))
      expect_underflow { unpacker.read }
    end

    it "is continued by read" do
      expect(unpacker.feed(hex("02 03")).read).to eq([1, ["a", 2], 3])
    end

    it "is continued by each and full_unpack" do
      yielded = []
      unpacker.each { |object| yielded << object }
      expect(yielded).to eq([])
      expect_underflow { unpacker.full_unpack }

      expect(unpacker.feed(hex("02 03")).full_unpack).to eq([1, ["a", 2], 3])
    end

    it "is dropped by skip, which skips its rest" do
      expect(unpacker.feed(hex("02 03 07 08")).skip).to be_nil
      expect(unpacker.tell).to eq(7)
      expect(unpacker.read).to eq(7)
    end

    it "is dropped by skip when its rest is not there yet either" do
      expect_underflow { unpacker.skip }
      expect_underflow { unpacker.feed(hex("02")).skip }

      expect(unpacker.feed(hex("03 07")).read).to eq(7)
    end

    %i[skip_nil read_array_header read_map_header].each do |method|
      it "is none of #{method}'s business, and stays" do
        expect { unpacker.public_send(method) }.to refusal
        unpacker.feed(hex("02"))
        expect { unpacker.public_send(method) }.to refusal

        expect(unpacker.feed(hex("03")).read).to eq([1, ["a", 2], 3])
        expect(unpacker.feed(hex("c0")).skip_nil).to be(true)
      end
    end
  end

  it "takes a call on no input for no half-read object" do
    expect_underflow { unpacker.read }

    expect(unpacker.feed(hex("92")).read_array_header).to eq(2)
  end
end
