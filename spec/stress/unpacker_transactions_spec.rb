# frozen_string_literal: true

require "timeout"

# What an Unpacker owes after input that ends too soon, after each kind of error wherever the input is cut, and after
# reset.
RSpec.describe MessagePack::Unpacker, "as a transaction", :property do
  # Extended types of which one is recursive: [{"a" => [1, Box(["x", 2.5])]}, ext, bin, str8, map of odd keys].
  let(:message) do
    bytes(0x95, 0x81, 0xa1, "a", 0x92, 1, ext_bytes(1, hex("92 a1 78 ca 40 20 00 00")), ext_bytes(5, "data"),
          0xc4, 2, "\xFF\x00".b, 0xd9, 3, "abc", 0x82, 0x91, 7, 0xcd, 1, 0, 0xc0, 0xdc, 0, 0)
  end
  let(:value) do
    [{ "a" => [1, FactoryHelpers::Box.new(["x", 2.5])] }, "<data>", "\xFF\x00".b, "abc", { [7] => 256, nil => [] }]
  end

  # Counts the calls of handlers, which must not be more because input came late.
  let(:handled) { [] }
  let(:factory) do
    log = handled
    box_factory(unpacker: ->(child) { (log << :box) && FactoryHelpers::Box.new(child.read) }).tap do |factory|
      factory.register_type(5, Range, packer: nil, unpacker: ->(data) { (log << :text) && "<#{data}>" })
    end
  end

  ways = {
    "read" => [:value, ->(it) { it.read }], "each" => [:value, ->(it) { it.first }],
    "full_unpack" => [:value, ->(it) { it.full_unpack }], "skip" => [nil, ->(it) { it.skip }]
  }
  sources = {
    "feed" => ->(before, after) { [nil, before, after] },
    "an io at its end" => ->(before, after) { [ScriptedIO.new(before, EOFError.new("end"), after), nil, nil] },
    "an io with nothing now" => ->(before, after) { [ScriptedReadOnlyIO.new(before, "", after), nil, nil] },
    "an io that raises" => ->(before, after) { [ScriptedIO.new(before, IOError.new("mine"), after), nil, nil] },
    "an io that times out" =>
      ->(before, after) { [ScriptedIO.new(before, Timeout::Error.new("mine"), after), nil, nil] }
  }

  # What a call gives; :short if it ends with an error of the input.
  def attempt(unpacker, call)
    call.call(unpacker)
  rescue IOError, Timeout::Error
    :short
  end

  ways.each do |name, (expected, call)|
    sources.each do |kind, cut_up|
      it "resumes #{name} at every cut, with #{kind}" do
        1.upto(message.bytesize - 1) do |cut|
          io, before, after = cut_up.call(message.byteslice(0, cut), message.byteslice(cut..))
          unpacker = factory.unpacker(io)
          unpacker.feed(before) if before
          expect(attempt(unpacker, call)).to eq(name == "each" && !kind.match?(/raises|times/) ? nil : :short)
          unpacker.feed(after) if after
          expect(attempt(unpacker, call)).to eq(expected && value), "cut at #{cut}"
          expect(unpacker.tell).to eq(message.bytesize)
          expect(unpacker.feed("\x07").read).to eq(7)
        end
        expect(handled.tally.values.uniq).to eq(expected ? [message.bytesize - 1] : [])
      end
    end
  end

  it "resumes read_array_header and read_map_header at every cut, and reads the elements by read" do
    headers = { read_array_header: hex("dd 00 00 00 01 05"), read_map_header: hex("df 00 00 00 01 05 06") }
    headers.each do |method, bytes|
      1.upto(4) do |cut|
        unpacker = factory.unpacker.feed(bytes.byteslice(0, cut))
        expect { unpacker.public_send(method) }.to raise_error(MessagePack::UnderflowError)
        unpacker.feed(bytes.byteslice(cut..))
        expect([unpacker.public_send(method), unpacker.read, unpacker.tell]).to eq([1, 5, 6])
      end
    end
  end

  # How an object fails: options, the bytes of `bad`, the error.
  failures = {
    "a refused type" => [{ default_exttype: false }, "d4 06 aa", MessagePack::UnknownExtTypeError],
    "a raising handler" => [{}, "d5 07 6e 6f", IOError],
    "a raising recursive handler" => [{}, "d5 08 91 01", IOError],
    "a recursive handler that reads too much" => [{}, "d5 01 93 01", MessagePack::UnderflowError],
    "0xc1 in a recursive payload" => [{}, "d6 01 92 01 c1 02", MessagePack::MalformedFormatError],
    "an interrupted handler" => [{}, "d5 09 6e 6f", Timeout::Error],
    "too deep nesting" => [{ max_depth: 4 }, "91 91 91 91 02", MessagePack::StackError],
    "a str's limit" => [{ max_str_len: 3 }, "a4 61 62 63 64", MessagePack::LimitError],
    "a bin's limit" => [{ max_bin_len: 3 }, "c4 04 61 62 63 64", MessagePack::LimitError],
    "an ext's limit" => [{ max_ext_len: 3 }, "d6 05 61 62 63 64", MessagePack::LimitError],
    "an array's limit" => [{ max_array_len: 3 }, "94 01 02 03 04", MessagePack::LimitError],
    "a map's limit" => [{ max_map_len: 1 }, "82 01 02 03 04", MessagePack::LimitError],
    "invalid UTF-8" => [{ validate_utf8: true }, "a2 c3 28", MessagePack::MalformedFormatError],
    "a refused key" => [{ strict_map_key: true }, "81 01 02", MessagePack::UnexpectedTypeError],
    "a key that is no Symbol" => [{ symbolize_keys: true }, "81 a1 ff 02", EncodingError]
  }

  # An unpacker with handlers that fail.
  def failing_unpacker(**options)
    factory.unpacker(**options).tap do |unpacker|
      unpacker.register_type(7) { raise IOError, "mine" }
      unpacker.register_type(9) { Thread.current.raise(Timeout::Error, "mine") }
    end
  end

  before do
    factory.register_type(8, Enumerator, packer: nil, recursive: true, unpacker: lambda do |child|
      child.read_array_header
      raise IOError, "mine"
    end)
  end

  failures.each do |kind, (options, bad, error)|
    it "reads the next object after #{kind}, wherever the input is cut", :aggregate_failures do
      stream = hex("92 a1 61 #{bad} 07 93 01 #{bad} a1 62 08")
      wanted = [7, 8]
      # In the first array the bad object is the last element, in the second it is in the middle.
      0.upto(stream.bytesize) do |cut|
        unpacker = failing_unpacker(**options)
        seen = []
        errors = []
        [stream.byteslice(0, cut), stream.byteslice(cut..)].each do |piece|
          unpacker.feed(piece)
          begin
            unpacker.each { |object| seen << object }
          rescue StandardError => e
            errors << e.class
            retry
          end
        end
        expect([seen, errors, unpacker.tell]).to eq([wanted, [error] * 2, stream.bytesize]), "cut at #{cut}"
      end
    end
  end

  it "passes over each failing object by skip, calling nothing, where skip has nothing against it" do
    failures.each do |kind, (options, bad, error)|
      next if [MessagePack::LimitError, MessagePack::StackError, MessagePack::UnexpectedTypeError].include?(error)

      unpacker = failing_unpacker(**options).feed(hex("92 a1 61 #{bad} 07"))
      unpacker.skip
      expect(unpacker.read).to eq(7), kind
    end
    expect(handled).to eq([])
  end

  describe "#reset" do
    # What an unpacker says and does, in an order in which each call depends on those before.
    operations = {
      "tell" => ->(it) { it.tell }, "buffer.size" => ->(it) { it.buffer.size }, "read" => ->(it) { it.read },
      "skip" => ->(it) { it.skip }, "skip_nil" => ->(it) { it.skip_nil }, "header" => ->(it) { it.read_array_header },
      "feed" => ->(it) { it.feed(hex("93 01 81 a1 61 a1 62 c0 07 c0 92 05 06 c1 08 d5 07 6e 6f 09 91")).class },
      "read again" => ->(it) { it.read }, "skip again" => ->(it) { it.skip },
      "skip_nil again" => ->(it) { it.skip_nil }, "nil" => ->(it) { it.read },
      "header again" => ->(it) { it.read_array_header }, "map header" => ->(it) { it.read_map_header },
      "each" => ->(it) { it.to_a }, "each behind 0xc1" => ->(it) { it.to_a },
      "each behind an error" => ->(it) { it.to_a },
      "tell again" => ->(it) { it.tell }, "the open array" => ->(it) { it.read },
      "its end" => ->(it) { it.feed("\x0A").read }, "full_unpack" => ->(it) { it.feed("\xA1z").full_unpack },
      "registered types" => ->(it) { it.registered_types.map { |type| type[:type] } }, "the end" => ->(it) { it.tell }
    }
    # Each leaves the unpacker in a state of its own.
    pasts = {
      "nothing" => ->(_) {}, "unread input" => ->(it) { it.feed("\x01\x02") },
      "objects read" => ->(it) { it.feed("\x01\x92\x01\x02").to_a },
      "half an object" => ->(it) { it.feed(hex("93 01 82 a1 61")).read },
      "half a str" => ->(it) { it.feed(hex("da 40 00 61 62")).read },
      "half an extended type" => ->(it) { it.feed(hex("92 c7 05 05 61")).read },
      "half a skip" => ->(it) { it.feed(hex("93 01 82 a1 61")).skip },
      "half a header" => ->(it) { it.feed(hex("dc 00")).read_array_header },
      "a header" => ->(it) { it.feed(hex("93 01")).read_array_header },
      "each left by break" => ->(it) { it.feed("\x01\x02\x03").first },
      "0xc1" => ->(it) { it.feed(hex("92 01 c1 05")).read },
      "a handler's error, and the rest not there" => ->(it) { it.feed(hex("94 d5 07 6e 6f 01")).read },
      "a recursive handler's error" => ->(it) { it.feed(hex("94 d5 08 91 01 01")).read },
      "an error while the rest is skipped" => ->(it) { it.feed(hex("94 d5 07 6e 6f c1")).then { 2.times { it.read } } },
      "too deep nesting" => ->(it) { it.feed("\x91".b * 600).read },
      "left-over bytes" => ->(it) { it.feed("\x01\x02").full_unpack },
      "a megabyte, half read" => ->(it) { it.feed(bytes(0xc6, 0, 32, 0, 0) + ("x" * (1 << 20))).read },
      "thousands of open elements" => ->(it) { it.feed(bytes(0xdd, 0, 1, 0, 0) + ("\x05" * 60_000)).read },
      "bytes taken by its buffer" => ->(it) { it.feed("\x01\x02\x03").buffer.read(2) }
    }

    # Results, or errors with their offsets.
    def outcomes(unpacker, operations)
      operations.transform_values do |operation|
        instance_exec(unpacker, &operation)
      rescue StandardError => e
        [e.class, e.message, e.respond_to?(:offset) && e.offset]
      end
    end

    pasts.each do |what, past|
      it "makes it new after #{what}" do
        new = outcomes(failing_unpacker, operations)
        used = failing_unpacker
        outcomes(used, { what => past })
        expect(used.reset).to be_nil
        expect(outcomes(used, operations)).to eq(new)
        # And once more, in the state in which the operations have left it.
        used.reset
        expect(outcomes(used, operations)).to eq(new)
      end
    end
  end
end
