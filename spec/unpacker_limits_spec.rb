# frozen_string_literal: true

require "stringio"

# max_depth and the bounds of lengths: they act on a header, before what it announces arrives.
RSpec.describe MessagePack::Unpacker, "and its limits" do
  # For each option set to 3: an object that passes, headers that announce 4 in each of their forms, what would follow
  # them, and what the error says.
  bounds = {
    max_str_len: ["a3 61 62 63", ["a4", "d9 04", "da 00 04", "db 00 00 00 04"], "61 62 63 64", "a string of 4 bytes"],
    max_bin_len: ["c4 03 61 62 63", ["c4 04", "c5 00 04", "c6 00 00 00 04"], "61 62 63 64", "a binary of 4 bytes"],
    max_ext_len: ["c7 03 05 61 62 63", ["d6 05", "c7 04 05", "c8 00 04 05", "c9 00 00 00 04 05"], "61 62 63 64",
                  "an extended type of 4 bytes"],
    max_array_len: ["93 01 02 03", ["94", "dc 00 04", "dd 00 00 00 04"], "01 02 03 04", "an array of 4 values"],
    max_map_len: ["83 01 01 02 02 03 03", ["84", "de 00 04", "df 00 00 00 04"], "01 01 02 02 03 03 04 04",
                  "a map of 4 pairs"]
  }
  known = { allow_unknown_ext: true }

  # Each way to read one object: from the bytes and the options.
  reading = {
    "MessagePack.unpack" => ->(input, options) { MessagePack.unpack(input, options) },
    "MessagePack.load of an io" => ->(input, options) { MessagePack.load(StringIO.new(input), options) },
    "Unpacker#read" => ->(input, options) { described_class.new(options).feed(input).read },
    "Unpacker#full_unpack" => ->(input, options) { described_class.new(options).feed(input).full_unpack },
    "Unpacker#each" => ->(input, options) { described_class.new(options).feed(input).to_a.first },
    "Unpacker#feed_each" => ->(input, options) { described_class.new(options).feed_each(input).first },
    "an Unpacker with an io" => ->(input, options) { described_class.new(StringIO.new(input), options).read },
    "an io of single bytes" => ->(input, options) { described_class.new(ScriptedIO.new(*input.chars), options).read },
    "Factory#load" => ->(input, options) { MessagePack::Factory.new.load(input, options) },
    "Factory#load of an io" => ->(input, options) { MessagePack::Factory.new.load(StringIO.new(input), options) },
    "Factory#unpacker" => ->(input, options) { MessagePack::Factory.new.unpacker(options).feed(input).read },
    "Pool#load" => ->(input, options) { MessagePack::Factory.new.pool(1, **options).load(input) },
    "Pool#unpacker" => lambda { |input, options|
      MessagePack::Factory.new.pool(1, **options).unpacker { |unpacker| unpacker.feed(input).read }
    }
  }

  # Asserts that this is refused by the option, at this place of the stream.
  def expect_refused(option, words, offset: 0, &block)
    error = error_of(&block)
    expect(error).to be_an_instance_of(MessagePack::LimitError), error.full_message
    expect([error.message, error.offset]).to eq(["#{words} where #{option} is 3 at byte #{offset}", offset])
  end

  it "raises a LimitError, which is an UnpackError" do
    expect(MessagePack::LimitError.superclass).to equal(MessagePack::UnpackError)
  end

  bounds.each do |option, (passing, headers, body, words)|
    describe "#{option}:" do
      let(:options) { known.merge(option => 3) }
      let(:unpacker) { described_class.new(options) }
      let(:plain) { MessagePack.unpack(hex(passing), known) }

      reading.each do |way, read|
        it "lets 3 pass and refuses 4 on the header alone: #{way}" do
          expect(read.call(hex(passing), options)).to eq(plain)
          headers.each { |header| expect_refused(option, words) { read.call(hex(header), options) } }
        end
      end

      it "refuses at the last byte of the header, fed byte by byte" do
        headers.each do |header|
          input = hex("07 #{header}")
          *before, last = input.chars
          unpacker.reset
          unpacker.feed(before.shift).read
          before.each { |byte| expect_underflow { unpacker.feed(byte).read } }
          expect_refused(option, words, offset: 1) { unpacker.feed(last).read }
        end
      end

      it "lets 3 pass byte by byte" do
        *before, last = hex(passing).chars
        before.each { |byte| expect_underflow { unpacker.feed(byte).read } }
        expect(unpacker.feed(last).read).to eq(plain)
      end

      it "holds for skip, which lets 3 pass" do
        expect(unpacker.feed(hex(passing)).skip).to be_nil
        headers.each do |header|
          expect_refused(option, words) { described_class.new(options).feed(hex(header)).skip }
        end
      end

      it "holds wherever the value stands" do
        headers.each do |header|
          { "92 01" => 2, "81 a1 61" => 3, "81" => 1, "82 a1 61 01" => 4, "93 92 01 81 01" => 5 }
            .each do |around, offset|
              input = hex("#{around} #{header}")
              expect_refused(option, words, offset: offset) { described_class.new(options).feed(input).read }
              expect_refused(option, words, offset: offset) { described_class.new(options).feed(input).skip }
              expect_refused(option, words, offset: offset) { MessagePack.unpack(input, options) }
            end
        end
      end

      it "lets 3 pass wherever the value stands" do
        input = hex("92 #{passing} 82 #{passing} #{passing} c0 #{passing}")
        expect(unpacker.feed(input).read).to eq([plain, { plain => plain, nil => plain }])
      end

      it "counts the offset over the whole stream" do
        unpacker.feed(hex("#{passing} #{passing} 91 #{headers.last}"))
        2.times { unpacker.read }
        expect_refused(option, words, offset: (2 * hex(passing).bytesize) + 1) { unpacker.read }
      end

      it "is the last of an object: the next call skips its rest and goes on" do
        headers.each do |header|
          unpacker.reset
          unpacker.feed(hex("92 #{header} #{body} 01 07"))
          expect_refused(option, words, offset: 1) { unpacker.read }
          expect([unpacker.read, unpacker.tell]).to eq([7, 1 + hex(header + body).bytesize + 2])
        end
      end

      it "lets the rest come byte by byte" do
        headers.each do |header|
          unpacker.reset
          expect_refused(option, words, offset: 1) { unpacker.feed(hex("92 #{header}")).read }
          hex("#{body} 01").each_char { |byte| expect_underflow { unpacker.feed(byte).read } }
          expect(unpacker.feed(hex("07")).read).to eq(7)
        end
      end

      it "may refuse in the rest no more: it is not looked at" do
        unpacker.feed(hex("93 #{headers.first} #{body} 01 #{headers.last} #{body} 07"))
        expect_refused(option, words, offset: 1) { unpacker.read }
        expect(unpacker.read).to eq(7)
      end

      it "comes out of each, which goes on when it is called again" do
        unpacker.feed(hex("01 92 #{headers.first} #{body} 02 03"))
        yielded = []
        expect_refused(option, words, offset: 2) { unpacker.each { |object| yielded << object } }
        unpacker.each { |object| yielded << object }
        expect(yielded).to eq([1, 3])
      end

      it "makes skip skip the rest and the next object" do
        unpacker.feed(hex("92 #{headers.first} #{body} 01 07 08"))
        expect_refused(option, words, offset: 1) { unpacker.skip }
        expect([unpacker.skip, unpacker.read]).to eq([nil, 8])
      end

      it "is forgotten by reset and buffer.clear, and stays set" do
        [-> { unpacker.reset }, -> { unpacker.buffer.clear }].each do |forget|
          expect(error_of { unpacker.feed(hex("93 #{headers.first}")).read }).to be_a(MessagePack::LimitError)
          forget.call
          expect(unpacker.feed(hex("07")).read).to eq(7)
        end
        unpacker.reset
        expect_refused(option, words) { unpacker.feed(hex(headers.first)).read }
      end

      it "goes on with the next object of an io" do
        steps = hex("92 #{headers.last} #{body} 01 07").chars
        unpacker = described_class.new(ScriptedIO.new(*steps), options)
        expect_refused(option, words, offset: 1) { unpacker.read }
        expect(unpacker.read).to eq(7)
      end

      # An extended type in the payload of another is shorter than that.
      unless option == :max_ext_len
        it "holds in the payload of a recursive type, at offsets of the whole stream" do
          %i[read skip].each do |call|
            factory = box_factory(unpacker: ->(child) { child.public_send(call) })
            headers.each do |header|
              payload = hex("#{header} #{body}")
              message = bytes(0x92, 0xc7, payload.size, 1, payload, 2, 7)
              expect_refused(option, words, offset: 4) { factory.load(message, options) }
              unpacker = factory.unpacker(options).feed(message)
              expect_refused(option, words, offset: 4) { unpacker.read }
              expect(unpacker.read).to eq(7)
            end
          end
        end
      end

      it "lasts from one loan of a Pool to the next" do
        pool = MessagePack::Factory.new.pool(1, **options)
        2.times do
          expect_refused(option, words) { pool.unpacker { |unpacker| unpacker.feed(hex(headers.first)).read } }
          expect(pool.unpacker { |unpacker| unpacker.feed(hex("07")).read }).to eq(7)
        end
      end

      it "may be 0" do
        empty = { max_str_len: "a0", max_bin_len: "c4 00", max_ext_len: "c7 00 05", max_array_len: "90",
                  max_map_len: "80" }.fetch(option)
        expect(MessagePack.unpack(hex(empty), known.merge(option => 0))).to eq(MessagePack.unpack(hex(empty), known))
        expect { MessagePack.unpack(hex(passing), option => 0) }.to raise_error(MessagePack::LimitError, /of 3 .* is 0/)
      end

      it "is about nothing else" do
        others = bounds.except(option).values.map(&:first)
        others.each do |other|
          expect(MessagePack.unpack(hex(other), known.merge(option => 1))).to eq(MessagePack.unpack(hex(other), known))
        end
      end
    end
  end

  it "calls no handler for an extended type that is too long" do
    called = []
    handler = ->(*arguments) { called << arguments }
    factory = MessagePack::Factory.new
    factory.register_type(5, Class.new, unpacker: handler)
    factory.register_type(6, Class.new, unpacker: handler, recursive: true)
    factory.register_type(7, Symbol, unpacker: handler, optimized_symbols_parsing: true)
    ["c7 04 05", "c7 04 06", "c7 04 07"].each do |header|
      [header, "92 #{header} 61 62 63 64 01"].each do |digits|
        expect { factory.load(hex(digits), max_ext_len: 3) }.to raise_error(MessagePack::LimitError)
      end
    end
    expect(called).to eq([])
  end

  it "refuses the extended type that follows one that passed" do
    unpacker = described_class.new(max_ext_len: 1, default_exttype: ->(_type, data) { data })
    unpacker.feed(hex("94 d4 05 61 d4 05 62 d5 05 63 64 d4 05 65 07"))
    expect(error_of { unpacker.read }.offset).to eq(7)
    expect(unpacker.read).to eq(7)
  end

  it "holds in arrays and maps that are filled in several batches" do
    many = MessagePack.pack(Array.new(10_000, 1))
    expect(error_of { MessagePack.unpack(many.chop << 0xa4, max_str_len: 3) }.offset).to eq(many.bytesize - 1)
    pairs = bytes(0xde, [10_000].pack("n"), *(1..9_999).map { |key| [0xcd, key, 1].pack("CnC") }, 0xa4)
    expect(error_of { MessagePack.unpack(pairs, max_str_len: 3) }.offset).to eq(pairs.bytesize - 1)
  end

  describe "read_array_header and read_map_header" do
    {
      read_array_header: [:max_array_len, "an array of 4 values", "93", %w[94 dc0004 dd00000004], "01 02 03 04"],
      read_map_header: [:max_map_len, "a map of 4 pairs", "83", %w[84 de0004 df00000004], "01 01 02 02 03 03 04 04"]
    }.each do |call, (option, words, passing, headers, body)|
      it "let 3 pass and refuse 4 on the header alone: #{call}" do
        expect(unpacker_of(passing, option => 3).public_send(call)).to eq(3)
        headers.each do |header|
          expect_refused(option, words) { unpacker_of(header, option => 3).public_send(call) }
          io = ScriptedIO.new(*hex(header).chars)
          expect_refused(option, words) { described_class.new(io, option => 3).public_send(call) }
        end
      end

      it "let the next call skip what was refused: #{call}" do
        headers.each do |header|
          unpacker = unpacker_of("07 #{header}", option => 3)
          unpacker.read
          expect_refused(option, words, offset: 1) { unpacker.public_send(call) }
          hex(body).each_char { |byte| expect_underflow { unpacker.feed(byte).read } }
          expect(unpacker.feed(hex("07")).read).to eq(7)
        end
      end

      it "refuse in a recursive type's payload, too: #{call}" do
        factory = box_factory(unpacker: ->(child) { child.public_send(call) })
        message = bytes(0x91, ext_bytes(1, hex("#{headers.last} #{body}")))
        expect_refused(option, words, offset: 4) { factory.load(message, option => 3) }
      end
    end
  end

  describe "the values of" do
    message = MessagePack.pack(["text", "bytes".b, [1, 2], { "key" => 1 }])
    [*bounds.keys, :max_depth, :max_buffer_size].each do |option|
      takers = {
        "Unpacker.new" => ->(options) { described_class.new(options).feed(message).read },
        "MessagePack.unpack" => ->(options) { MessagePack.unpack(message, options) },
        "MessagePack.load of an io" => ->(options) { MessagePack.load(StringIO.new(message), options) },
        "Factory#unpacker" => ->(options) { MessagePack::Factory.new.unpacker(options).feed(message).read },
        "Factory#load" => ->(options) { MessagePack::Factory.new.load(message, options) },
        "Factory#pool" => ->(options) { MessagePack::Factory.new.pool(1, **options).load(message) }
      }
      takers.each do |taker, take|
        it "#{option}: none, or an Integer that is not negative: #{taker}" do
          plain = MessagePack.unpack(message)
          [nil, 1000, 2**32, 2**64, 2**200].each { |value| expect(take.call(option => value)).to eq(plain) }
          [-1, -(2**70)].each do |value|
            expect { take.call(option => value) }.to raise_error(ArgumentError, /\A#{option} must not be negative/)
          end
          ["1", 1.0, true, false, :one].each do |value|
            expect { take.call(option => value) }.to raise_error(TypeError, /an Integer for #{option}/)
          end
        end
      end
    end

    it "options that are given together hold each for itself" do
      options = { max_str_len: 2, max_bin_len: 3, max_array_len: 4, max_map_len: 5, max_ext_len: 6, max_depth: 7 }
      found = %w[a3 c404 95 86 c70705 91919191919191919191].map do |digits|
        error_of { MessagePack.unpack(hex(digits), options) }.message[/\w+ is \d|\d levels/]
      end
      expect(found).to eq(["max_str_len is 2", "max_bin_len is 3", "max_array_len is 4", "max_map_len is 5",
                           "max_ext_len is 6", "7 levels"])
    end
  end

  describe "max_depth:" do
    let(:too_deep) { raise_error(MessagePack::StackError, /\b3 levels/) }

    containers = {
      "arrays" => ->(depth) { ("\x91".b * depth) << 0xc0 },
      "maps" => ->(depth) { ("\x81\x01".b * depth) << 0xc0 },
      "keys" => ->(depth) { ("\x81".b * depth) << 0xc0 << ("\x01" * depth) },
      "empty ones" => ->(depth) { ("\x91".b * (depth - 1)) << 0x80 },
      "long ones" => ->(depth) { ("\xdc\x00\x01".b * depth) << 0xc0 }
    }
    containers.each do |what, nested|
      reading.each do |way, read|
        it "lets 3 levels of #{what} pass and refuses 4: #{way}" do
          expect(read.call(nested.call(3), max_depth: 3)).to eq(MessagePack.unpack(nested.call(3)))
          expect { read.call(nested.call(4), max_depth: 3) }.to too_deep
        end
      end

      it "holds for skip: #{what}" do
        expect(described_class.new(max_depth: 3).feed(nested.call(3)).skip).to be_nil
        expect { described_class.new(max_depth: 3).feed(nested.call(4)).skip }.to too_deep
      end
    end

    it "refuses on the header, at its offset, and goes on behind the object" do
      unpacker = unpacker_of("07 92 91 91 dc 00 02", max_depth: 3)
      unpacker.read
      error = error_of { unpacker.read }
      expect([error.class, error.offset]).to eq([MessagePack::StackError, 4])
      expect(unpacker.feed(hex("01 02 03 07")).read).to eq(7)
    end

    it "is for all that is open together: of recursive types, too" do
      factory = box_factory
      expect(factory.load(hex("91 d5 01 91 c0"), max_depth: 3)).to eq([FactoryHelpers::Box.new([nil])])
      expect { factory.load(hex("91 c7 03 01 91 91 c0"), max_depth: 3) }.to too_deep
      expect { factory.load(hex("91 91 91 d4 01 c0"), max_depth: 3) }.to too_deep
    end

    it "lets 0 pass nothing but what is no container" do
      options = { max_depth: 0, default_exttype: ->(_type, data) { data } }
      %w[07 c0 a161 c40161 d40561].each do |digits|
        plain = MessagePack.unpack(hex(digits), options.except(:max_depth))
        expect(MessagePack.unpack(hex(digits), options)).to eq(plain)
      end
      expect { MessagePack.unpack(hex("90"), options) }.to raise_error(MessagePack::StackError)
      expect { MessagePack.unpack(hex("80"), options) }.to raise_error(MessagePack::StackError)
    end

    it "may be more than 500", :slow do
      deep = MessagePack.unpack(nested_arrays(5_000), max_depth: 5_000)
      expect(5_000.times.inject(deep) { |array, _| array.fetch(0) }).to be_nil
      expect { MessagePack.unpack(nested_arrays(5_001), max_depth: 5_000) }
        .to raise_error(MessagePack::StackError, /5000 levels/)
    end

    it "holds for headers that are read in a recursive type's payload" do
      factory = box_factory(unpacker: ->(child) { child.read_array_header })
      expect(factory.load(hex("d4 01 90"), max_depth: 2)).to eq(0)
      expect { factory.load(hex("d4 01 90"), max_depth: 1) }.to raise_error(MessagePack::StackError)
    end
  end
end
