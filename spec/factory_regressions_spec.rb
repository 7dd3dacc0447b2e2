# frozen_string_literal: true

require "stringio"

# Faults of Factory and what belongs to it that reviews have found: an example each.
RSpec.describe MessagePack::Factory, "as it once failed" do
  # A call held its Factory's handlers in memory that the GC does not see: registering anew while the call was about to
  # use them freed them (SIGSEGV).
  {
    "load, by to_str" => "factory.load(Source.new(factory))",
    "load, by an io" => "factory.load(Source.new(factory, to_str: false))",
    "unpacker" => "factory.unpacker(Source.new(factory, to_str: false)).read",
    "dump" => "factory.dump(1r, Sink.new(factory))",
    "packer" => "factory.packer(Sink.new(factory)).write(1r).flush"
  }.each do |what, call|
    it "uses the handlers that a call began with: #{what}" do
      result = in_subprocess(<<~RUBY, options: ["-W0", "-I", SubprocessHelpers::LIB])
        require "msgpack-ext"
        # Registers anew, and fills the place of what the GC can take then.
        def replace(factory)
          factory.register_type(1, Rational, packer: nil, unpacker: nil)
          GC.start
          10_000.times.map { [Object.new, "x" * 3] }
          GC.start
        end
        class Source
          def initialize(factory, to_str: true)
            @factory, @bytes = factory, "\\xd4\\x01A".b
            singleton_class.define_method(:to_str) { replace(@factory); @bytes } if to_str
          end
          def respond_to?(name, all = false) = (replace(@factory) if name == :readpartial) || super
          def readpartial(_) = @bytes.slice!(0..) || raise(EOFError)
        end
        class Sink
          def initialize(factory) = @factory = factory
          def respond_to?(name, all = false) = (replace(@factory) if name == :write) || super
          def write(bytes) = p(bytes)
        end
        factory = MessagePack::Factory.new
        factory.register_type(1, Rational, packer: eval("->(it) { 'old ' + it.to_s }"),
                                           unpacker: eval("->(data) { [:old, data] }"))
        p(#{call})
      RUBY
      expect(result).to be_success, result.to_s
      expect(result.stdout).to match(/old 1|:old, "A"/), result.to_s
    end
  end

  it "keeps the handlers of DefaultFactory alive for other Ractors that are about to call them" do
    result = in_subprocess(<<~RUBY, options: ["-W0", "-I", SubprocessHelpers::LIB])
      require "msgpack-ext"
      register = lambda do
        handler = Ractor.make_shareable(nil.instance_eval { ->(data) { data } })
        MessagePack::DefaultFactory.register_type(1, Rational, packer: nil, unpacker: handler)
      end
      register.call
      ractors = 2.times.map do
        Ractor.new { 20_000.times.all? { MessagePack.unpack("\\x92\\xd4\\x01a\\x01".b, freeze: true) == ["a", 1] } }
      end
      300.times { register.call; GC.start }
      p ractors.map { |ractor| ractor.respond_to?(:take) ? ractor.take : ractor.value }
    RUBY
    expect(result.stdout).to eq("[true, true]\n"), result.to_s
  end

  # Every level copied what was left of the payload: 490 levels around a megabyte took 490 megabytes.
  it "does not copy a payload at each of its levels" do
    result = in_subprocess(<<~RUBY, options: ["-W0", "-I", SubprocessHelpers::LIB])
      require "msgpack-ext"
      peak = -> { File.read("/proc/self/status")[/VmHWM:\\s+(\\d+)/, 1].to_i * 1024 }
      factory = MessagePack::Factory.new
      factory.register_type(1, Rational, packer: nil, unpacker: ->(child) { child.read }, recursive: true)
      bytes = MessagePack.pack("x".b * 2**20)
      400.times { bytes = MessagePack::Packer.new.write_ext(1, bytes).to_s }
      pieces = bytes.scan(/.{1,4096}/mn)
      GC.start
      before = peak.call
      p factory.load(bytes).bytesize
      stream = factory.unpacker
      pieces.each { |piece| stream.feed(piece) }
      p stream.read.bytesize
      p (peak.call - before) / 2**20
    RUBY
    sizes = result.stdout.split.map(&:to_i)
    expect(sizes.first(2)).to eq([2**20, 2**20]), result.to_s
    expect(sizes.last).to be < 64
  end

  # The lock of the registrations was left locked by an exception out of the GC's mark: the process hung.
  it "can be used after a make_shareable that failed" do
    text = +"text"
    factory = described_class.new.tap { |it| it.register_type(1, Rational, packer: ->(_) { text }, unpacker: nil) }
    expect { Ractor.make_shareable(factory) }.to raise_error(Ractor::IsolationError)
    expect(factory.dump(1r)).to eq("\xD6\x01text".b)
    expect(factory.registered_types.size).to eq(1)
  end

  it "is not changed by initialize_copy when it is frozen" do
    factory = described_class.new.freeze
    expect { factory.send(:initialize_copy, described_class.new) }.to raise_error(FrozenError)
    expect { described_class.new.send(:initialize_copy, "x") }.to raise_error(TypeError)
  end

  it "does not lend an Unpacker from a pool whose last user is still in the middle of a read" do
    factory = described_class.new
    factory.register_type(1, Rational, unpacker: ->(data) { Fiber.yield && data }, packer: nil)
    pool = factory.pool(1)
    fiber = nil
    pool.unpacker { |unpacker| (fiber = Fiber.new { unpacker.feed("\xD4\x01y".b).read }).resume }
    expect(pool.unpacker { |unpacker| unpacker.feed("\x05").read }).to eq(5)
    expect(fiber.resume(true)).to eq("y")
  end

  it "finds out about wrong options of a pool at once" do
    expect { described_class.new.pool(1, max_depth: -1) }.to raise_error(ArgumentError, /max_depth/)
    expect { described_class.new.pool(0, max_str_len: "1") }.to raise_error(TypeError, /max_str_len/)
  end

  # The count of open writes went below zero: the Packer was "writing" for good.
  it "leaves a Packer usable that another thread writes to while MessagePack.pack ends" do
    kept = nil
    inner = Class.new { define_method(:to_msgpack) { |packer| sleep(0.05) && packer.write(3) } }
    outer = Class.new do
      define_method(:to_msgpack) do |packer|
        kept = [packer, Thread.new { packer.write(inner.new) }]
        sleep 0.01
        packer.write("b")
      end
    end
    MessagePack.pack(outer.new)
    kept.last.join
    kept.first.clear
    expect(kept.first.write(1).full_pack).to eq("\x01")
  end

  # What an io had not taken was put into the payload that had begun since.
  it "puts back what an io did not take before what has been written since" do
    fiber = nil
    io = Object.new
    io.define_singleton_method(:write) { |_| Fiber.yield || raise(IOError, "no") }
    factory = described_class.new
    factory.register_type(1, Rational, recursive: true, unpacker: nil, packer: lambda do |_, packer|
      packer.write("pay")
      fiber.resume(nil)
      packer.write("load")
    end)
    packer = factory.packer(io).write("keep")
    fiber = Fiber.new do
      packer.flush
    rescue IOError
      :failed
    end
    fiber.resume
    packer.write(1r)
    expect(packer.to_s).to eq("\xA4keep\xC7\x09\x01\xA3pay\xA4load".b)
  end

  describe "when fibers write to one Packer in turn" do
    body = Struct.new(:body)
    let(:packer) do
      factory = described_class.new
      factory.register_type(1, body, packer: ->(it, packer) { it.body.call(packer) }, recursive: true)
      factory.packer
    end

    # The rollback took a position in a payload for one in the stream, and cut all that stood before it.
    it "takes back no more than what a failed write has written" do
      packer.write("x" * 100)
      before = packer.to_s
      first = Fiber.new { packer.write(body.new(->(it) { it.write(1) && Fiber.yield && it.write(2) })) }
      second = Fiber.new do
        packer.write([body.new(->(it) { it.write(3) && Fiber.yield && raise("no") })])
      rescue RuntimeError
        :failed
      end
      [first, second].each(&:resume)
      expect { first.resume(true) }.to raise_error(RuntimeError, /somebody else/)
      expect(second.resume(true)).to eq(:failed)
      expect(packer.to_s).to eq(before)
      expect(packer.write(1).to_s).to eq("#{before}\x01".b)
    end

    # A flush that waited in its io went on with the bytes of a payload that had begun meanwhile.
    it "hands no part of a payload to the io" do
      io = Class.new do
        attr_accessor :hook, :got

        def write(bytes)
          waiting = hook
          @hook = nil
          waiting&.call
          @got = "#{got}#{bytes}".b
          bytes.bytesize
        end
      end.new
      factory = described_class.new
      factory.register_type(1, body, packer: ->(it, packer) { it.body.call(packer) }, recursive: true)
      packer = factory.packer(io)
      writer = Fiber.new { packer.write(body.new(->(it) { it.write("in") && Fiber.yield && it.write("rest") })) }
      io.hook = -> { writer.resume }
      packer.buffer << MessagePack.pack("first") << MessagePack.pack("B" * 600_000)
      packer.flush
      writer.resume(true)
      packer.flush
      expect(MessagePack::Unpacker.new.feed(io.got).map { |it| it.is_a?(String) ? it[0, 5] : it.data })
        .to eq(["first", "BBBBB", "\xA2in\xA4rest".b])
    end
  end

  it "is not changed when it is frozen while a registration looks at its handlers" do
    factory = described_class.new
    handler = Class.new do
      define_method(:respond_to?) { |name, all = false| factory.freeze && super(name, all) }
      def call(_) = "late"
    end
    expect { factory.register_type(2, Rational, packer: handler.new) }.to raise_error(FrozenError)
    expect(factory.registered_types).to eq([])
  end

  # What waited for the thread was thrown away with the errors of make_shareable.
  it "loses no interrupt while types are registered" do
    outcomes = Array.new(20) do
      ready = Queue.new
      thread = Thread.new do
        factory = described_class.new
        ready << true
        loop { factory.register_type(1, Rational, packer: :to_s) }
      rescue IndexError
        :raised
      end
      ready.pop
      thread.raise(IndexError)
      thread.join(10)&.value
    end
    expect(outcomes.tally).to eq(raised: 20)
  end

  # The String that a child's payload lies in was not held while the child was made.
  it "holds large payloads while the GC moves what it can" do
    need GC.respond_to?(:auto_compact=), "a Ruby that compacts"
    box = Struct.new(:value)
    factory = described_class.new
    factory.register_type(1, box, packer: ->(it, packer) { packer.write(it.value) },
                                  unpacker: ->(child) { box.new(child.read) }, recursive: true)
    value = ["a" * 10, "b" * 20_000, "c" * 3000]
    bytes = factory.dump(Array.new(5) { box.new(value) })
    before = GC.auto_compact
    GC.auto_compact = true
    results = Array.new(3) { [factory.load(bytes), factory.unpacker.feed(bytes).read] }.flatten(2)
    expect(results.map(&:value).uniq).to eq([value])
  ensure
    GC.auto_compact = before unless before.nil?
  end
end
