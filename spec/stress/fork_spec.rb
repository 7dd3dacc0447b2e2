# frozen_string_literal: true

require "stringio"

# What is at work when the process forks goes on in both: what was pending is there twice, once in each.
RSpec.describe MessagePack, "across fork" do
  before { need Process.respond_to?(:fork), "a Ruby that can fork" }

  # Runs the block in a child process and gives its result, or fails with what the child has raised.
  def in_child
    reader, writer = IO.pipe(binmode: true)
    child = fork do
      reader.close
      result = begin
        [:result, yield]
      rescue Exception => e # rubocop:disable Lint/RescueException -- the child ends here, whatever it is
        [:error, e.full_message]
      end
      writer.write(Marshal.dump(result))
    ensure
      # No at_exit of the specs' process.
      exit!
    end
    writer.close
    kind, value = Marshal.load(reader.read) # rubocop:disable Security/MarshalLoad -- from this very program
    raise value if kind == :error

    value
  ensure
    reader.close
    Process.wait(child) if child
  end

  # The block's result in the child, then in this process.
  def in_both(&block)
    [in_child { block.call(:child) }, block.call(:parent)]
  end

  let(:long) { "x" * 600_000 }

  it "finishes what a Packer has begun" do
    packer = MessagePack::Packer.new.write_array_header(3).write(1).write(long)
    results = in_both { |where| MessagePack.unpack(packer.write(where.to_s).full_pack) == [1, long, where.to_s] }
    expect(results).to eq([true, true])
  end

  it "finishes a Packer's io, whose pending bytes are in both" do
    io = ScriptedSink.new
    packer = MessagePack::Packer.new(io).write("pending")
    expect(in_both { |where| packer.write(where.to_s).flush && io.taken })
      .to eq(%w[child parent].map { |where| MessagePack.pack("pending") + MessagePack.pack(where) })
  end

  it "finishes what an Unpacker is in the middle of, at every cut" do
    value = { "a" => [1, { "b" => "text" }], "bin" => "\xFF".b, 7 => [2.5] }
    message = MessagePack.pack(value)
    unpackers = (1...message.bytesize).map do |cut|
      MessagePack::Unpacker.new.feed(message.byteslice(0, cut)).tap { |unpacker| expect_underflow { unpacker.read } }
    end
    both = in_both do |where|
      unpackers.each_with_index.map do |unpacker, index|
        unpacker.feed(message.byteslice((index + 1)..)).feed(MessagePack.pack(where.to_s))
        [unpacker.read == value, unpacker.read, unpacker.tell - message.bytesize]
      end.uniq
    end
    expect(both).to eq([[[true, "child", 6]], [[true, "parent", 7]]])
  end

  it "finishes a skip, and the rest of an object that was given up" do
    skipping, failed = Array.new(2) { MessagePack::Unpacker.new(default_exttype: ->(*) { raise IOError }) }
    expect_underflow { skipping.feed(hex("93 01 82 05")).skip }
    expect { failed.feed(hex("93 d4 05 61")).read }.to raise_error(IOError)
    both = in_both do |_where|
      [skipping.feed(hex("06 07 08 02 09 91")).read, failed.feed(hex("01 91 02 0a")).read]
    end
    expect(both).to eq([[9, 10]] * 2)
  end

  it "keeps what a Buffer holds, referenced Strings included" do
    buffer = MessagePack::Buffer.new << "small" << long << "end"
    buffer.read(2)
    both = in_both { |where| (buffer << where.to_s).read == "all#{long}end#{where}" }
    expect(both).to eq([true, true])
  end

  it "goes on in a handler that forks: the outer calls end in both" do
    where = "parent"
    forking = lambda do
      reader, writer = IO.pipe(binmode: true)
      child = fork
      next [reader.tap { writer.close }, child] if child

      where = "child"
      reader.close
      [writer, nil]
    end
    klass = Class.new
    packer = MessagePack::Packer.new.write(1)
    pipe = child = nil
    packer.register_lowlevel(klass) do |_object, pk|
      pipe, child = forking.call
      pk.write(where)
    end
    written = packer.write(["a", klass.new, "b"]).full_pack
    unless child
      pipe.write(written)
      exit!
    end
    theirs = pipe.read
    Process.wait(child)
    expect([theirs, written]).to eq([hex("01 93 a1 61 a5 63 68 69 6c 64 a1 62"),
                                     hex("01 93 a1 61 a6 70 61 72 65 6e 74 a1 62")])
  end

  it "reads on from the Unpacker in whose handler it forked, after a reset in the child" do
    unpacker = MessagePack::Unpacker.new
    theirs = nil
    unpacker.register_exttype(5) do |_type, data|
      theirs = in_child { unpacker.reset || unpacker.feed(hex("91 08")).tell }
      data
    end
    expect(unpacker.feed(hex("92 d4 05 61 01 07")).to_a).to eq([["a", 1], 7])
    expect(theirs).to eq(0)
  end

  describe "with a thread in a handler, which the child does not have" do
    let(:inside) { Queue.new }
    let(:leave) { Queue.new }
    let(:held) { Class.new }
    let(:packer) { MessagePack::Packer.new }
    let(:unpacker) { MessagePack::Unpacker.new }

    before do
      waiting = -> { inside.push(true) && leave.pop }
      packer.register_lowlevel(held) { |_object, pk| waiting.call && pk.write(7) }
      unpacker.register_exttype(5) { |_type, data| waiting.call && data }
    end

    # Runs the block in a child while one thread is in the Packer's handler and one in the Unpacker's.
    def while_threads_wait(&)
      threads = [Thread.new { packer.write(["a", held.new]).to_s },
                 Thread.new { unpacker.feed(hex("92 d4 05 61 01 07")).to_a }]
      2.times { inside.pop }
      in_child(&)
    ensure
      2.times { leave << true }
      expect(threads.map(&:value)).to eq([hex("92 a1 61 07"), [["a", 1], 7]])
    end

    it "refuses what another thread is refused, and all else works" do
      child = while_threads_wait do
        [error_of { unpacker.read }.class, unpacker.tell, error_of { packer.clear }.class, packer.to_s,
         MessagePack::Unpacker.new.feed(hex("91 05")).read, MessagePack.unpack(MessagePack.pack({ "k" => [1] }))]
      end
      expect(child).to eq([RuntimeError, 4, RuntimeError, hex("92 a1 61"), [5], { "k" => [1] }])
    end

    it "has a new Unpacker after reset" do
      child = while_threads_wait do
        unpacker.reset
        unpacker.feed(hex("91 05")).read
      end
      expect(child).to eq([5])
    end
  end

  it "keeps factories, pools and the class-level table" do
    box = FactoryHelpers::Box
    factory = box_factory
    pool = factory.pool(1)
    keeping_class_level_targets do
      MessagePack::Unpacker.register_exttype(5) { |_type, data| "<#{data}>" }
      both = in_both do |where|
        MessagePack::Unpacker.register_exttype(6) { where.to_s }
        factory.register_type(9, Range, packer: ->(_) { where.to_s }, unpacker: ->(data) { data })
        [pool.load(pool.dump(box.new([where.to_s]))).value, factory.load(factory.dump(1..2)),
         MessagePack.unpack(hex("92 d4 05 61 d4 06 61"))]
      end
      expect(both).to eq(%w[child parent].map { |where| [[where], where, ["<a>", where]] })
    end
  end

  it "has a Pool whose members were all lent" do
    pool = MessagePack::Factory.new.pool(1)
    both = pool.packer do |packer|
      packer.write("lent")
      in_both { |where| [packer.write(where.to_s).to_s, pool.dump(1), pool.load("\x05")] }
    end
    lent = MessagePack.pack("lent")
    expect(both).to eq(%w[child parent].map { |where| [lent + MessagePack.pack(where), "\x01", 5] })
  end
end
