# frozen_string_literal: true

# Which form a String or Symbol takes, by its encoding.
RSpec.describe MessagePack::Packer, "writing strings and symbols" do
  let(:packer) { described_class.new }

  def packed(object)
    packer.write(object).full_pack
  end

  describe "String" do
    it "writes UTF-8 and US-ASCII as str" do
      expect(packed("é")).to eq(hex("a2 c3 a9"))
      expect(packed("abc".dup.force_encoding("US-ASCII"))).to eq(hex("a3 61 62 63"))
    end

    it "writes ASCII-8BIT as bin, also where all bytes are ASCII or there are none" do
      expect(packed("\xff\x00".b)).to eq(hex("c4 02 ff 00"))
      expect(packed("abc".b)).to eq(hex("c4 03 61 62 63"))
      expect(packed("".b)).to eq(hex("c4 00"))
    end

    it "writes bytes that are invalid in UTF-8 or US-ASCII as they are" do
      expect(packed("a\xff\xc3")).to eq(hex("a3 61 ff c3"))
      expect(packed("\xff".dup.force_encoding("US-ASCII"))).to eq(hex("a1 ff"))
    end

    {
      "UTF-16LE" => "aé€", "UTF-16BE" => "aé€", "UTF-32LE" => "aé€", "UTF-32BE" => "aé😀", "ISO-8859-1" => "aéÿ",
      "Windows-1252" => "aé€", "Shift_JIS" => "aあ", "EUC-JP" => "aあ"
    }.each do |encoding, text|
      it("transcodes #{encoding} to UTF-8") do
        expect(packed(text.encode(encoding))).to eq(bytes(0xa0 | text.bytesize, text))
      end

      it("transcodes an empty String of #{encoding}") { expect(packed("".encode(encoding))).to eq(hex("a0")) }
    end

    it "takes the header from the length after transcoding" do
      # 62 bytes of UTF-16 are 31 of UTF-8, and 31 of Latin-1 are 62 of UTF-8.
      expect(packed(("a" * 31).encode("UTF-16LE"))).to eq(bytes(0xbf, "a" * 31))
      expect(packed(("é" * 31).encode("ISO-8859-1"))).to eq(bytes(0xd9, 62, "é" * 31))
    end

    it "leaves the String that it transcodes alone" do
      string = "aé".encode("UTF-16LE")
      copy = string.dup
      packed([string])
      expect([string, string.encoding]).to eq([copy, Encoding::UTF_16LE])
    end

    it "raises Encoding::UndefinedConversionError where there is no such character, and rolls back" do
      packer.write(1)
      # 0x81 stands for nothing in Windows-1252.
      string = "a\x81".dup.force_encoding("Windows-1252")
      expect { packer.write([2, string]) }.to raise_error(Encoding::UndefinedConversionError)
      expect(packer.write(3).to_s).to eq(hex("01 03"))
    end

    it "raises Encoding::InvalidByteSequenceError for what its encoding does not allow, and rolls back" do
      packer.write(1)
      string = "a\x00\x00\xd8".dup.force_encoding("UTF-16LE")
      expect { packer.write({ "k" => string }) }.to raise_error(Encoding::InvalidByteSequenceError)
      expect { packer.write({ string => "v" }) }.to raise_error(Encoding::InvalidByteSequenceError)
      expect(packer.write(3).to_s).to eq(hex("01 03"))
    end

    it "raises Encoding::ConverterNotFoundError for an encoding without a way to UTF-8, and rolls back" do
      string = "aé".dup.force_encoding("Emacs-Mule")
      expect { packer.write([1, string]) }.to raise_error(Encoding::ConverterNotFoundError)
      expect(packer.to_s).to eq("")
    end

    it "does not depend on Encoding.default_internal" do
      previous = [Encoding.default_internal, $VERBOSE]
      $VERBOSE = nil
      Encoding.default_internal = "ISO-8859-1"
      expect(packed("é".encode("UTF-16LE"))).to eq(hex("a2 c3 a9"))
    ensure
      Encoding.default_internal, $VERBOSE = previous
    end
  end

  describe "Symbol" do
    it "is written as the String of its name would be" do
      expect(packed(:abc)).to eq(hex("a3 61 62 63"))
      expect(packed(:"")).to eq(hex("a0"))
      expect(packed(:é)).to eq(hex("a2 c3 a9"))
      expect(packed(:"a b")).to eq(hex("a3 61 20 62"))
    end

    it "is written as bin where its name is binary" do
      expect(packed("\xff".b.to_sym)).to eq(hex("c4 01 ff"))
    end

    it "is transcoded like a String" do
      expect(packed("é".encode("ISO-8859-1").to_sym)).to eq(hex("a2 c3 a9"))
      expect(packed("é".encode("UTF-16LE").to_sym)).to eq(hex("a2 c3 a9"))
    end

    it "is written from a name of any length" do
      expect(packed(("s" * 31).to_sym)).to eq(bytes(0xbf, "s" * 31))
      expect(packed(("s" * 300).to_sym)).to eq(bytes(0xda, 1, 44, "s" * 300))
    end

    it "is written alike for Symbols that the GC may take again" do
      names = (0...5).map { |i| "packer_spec_dynamic_symbol_#{i}" }
      expect(MessagePack.unpack(packed(names.map(&:to_sym)))).to eq(names)
    end
  end

  describe "keys" do
    it "are written by the same rules as values" do
      hash = { "a" => 0, :b => 1, "c".b => 2, "é".encode("UTF-16LE") => 3, "é".encode("ISO-8859-1").to_sym => 4 }
      expect(packed(hash)).to eq(hex("85 a1 61 00 a1 62 01 c4 01 63 02 a2 c3 a9 03 a2 c3 a9 04"))
    end

    it "are told apart where they differ only in encoding, again and again" do
      3.times do
        expect(packed([{ "k" => 1 }, { "k".b => 1 }, { k: 1 }])).to eq(hex("93 81 a1 6b 01 81 c4 01 6b 01 81 a1 6b 01"))
      end
    end

    it "are told apart where modes differ" do
      key = ("k" * 40).freeze
      compatible = described_class.new(compatibility_mode: true)
      2.times do
        expect(packed({ key => 1 })).to eq(bytes(0x81, 0xd9, 40, key, 1))
        expect(compatible.write({ key => 1 }).full_pack).to eq(bytes(0x81, 0xda, 0, 40, key, 1))
      end
    end

    it "are written from Strings that change between writes" do
      identity = {}.compare_by_identity
      key = +"before"
      identity[key] = 1
      first = packed(identity)
      key.replace("after!")
      expect([first, packed(identity)]).to eq([bytes(0x81, 0xa6, "before", 1), bytes(0x81, 0xa6, "after!", 1)])
    end

    it "are written rightly from many short-lived Strings" do
      written = (0...8).map { |i| packed({ "key#{i}" => i }) }
      expect(written).to eq((0...8).map { |i| bytes(0x81, 0xa4, "key#{i}", i) })
    end
  end
end
