# frozen_string_literal: true

require "stringio"

# strict_map_key and validate_utf8: what a program refuses although it is MessagePack.
RSpec.describe MessagePack::Unpacker, "being strict" do
  ways = {
    "MessagePack.unpack" => ->(input, options) { MessagePack.unpack(input, options) },
    "MessagePack.load of an io" => ->(input, options) { MessagePack.load(StringIO.new(input), options) },
    "Unpacker#read" => ->(input, options) { described_class.new(options).feed(input).read },
    "Unpacker#full_unpack" => ->(input, options) { described_class.new(options).feed(input).full_unpack },
    "Unpacker#each" => ->(input, options) { described_class.new(options).feed(input).to_a.first },
    "an io of single bytes" => ->(input, options) { described_class.new(ScriptedIO.new(*input.chars), options).read },
    "Factory#load" => ->(input, options) { MessagePack::Factory.new.load(input, options) },
    "Factory#unpacker" => ->(input, options) { MessagePack::Factory.new.unpacker(options).feed(input).read },
    "Pool#load" => ->(input, options) { MessagePack::Factory.new.pool(1, **options).load(input) }
  }

  describe "by strict_map_key:" do
    let(:refused) { raise_error(MessagePack::UnexpectedTypeError) }
    let(:strict) { { strict_map_key: true } }

    wrong = {
      "nil" => "c0", "false" => "c2", "true" => "c3", "a fixint" => "07", "a negative one" => "ff",
      "an integer" => "cf 00 00 00 00 00 00 00 01", "a signed one" => "d0 80", "a float32" => "ca 3f c0 00 00",
      "a float" => "cb 3f f8 00 00 00 00 00 00", "an array" => "92 01 02", "an empty array" => "90",
      "a map" => "81 a1 61 01", "an empty map" => "80", "an extended type" => "d5 05 61 62",
      "a timestamp" => "d6 ff 00 00 00 01", "an extended type without payload" => "c7 00 05"
    }
    wrong.each do |what, key|
      it "refuses #{what} as a key" do
        ways.each do |way, read|
          expect { read.call(hex("81 #{key} 01"), strict_map_key: true) }.to refused, way
        end
      end

      it "refuses #{what} where it begins, and goes on behind the object" do
        unpacker = described_class.new(strict)
        unpacker.feed(hex("93 01 82 a1 61 02 #{key} 03 04 07"))
        error = error_of { unpacker.read }
        expect([error.class, error.offset]).to eq([MessagePack::UnexpectedTypeError, 6])
        expect(unpacker.read).to eq(7)
      end

      it "takes #{what} as a value, in an array, and as a key without the option" do
        object = MessagePack.unpack(hex(key))
        expect(MessagePack.unpack(hex("81 a1 61 92 #{key} #{key}"), strict)).to eq({ "a" => [object, object] })
        [{}, { strict_map_key: false }, { strict_map_key: nil }].each do |options|
          expect(MessagePack.unpack(hex("81 #{key} 01"), options)).to eq({ object => 1 })
        end
      end
    end

    it "refuses on the header, before the key is there" do
      ["92", "82", "dd 00 01 00 00", "c9 00 01 00 00 05"].each do |header|
        expect { MessagePack.unpack(hex("81 #{header}"), strict) }.to refused
      end
      unpacker = described_class.new(strict)
      expect { unpacker.feed(hex("81 c7 03 05")).read }.to refused
      hex("61 62 63 01").each_char { |byte| expect_underflow { unpacker.feed(byte).read } }
      expect(unpacker.feed(hex("07")).read).to eq(7)
    end

    it "calls no handler for a key" do
      called = []
      handler = ->(*arguments) { called << arguments }
      factory = MessagePack::Factory.new
      factory.register_type(5, Class.new, unpacker: handler)
      factory.register_type(6, Class.new, unpacker: handler, recursive: true)
      factory.register_type(7, Symbol, optimized_symbols_parsing: true)
      ["d4 05 61", "d4 06 61", "d4 07 61"].each do |key|
        expect { factory.load(hex("81 #{key} 01"), strict) }.to refused
      end
      expect { MessagePack.unpack(hex("81 d4 05 61 01"), strict.merge(default_exttype: handler)) }.to refused
      expect(called).to eq([])
    end

    it "calls handlers for values, also for many of them in a row" do
      options = strict.merge(default_exttype: ->(_type, data) { data })
      message = hex("93 d4 05 61 d4 05 62 81 a1 63 d4 05 64")
      expect(MessagePack.unpack(message, options)).to eq(["a", "b", { "c" => "d" }])
    end

    it "takes str and bin keys of every length, as they are without it" do
      [0, 31, 32, 255, 256, 65_535, 65_536].each do |length|
        name = "k" * length
        [name, name.b].each do |key|
          keys = MessagePack.unpack(MessagePack.pack({ key => 1 }), strict).keys
          expect([keys, keys.map(&:encoding)]).to eq([[key], [key.encoding]])
        end
      end
    end

    it "gives Symbols with symbolize_keys:" do
      options = strict.merge(symbolize_keys: true)
      expect(MessagePack.unpack(hex("82 a1 61 01 c4 01 62 81 a1 63 02"), options)).to eq({ a: 1, b: { c: 2 } })
      expect { MessagePack.unpack(hex("82 a1 61 01 02 03"), options) }.to refused
    end

    it "holds for skip" do
      expect { unpacker_of("81 01 02 07", **strict).skip }.to refused
      unpacker = unpacker_of("82 a1 61 01 90 02 07", **strict)
      expect { unpacker.skip }.to refused
      expect(unpacker.read).to eq(7)
      expect(unpacker_of("81 a1 61 02", **strict).skip).to be_nil
    end

    it "holds in the payload of a recursive type, at offsets of the whole stream" do
      error = error_of { box_factory.load(hex("91 c7 03 01 81 01 02"), strict) }
      expect([error.class, error.offset]).to eq([MessagePack::UnexpectedTypeError, 5])
    end

    it "holds for the last of the many keys of a map" do
      pairs = Array.new(9_999) { |number| MessagePack.pack(format("%04d", number)) << 1 }
      good = bytes(0xde, [9_999].pack("n"), *pairs)
      expect(MessagePack.unpack(good, strict).size).to eq(9_999)
      bad = bytes(0xde, [10_000].pack("n"), *pairs, 0x01)
      expect(error_of { MessagePack.unpack(bad, strict) }.offset).to eq(bad.bytesize - 1)
    end

    it "knows nothing of what read_map_header has opened" do
      unpacker = unpacker_of("81 07 01", **strict)
      expect([unpacker.read_map_header, unpacker.read, unpacker.read]).to eq([1, 7, 1])
    end
  end

  describe "by validate_utf8:" do
    let(:malformed) { raise_error(MessagePack::MalformedFormatError, /UTF-8/) }
    let(:validating) { { validate_utf8: true } }

    invalid = {
      "a byte that never occurs" => "ff", "a lone continuation" => "80", "a sequence cut short" => "c3",
      "one cut short within text" => "61 e2 82 62", "an overlong form" => "c0 af", "a surrogate" => "ed a0 80",
      "beyond U+10FFFF" => "f4 90 80 80"
    }
    invalid.each do |what, digits|
      it "refuses #{what}" do
        content = hex(digits)
        ways.each do |way, read|
          expect { read.call(bytes(0xa0 | content.size, content), validate_utf8: true) }.to malformed, way
          expect { read.call(bytes(0x81, 0xa0 | content.size, content, 1), validate_utf8: true) }.to malformed, way
        end
      end

      it "takes #{what} without the option, and in a bin" do
        content = hex(digits)
        [{}, { validate_utf8: false }].each do |options|
          string = MessagePack.unpack(bytes(0xa0 | content.size, content), options)
          expect([string.b, string.encoding, string.valid_encoding?]).to eq([content, Encoding::UTF_8, false])
        end
        expect(MessagePack.unpack(bytes(0xc4, content.size, content), validating)).to eq(content)
        expect(MessagePack.unpack(bytes(0x81, 0xc4, content.size, content, 1), validating)).to eq({ content => 1 })
      end
    end

    it "takes what is UTF-8, of every length and cut at every byte" do
      text = "aé€😀\u0000"
      [text, "", text * 10, text * 2_000, "😀" * 20_000].each do |string|
        ways.each_value do |read|
          next if string.bytesize > 1000 && read == ways["an io of single bytes"]

          expect(read.call(MessagePack.pack([string, { string => 1 }]), validating)).to eq([string, { string => 1 }])
        end
      end
      unpacker = described_class.new(validating)
      *before, last = MessagePack.pack([text, { text => text }]).b.chars
      before.each { |byte| expect_underflow { unpacker.feed(byte).read } }
      expect(unpacker.feed(last).read).to eq([text, { text => text }])
    end

    it "refuses at the string's first byte, and goes on behind the object" do
      { "a1 ff" => 3, "d9 01 ff" => 3, "81 a1 ff c0" => 4, "81 c0 a1 ff" => 5 }.each do |bad, offset|
        [hex("01 92 01 #{bad} 07").chars, [hex("01 92 01 #{bad} 07")]].each do |pieces|
          unpacker = described_class.new(ScriptedIO.new(*pieces), validating)
          unpacker.read
          error = error_of { unpacker.read }
          expect([error.class, error.offset]).to eq([MessagePack::MalformedFormatError, offset])
          expect(unpacker.read).to eq(7)
        end
      end
    end

    it "refuses a string that comes in pieces when it is whole" do
      unpacker = described_class.new(validating)
      hex("92 a3 61 ff").each_char { |byte| expect_underflow { unpacker.feed(byte).read } }
      expect(error_of { unpacker.feed(hex("62")).read }.offset).to eq(1)
      expect(unpacker.feed(hex("01 07")).read).to eq(7)
    end

    it "looks at no string that is skipped" do
      expect(unpacker_of("92 a1 ff 81 a1 ff a1 ff", **validating).skip).to be_nil
      unpacker = unpacker_of("93 a1 ff a1 ff 01 07", **validating)
      expect { unpacker.read }.to malformed
      expect(unpacker.read).to eq(7)
    end

    it "looks at no payload, but at the strings that a recursive type reads from it" do
      options = validating.merge(default_exttype: ->(_type, data) { data })
      expect(MessagePack.unpack(hex("d4 05 ff"), options)).to eq("\xFF".b)
      error = error_of { box_factory.load(hex("91 d5 01 a1 ff"), validating) }
      expect([error.class, error.offset]).to eq([MessagePack::MalformedFormatError, 3])
    end

    it "comes before what else would refuse a key" do
      both = validating.merge(symbolize_keys: true)
      expect { MessagePack.unpack(hex("81 a1 ff 01"), both) }.to malformed
      expect { MessagePack.unpack(hex("81 a1 ff 01"), symbolize_keys: true) }.to raise_error(EncodingError)
      expect(MessagePack.unpack(hex("81 a2 c3 a9 01"), both)).to eq({ é: 1 })
      expect(MessagePack.unpack(hex("81 a2 c3 a9 01"), both.merge(strict_map_key: true, freeze: true))).to eq({ é: 1 })
    end

    it "is not led astray by keys that it has met" do
      lax = hex("92 81 a3 61 62 ff 01 81 a3 61 62 ff 02")
      2.times do
        expect(MessagePack.unpack(lax).map { |map| map.keys.first.b }).to eq(["ab\xFF".b] * 2)
        expect { MessagePack.unpack(lax, validating) }.to malformed
      end
    end
  end
end
