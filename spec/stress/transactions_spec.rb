# frozen_string_literal: true

require "stringio"
require "timeout"

# Each way in which a write can fail, in each state in which a Packer can be: bytes, and what follows, as if nothing had
# been tried.
RSpec.describe MessagePack::Packer, "as a transaction", :property do
  let(:sink) { ScriptedSink.new }

  # Classes whose objects make a write fail, in the table of the packer.
  let(:refused) { Class.new }
  let(:raising) { Class.new }
  let(:throwing) { Class.new }
  let(:interrupted) { Class.new }
  let(:payloadless) { Class.new }
  let(:mixed_up) { Class.new }
  let(:changing) { Class.new }

  let(:factory) do
    box_factory(packer: ->(box, child) { child.write("partial").write(box.value) })
  end

  def prepare(packer)
    packer.register_exttype(refused, 1, false)
    packer.register_exttype(payloadless, 2) { nil }
    low_level.each { |klass, handler| packer.register_lowlevel(klass) { |_, pk| instance_exec(pk, &handler) } }
    packer
  end

  def low_level
    { raising => ->(pk) { pk.write("partial").write_array_header(3) && raise(IOError, "mine") },
      throwing => ->(pk) { pk.write(["partial"]) && throw(:out) },
      interrupted => ->(pk) { pk.write_bin_header(9) && Thread.current.raise(IOError, "mine") },
      mixed_up => ->(pk) { pk.write("partial") && "a String" },
      changing => ->(pk) { pk.write(1) && @changed.push(2) } }
  end

  # The changed container is made anew each time: a failed write has changed it already.
  def changed
    @changed = [changing.new, 1]
  end

  failures = {
    "an object without to_msgpack, deep in a tree" =>
      [NoMethodError, ->(pk, _) { pk.write([1, { "a" => [[{ "b" => [2.5, Object.new] }]] }, 3]) }],
    "an object without to_msgpack, as a key" => [NoMethodError, ->(pk, _) { pk.write({ 1 => 2, Object.new => 3 }) }],
    "one behind 5,000 good ones" => [NoMethodError, ->(pk, _) { pk.write([*(0...5000), Object.new]) }],
    "an Integer out of range" => [RangeError, ->(pk, _) { pk.write_hash({ "a" => [1, 2**64] }) }],
    "an Integer too small" => [RangeError, ->(pk, _) { pk.write_array([(-2**63) - 1]) }],
    "a refused class" => [TypeError, ->(pk, it) { pk.write(["x", it.refused.new]) }],
    "a text that cannot be transcoded" =>
      [Encoding::InvalidByteSequenceError, ->(pk, _) { pk.write(["a", "\xFF\xFE".dup.force_encoding("EUC-JP")]) }],
    "a wrong payload" => [TypeError, ->(pk, it) { pk.write({ "k" => it.payloadless.new }) }],
    "a String where none is expected" => [TypeError, ->(pk, it) { pk.write([it.mixed_up.new]) }],
    "a raise at the third of five" =>
      [IOError, ->(pk, it) { pk.write(Array.new(5) { |i| i == 2 ? it.raising.new : "element #{i}" }) }],
    "a throw" => [:out, ->(pk, it) { pk.write([[1, it.throwing.new], 2]) }],
    "Thread#raise" => [IOError, ->(pk, it) { pk.write([1, it.interrupted.new]) }],
    "a changed container" => [RuntimeError, ->(pk, it) { pk.write([0, it.changed]) }],
    "nesting that is too deep" =>
      [MessagePack::NestingError, ->(pk, _) { pk.write(501.times.inject(1) { |inner, _| [inner] }) }],
    "a cycle" => [MessagePack::NestingError, ->(pk, _) { pk.write({ "a" => [1].tap { |array| array << array } }) }],
    "a header's wrong number" => [RangeError, ->(pk, _) { pk.write_map_header(2**32) }],
    "an extended type's wrong number" => [RangeError, ->(pk, _) { pk.write_ext(128, "payload") }],
    "an ExtensionValue's wrong number" =>
      [RangeError, ->(pk, _) { pk.write([1, MessagePack::ExtensionValue.new(-129, "payload")]) }],
    "a wrong type" => [TypeError, ->(pk, _) { pk.write_string([1]) }],
    "an error inside a recursive type" =>
      [NoMethodError, ->(pk, _) { pk.write([1, FactoryHelpers::Box.nested(3, Object.new), 2]) }]
  }

  # Each leaves some bytes in the packer, and gives what has been handed over before.
  states = {
    "an empty packer" => ->(_) { "" },
    "a packer that was cleared" => ->(pk) { pk.write("abc").clear.to_s },
    "one with bytes" => ->(pk) { pk.write([1, "ab"]) && "" },
    "one with a referenced String" => ->(pk) { pk.write(1).write("r" * 600_000).write(2) && "" },
    "the middle of an array's header" => ->(pk) { pk.write_array_header(3).write(1) && "" },
    "the middle of a map's header" => ->(pk) { pk.write_map_header(2).write("a").write(1).write("b") && "" },
    "the middle of an extended type" => ->(pk) { pk.write_extended_header(5, 2).buffer.write("x") && "" },
    "one that was read from" => ->(pk) { pk.write([1, 2, "abc"]).buffer.read(2) },
    "one that was flushed" => ->(pk) { pk.write("flushed").flush.to_s },
    "one that was flushed, with bytes" => ->(pk) { pk.write("flushed").flush.write([3]) && "" },
    "one that has failed before" => lambda do |pk|
      pk.write({ "a" => Object.new })
    rescue NoMethodError
      pk.write(4) && ""
    end
  }

  # Runs the failing call and says how it ended.
  def failure_of(packer, call)
    catch(:out) do
      call.call(packer, self)
      return :nothing
    end
    :out
  rescue StandardError => e
    e.class
  end

  # The packer in that state, over an io and without.
  def in_state(state)
    [factory.packer, factory.packer(sink)].each do |packer|
      prepare(packer)
      state.call(packer)
      yield packer
    end
  end

  states.each do |where, state|
    it "leaves #{where} as it was, whatever fails", :aggregate_failures do
      in_state(state) do |packer|
        before = packer.to_s
        taken = sink.taken.dup
        failures.each do |what, (expected, call)|
          expect(failure_of(packer, call)).to eq(expected), what
          expect([packer.size, packer.to_s == before, sink.taken == taken]).to eq([before.bytesize, true, true]), what
        end
        expect(packer.write(["next"]).to_s == before + hex("91 a4 6e 65 78 74")).to be(true)
      end
    end
  end

  it "writes on behind each failure, so that all that succeeded makes one stream" do
    in_state(->(_) { "" }) do |packer|
      failures.each_with_index do |(what, (expected, call)), index|
        packer.write(index)
        expect(failure_of(packer, call)).to eq(expected), what
        packer.write([what])
      end
      packer.flush
      objects = MessagePack::Unpacker.new.feed(sink.taken + packer.to_s).to_a
      expect(objects).to eq(failures.keys.each_with_index.flat_map { |what, index| [index, [what]] })
      packer.clear
    end
  end

  it "undoes no more than the nested write, if a handler rescues", :aggregate_failures do
    outer = Class.new
    failures.each do |what, (expected, call)|
      in_state(->(_) { "" }) do |packer|
        packer.register_lowlevel(outer) do |_, given|
          given.write_array_header(2).write(1)
          expect(failure_of(given, call)).to eq(expected), what
          given.write(2)
        end
        packer.write(["a", outer.new, outer.new, "b"])
        expect(packer.to_s).to eq(hex("94 a1 61 92 01 02 92 01 02 a1 62")), what
      end
    end
  end

  it "undoes no more than the nested write inside a recursive type's payload", :aggregate_failures do
    # Its boxes would be packed by this very handler, without end.
    failures.except("an error inside a recursive type").each do |what, (expected, call)|
      factory = box_factory(packer: lambda do |_box, child|
        child.write("p")
        expect(failure_of(prepare(child), call)).to eq(expected), what
        child.write("q")
      end)
      written = bytes(0x93, 1, ext_bytes(1, hex("a1 70 a1 71")), 2)
      expect(factory.dump([1, FactoryHelpers::Box.new, 2])).to eq(written), what
    end
  end

  describe "over an io that fails" do
    # Less than 1 MiB in all, from where on a call hands over in its midst.
    sizes = [1, 10, 300, 5_000, 40_000]

    # One io in its moods: short writes, refusals and errors, in an order that the seed gives.
    def moody_sink(dice)
      ScriptedSink.new(*Array.new(30) do
        [dice.rand(1..20), dice.rand(1..50_000), 0, IOError.new("mine"), Errno::EPIPE.new("mine"), Timeout::Error.new,
         ->(_) { throw :out }].sample(random: dice)
      end)
    end

    # Runs the block until it passes; what it does is not done twice: an object that was written is in the buffer.
    def insist
      catch(:out) do
        yield
        return
      end
    rescue IOError, Errno::EPIPE, Timeout::Error
      nil
    end

    20.times do |seed|
      it "has nothing lost and nothing twice, sink and buffer together, under seed #{seed}" do
        dice = Random.new(seed)
        io = moody_sink(dice)
        packer = described_class.new(io, write_reference_threshold: [256, 524_288].sample(random: dice))
        expected = String.new(encoding: Encoding::BINARY)
        20.times do |turn|
          object = [turn, "x" * sizes.sample(random: dice)]
          expected << MessagePack.pack(object)
          insist { packer.write(object) }
          insist { packer.flush } if dice.rand(3).zero?
          expect((io.taken + packer.to_s) == expected).to be(true), "after turn #{turn}"
        end
        40.times { insist { packer.flush } }
        expect([packer.size, io.taken == expected]).to eq([0, true])
      end
    end

    %i[flush full_pack].each do |method|
      it "has nothing lost and nothing twice at #{method}, wherever the io stops" do
        message = MessagePack.pack(["abc", { "k" => [1, 2.5] }])
        0.upto(message.bytesize - 1) do |cut|
          io = ScriptedSink.new(*(cut.zero? ? [] : [cut]), IOError.new("mine"))
          packer = described_class.new(io).write(["abc", { "k" => [1, 2.5] }])
          expect { packer.public_send(method) }.to raise_error(IOError, "mine")
          expect([io.taken, packer.to_s]).to eq([message.byteslice(0, cut), message.byteslice(cut..)])
          packer.write(7)
          expect(packer.public_send(method)).to eq(method == :flush ? packer : nil)
          expect(io.taken).to eq("#{message}\x07".b)
        end
      end
    end

    it "has each object wholly or not at all, when calls above 1 MiB meet errors at once" do
      io = ScriptedSink.new(*[IOError.new("mine")] * 6)
      packer = described_class.new(io)
      6.times do |turn|
        before = packer.to_s
        object = [turn, "x" * 400_000]
        expect { packer.write(object) }.to raise_error(IOError, "mine")
        expect([before, before + MessagePack.pack(object)]).to include(packer.to_s)
      end
      expect(packer.size).to be_between(400_000, 1_300_000)
      kept = packer.to_s
      packer.flush
      expect(io.taken == kept).to be(true)
    end

    it "has the bytes that were there before, when a call above 1 MiB meets an error at once" do
      io = ScriptedSink.new(IOError.new("mine"))
      packer = described_class.new(io).write("before")
      expect { packer.write(["x" * 30_000] * 60) }.to raise_error(IOError, "mine")
      packer.write("after").flush
      expect(io.taken).to eq(bytes(0xa6, "before", 0xa5, "after"))
    end

    it "keeps order and bytes when the error comes late in a call above 1 MiB, which cannot be undone" do
      object = Array.new(60) { |number| number.to_s * 30_000 }
      io = ScriptedSink.new(*[nil] * 4, IOError.new("mine"))
      packer = described_class.new(io).write("before")
      failed = failure_of(packer, ->(pk, _) { pk.write(object) && pk.flush })
      packer.write("after").flush
      whole = bytes(0xa6, "before") + MessagePack.pack(object)
      # Either all of it was written and stays, or it ends where the io had what it had.
      expect([:nothing, IOError]).to include(failed)
      tail = bytes(0xa5, "after")
      expect(io.taken.end_with?(tail)).to be(true)
      expect(whole.start_with?(io.taken.delete_suffix(tail))).to be(true)
    end

    {
      "MessagePack.pack" => ->(object, io) { MessagePack.pack(object, io) },
      "to_msgpack" => ->(object, io) { object.to_msgpack(io) },
      "Factory#dump" => ->(object, io) { MessagePack::Factory.new.dump(object, io) },
      "Pool#packer" => ->(object, io) { MessagePack::Factory.new.pool(1).packer { |pk| pk.write(object).write_to(io) } }
    }.each do |name, call|
      it "hands over each byte once in #{name}, up to the error" do
        object = ["a" * 100, { "k" => "b" * 200 }]
        message = MessagePack.pack(object)
        [0, 1, 50, message.bytesize - 1].each do |cut|
          io = ScriptedSink.new(*(cut.zero? ? [] : [cut]), IOError.new("mine"))
          expect { call.call(object, io) }.to raise_error(IOError, "mine")
          expect(io.taken).to eq(message.byteslice(0, cut))
          call.call(object, io)
          expect(io.taken).to eq(message.byteslice(0, cut) + message)
        end
      end

      it "hands over nothing in #{name}, when the object cannot be packed" do
        expect { call.call([1, "a" * 100, Object.new], sink) }.to raise_error(NoMethodError)
        expect(sink.given).to eq([])
      end
    end
  end
end

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
