# frozen_string_literal: true

require "stringio"
require "timeout"

# Interruptions at moments that nobody has chosen: at each event that Ruby reports while a call runs, at each call of a
# handler, from other threads, from Timeout.
RSpec.describe MessagePack, "interrupted" do
  let(:interruption) { Class.new(StandardError) }
  let(:box) { FactoryHelpers::Box }
  let(:text) { Struct.new(:text) { def to_exttype = text.upcase } }
  let(:plain) { Class.new { def to_msgpack(packer) = packer.write_array_header(2).write("plain").write([1]) } }
  let(:value) do
    [1, { "a" => text.new("t"), :b => plain.new }, box.new(["x", box.new(text.new("u"))]), "é".encode("EUC-JP")]
  end
  let(:read_value) { [1, { "a" => "<T>", "b" => ["plain", [1]] }, box.new(["x", box.new("<U>")]), "é"] }
  let(:factory) do
    box_factory.tap do |factory|
      factory.register_type(5, text, packer: :to_exttype, unpacker: ->(data) { "<#{data}>" })
    end
  end
  let(:message) { factory.dump(value) }

  # Raises at the k-th event of the block, for each k, until the block ends before; gives how many that were.
  EVENTS = %i[call return c_call c_return b_call b_return line].freeze

  def interrupt_everywhere
    (1..).each do |moment|
      seen = 0
      thread = Thread.current
      trace = TracePoint.new(*EVENTS) do |event|
        next unless Thread.current == thread && !event.path.to_s.end_with?("<internal:trace_point>")

        seen += 1
        raise interruption, "at event #{moment}" if seen == moment
      end
      interrupted = yield(->(&work) { run_traced(trace, &work) })
      return moment unless interrupted
    end
  end

  # @return [Boolean] whether the work was interrupted
  def run_traced(trace, &)
    trace.enable(&)
    false
  rescue interruption
    true
  end

  it "at each event of a write with sorted keys, in keys and values: the bytes are as before, or all is there" do
    sorted = { text.new("k") => value, "b" => { box.new([plain.new]) => 1, "a" => plain.new } }
    expected = factory.dump(sorted, sort_keys: true)
    moments = interrupt_everywhere do |traced|
      packer = factory.packer(sort_keys: true).write(1)
      interrupted = traced.call { packer.write(sorted) }
      expect([hex("01"), hex("01") + expected]).to include(packer.to_s)
      packer.clear
      expect(packer.write(sorted).full_pack).to eq(expected)
      interrupted
    end
    expect(moments).to be > 20
  end

  it "at each event of a write: the bytes are as before, or the object is there wholly" do
    before = hex("01 02")
    moments = interrupt_everywhere do |traced|
      packer = factory.packer.write(1).write(2)
      interrupted = traced.call { packer.write(value) }
      expect([before, before + message]).to include(packer.to_s)
      packer.clear
      expect(packer.write(value).full_pack).to eq(message)
      interrupted
    end
    expect(moments).to be > 30
  end

  it "at each event of a flush: sink and buffer together have all, once" do
    moments = interrupt_everywhere do |traced|
      sink = ScriptedSink.new(*[2, 3] * 4)
      packer = factory.packer(sink).write(value)
      interrupted = traced.call { packer.flush }
      # What the sink took in the very call that was interrupted it has not told: only that may be there twice.
      rest = packer.to_s
      overlap = (sink.taken + rest).bytesize - message.bytesize
      expect(overlap).to be_between(0, sink.given.last.to_s.bytesize)
      expect(sink.taken.byteslice(0, sink.taken.bytesize - overlap) + rest).to eq(message)
      interrupted
    end
    expect(moments).to be > 10
  end

  it "at each event of a one-shot call: the next one is right" do
    interrupt_everywhere do |traced|
      interrupted = traced.call { factory.load(factory.dump(value)) }
      expect(factory.load(factory.dump(value))).to eq(read_value)
      interrupted
    end
  end

  it "at each event of a read: the next object follows, or this one comes once more where nothing was begun" do
    moments = interrupt_everywhere do |traced|
      unpacker = factory.unpacker.feed(message).feed(hex("07 08"))
      got = nil
      interrupted = traced.call { got = unpacker.read }
      rest = unpacker.to_a
      # Interrupted at its very end, the object has been read and its value is lost, as that of any method.
      expect([[7, 8], [read_value, 7, 8]]).to include(rest)
      expect(rest).to eq([7, 8]) unless interrupted
      expect(unpacker.tell).to eq(message.bytesize + 2)
      expect([nil, read_value]).to include(got)
      interrupted
    end
    expect(moments).to be > 20
  end

  it "at each event of a read from an io: no byte is lost that was not the io's last answer" do
    stream = message + hex("07 08")
    interrupt_everywhere do |traced|
      given = []
      pieces = stream.scan(/.{1,13}/mn).map { |piece| -> { given.push(piece).last } }
      unpacker = factory.unpacker(ScriptedIO.new(*pieces))
      interrupted = traced.call { unpacker.read }
      all = given.sum(&:bytesize)
      expect(unpacker.tell + unpacker.buffer.size).to be_between(all - given.last.to_s.bytesize, all)
      interrupted
    end
  end

  describe "by Thread#raise and Thread#kill" do
    # Stops a thread in the k-th call of a handler, by the block, and waits for its end.
    def stop_at(moment, work, &stop)
      calls = 0
      arrived = Queue.new
      thread = Thread.new do
        Thread.current.report_on_exception = false
        work.call(lambda do
          next unless (calls += 1) == moment

          arrived << true
          sleep
        end)
        :finished
      rescue interruption
        :interrupted
      end
      Thread.pass until !arrived.empty? || thread.stop?
      stop.call(thread) unless arrived.empty?
      thread.value
    end

    ways = { "raise" => ->(thread, error) { thread.raise(error) }, "kill" => ->(thread, _) { thread.kill } }

    ways.each do |how, stop|
      it "in any call of a handler (#{how}): a Packer is as it was, and works" do
        ended = (1..7).map do |moment|
          packer = MessagePack::Packer.new.write("before")
          result = stop_at(moment, lambda do |visit|
            packer.register_exttype(text, 5) { |it| visit.call || it.text }
            packer.register_lowlevel(box) { |it, pk| visit.call || (pk.write(it.value) && nil) }
            packer.write([text.new("t"), [box.new([text.new("u"), box.new(1)])], text.new("v")])
          end) { |thread| stop.call(thread, interruption) }
          added = packer.to_s.delete_prefix(MessagePack.pack("before"))
          expect(added.empty?).to be(result != :finished)
          packer.clear
          packer.register_exttype(text, 5)
          expect(packer.write([text.new("w")]).full_pack).to eq(hex("91 d4 05 57"))
          result
        end
        expect(ended).to eq([*[how == "raise" ? :interrupted : nil] * 5, :finished, :finished])
      end

      it "in any call of a handler (#{how}): an Unpacker passes over that object, and works" do
        ended = (1..4).map do |moment|
          unpacker = MessagePack::Unpacker.new.feed(hex("93 d4 05 61 81 d4 05 62 d4 05 63 01 07 92 05 06"))
          result = stop_at(moment, lambda do |visit|
            unpacker.register_exttype(5) { |_type, data| visit.call || data }
            unpacker.read
          end) { |thread| stop.call(thread, interruption) }
          expect(unpacker.to_a).to eq([7, [5, 6]])
          result
        end
        expect(ended).to eq([*[how == "raise" ? :interrupted : nil] * 3, :finished])
      end

      it "while an io is waited for (#{how}): nothing that was read is lost" do
        reader, writer = IO.pipe(binmode: true)
        unpacker = MessagePack::Unpacker.new(reader)
        writer.write(hex("93 01 a2 61"))
        thread = Thread.new { unpacker.read }
        thread.report_on_exception = false
        # Until the first bytes are here: Ruby loses those that readpartial is about to return when it is interrupted.
        Thread.pass until unpacker.tell + unpacker.buffer.size == 4 && thread.stop?
        stop.call(thread, interruption)
        how == "raise" ? expect { thread.value }.to(raise_error(interruption)) : thread.join
        writer.write(hex("62 03 07"))
        expect([unpacker.read, unpacker.read]).to eq([[1, "ab", 3], 7])
      ensure
        [reader, writer].each(&:close)
      end
    end

    it "in the middle of a walk without handlers", :slow do
      # 300 MB if it were finished.
      rows = Array.new(3000, Array.new(100_000))
      packer = MessagePack::Packer.new.write("before")
      thread = Thread.new { packer.write(rows) }
      thread.report_on_exception = false
      sleep 0.05
      thread.raise(interruption)
      expect { thread.value }.to raise_error(interruption)
      expect(packer.to_s).to eq(MessagePack.pack("before"))
    end
  end

  describe "by Timeout" do
    it "while an io does not take more: nothing is lost, nothing is there twice" do
      sink = ScriptedSink.new(100, ->(_) { sleep })
      packer = MessagePack::Packer.new(sink).write("x" * 300)
      expect { Timeout.timeout(0.02) { packer.flush } }.to raise_error(Timeout::Error)
      packer.flush
      expect(sink.taken).to eq(MessagePack.pack("x" * 300))
    end

    it "at any moment: contents are one of those allowed", :slow do
      dice = Random.new(7)
      packer = factory.packer
      unpacker = factory.unpacker
      outcomes = Array.new(150) do
        packer.clear
        unpacker.reset
        unpacker.feed(message * 20)
        read = []
        result = begin
          Timeout.timeout(dice.rand * 0.003) do
            10.times { packer.write(value) }
            unpacker.each { |object| read << object }
            :finished
          end
        rescue Timeout::Error
          :interrupted
        end
        written = packer.to_s
        expect(written).to eq(message * (written.bytesize / message.bytesize))
        rest = unpacker.to_a
        # The object that was being read, or yielded, is lost.
        expect((read + rest).uniq - [read_value]).to eq([])
        expect(read.size + rest.size).to be_between(19, 20)
        result
      end
      expect(outcomes.tally.keys - %i[finished interrupted]).to eq([])
    end
  end

  describe "in long walks and by signals", :slow do
    # Another process sends signals as fast as it can, and they are handled whenever this one looks for them.
    def signalled(handler)
      saved = trap(:USR1) { handler.call }
      pid = Process.pid
      sender = fork do
        trap(:USR1, "DEFAULT")
        loop { Process.kill(:USR1, pid) && sleep(0.0002) }
      rescue SystemCallError
        exit!
      end
      yield
    ensure
      Process.kill(:KILL, sender)
      Process.wait(sender)
      trap(:USR1, saved || "DEFAULT")
    end

    # A million values are 15 times 64 Ki.
    {
      "a Hash" => -> { Array.new(1_000_000) { |n| [n, "x" * 60] }.to_h },
      "an Array" => -> { Array.new(1_000_000, "x" * 60) },
      "small Arrays" => -> { Array.new(200_000) { [1, 2, 3, 4] } },
      "Hashes of plain pairs" => -> { Array.new(200, Array.new(5_000) { |n| [n, "x" * 60] }.to_h) }
    }.each do |what, make|
      it "looks for interrupts in #{what}" do
        during = nil
        looks = Hash.new(0)
        # The last of what is packed: a look after it is none in the walk.
        last = Object.new
        last.define_singleton_method(:to_msgpack) { |packer| (during = nil) || packer.write(nil) }
        value = [make.call, last]
        signalled(-> { looks[during] += 1 if during }) do
          8.times do |turn|
            packer = MessagePack::Packer.new
            during = [:pack, turn]
            MessagePack.pack(value)
            during = [:write, turn]
            packer.write(value)
          end
        end
        most = %i[pack write].map { |way| looks.select { |key, _| key.first == way }.values.max.to_i }
        expect(most).to all(be >= 3)
      end
    end

    # The header counted the pairs at another moment than the pairs were read.
    it "packs a Hash that a signal changes as it is at one moment, or not at all" do
      hash = { "a" => 1 }
      list = [Array.new(65_000, 1), *Array.new(400, hash), "end"]
      outcomes = Hash.new(0)
      signalled(-> { hash.size > 1 ? hash.delete("b") : hash["b"] = 2 }) do
        until outcomes.values.sum >= 3_000
          begin
            *, last = MessagePack.unpack(MessagePack.pack(list))
            outcomes[last] += 1
          rescue RuntimeError => e
            outcomes[e.message[/changed|iteration/] || e.message] += 1
          end
        end
      end
      expect(outcomes.keys - %w[end changed iteration]).to eq([])
      expect(outcomes["end"]).to be > 0
    end
  end
end
