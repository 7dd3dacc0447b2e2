# frozen_string_literal: true

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
