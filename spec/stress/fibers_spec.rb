# frozen_string_literal: true

# Fibers that wait inside handlers and ios, go on in any order, or never.
RSpec.describe MessagePack, "in fibers" do
  # Resumes the fibers in an order that the seed gives until all have ended, and gives their results.
  def run_interleaved(seed, fibers)
    dice = Random.new(seed)
    results = {}
    left = fibers.each_with_index.to_a
    until left.empty?
      fiber, number = left.sample(random: dice)
      result = fiber.resume
      next if fiber.alive?

      results[number] = result
      left.delete([fiber, number])
    end
    results.sort.map(&:last)
  end

  let(:waiting) { Struct.new(:text) { def to_exttype = Fiber.yield || text } }
  let(:low) { Class.new { def to_msgpack(packer) = Fiber.yield || packer.write(["low"]) } }

  def value_of(number)
    map = { "k#{number}" => waiting.new("t#{number}"), low.new => [waiting.new("u" * number)] }
    [number, map, "x" * (number * 100)]
  end

  def read_value_of(number)
    [number, { "k#{number}" => "t#{number}", ["low"] => ["u" * number] }, "x" * (number * 100)]
  end

  let(:wait) { ->(_type, data) { Fiber.yield || data } }

  # What each fiber does with its value, waiting at every handler, and at every read and write of an io.
  let(:ways) do
    factory = MessagePack::Factory.new
    factory.register_type(5, waiting, packer: :to_exttype, unpacker: ->(data) { Fiber.yield || data })
    {
      "load and dump" => ->(value) { factory.load(factory.dump(value)) },
      "unpack" => ->(value) { MessagePack.unpack(factory.packer.write(value).full_pack, default_exttype: wait) },
      "ios" => lambda do |value|
        sink = nil
        slow = ->(given) { Fiber.yield || sink.taken.concat(given.byteslice(0, 1)).then { 1 } }
        sink = ScriptedSink.new(*[3, slow] * 20)
        factory.packer(sink).write(value).flush
        pieces = sink.taken.scan(/.{1,17}/mn).map { |piece| -> { Fiber.yield || piece } }
        factory.unpacker(ScriptedIO.new(*pieces)).read
      end
    }
  end

  8.times do |seed|
    it "keeps apart what waits, in the order of seed #{seed}" do
      fibers = (ways.values * 2).each_with_index.map { |way, number| Fiber.new { way.call(value_of(number)) } }
      expect(run_interleaved(seed, fibers)).to eq((0...6).map { |number| read_value_of(number) })
    end
  end

  it "reads one stream in several fibers: each object goes to one, who comes in meanwhile is refused" do
    unpacker = MessagePack::Unpacker.new(ScriptedIO.new(*(0...30).map { |i| -> { Fiber.yield || bytes(0x91, i) } }))
    refused = 0
    reader = lambda do
      got = []
      begin
        loop { got << unpacker.read }
      rescue EOFError
        got
      rescue RuntimeError
        refused += 1
        Fiber.yield
        retry
      end
    end
    fibers = Array.new(3) { Fiber.new(&reader) }
    expect(run_interleaved(1, fibers).flatten(1).sort).to eq((0...30).map { |i| [i] })
    expect(refused).to be_positive
  end

  describe "as Enumerators" do
    it "go on from where each stands, in any order" do
      enums = Array.new(3) do |number|
        MessagePack::Unpacker.new.feed_each((MessagePack.pack([number]) * 2) + MessagePack.pack("end #{number}"))
      end
      expect([0, 1, 2, 2, 1, 0, 1, 0, 2].map { |number| enums[number].next })
        .to eq([[0], [1], [2], [2], [1], [0], "end 1", "end 0", "end 2"])
      enums.each { |enum| expect { enum.next }.to raise_error(StopIteration) }
    end

    it "may be left, and the unpacker read on from" do
      unpacker = MessagePack::Unpacker.new.feed(hex("01 02 03 92 04"))
      expect(unpacker.each.next).to eq(1)
      GC.start
      expect([unpacker.read, unpacker.each.next]).to eq([2, 3])
      expect(unpacker.feed(hex("05 06")).to_a).to eq([[4, 5], 6])
    end
  end

  describe "that are never resumed" do
    # Leaves a fiber in the block's middle, where nobody can reach it any more.
    def abandon(&)
      Fiber.new(&).resume
      GC.start
    end

    it "leave the block of each: the unpacker reads on" do
      unpacker = MessagePack::Unpacker.new.feed(hex("01 02 03"))
      abandon { unpacker.each { |object| Fiber.yield(object) } }
      expect(unpacker.to_a).to eq([2, 3])
    end

    it "leave an io's read: the unpacker reads on after reset" do
      unpacker = MessagePack::Unpacker.new(ScriptedIO.new(hex("93 01"), -> { Fiber.yield }, hex("91 02")))
      abandon { unpacker.read }
      unpacker.reset
      expect(unpacker.read).to eq([2])
    end

    it "leave a Packer's handler: what was written is there, and it is written on" do
      packer = MessagePack::Packer.new.write(1)
      abandon { packer.write(["a", low.new, "never"]) }
      expect(packer.write("b").to_s).to eq(hex("01 93 a1 61 a1 62"))
    end

    # The fiber could be resumed at any time, and write on.
    it "leave a Packer's handler: the Packer can't be cleared under it" do
      packer = MessagePack::Packer.new
      abandon { packer.write(["a", low.new]) }
      expect { packer.clear }.to raise_error(RuntimeError, /inside a handler/)
      expect { packer.full_pack }.to raise_error(RuntimeError, /inside a handler/)
      expect(packer.write(1).to_s).to eq("\x92\xA1a\x01".b)
    end

    it "leave an Unpacker's handler: it is new after reset" do
      unpacker = MessagePack::Unpacker.new(default_exttype: wait)
      abandon { unpacker.feed(hex("92 d4 05 61")).read }
      unpacker.reset
      expect(unpacker.feed(hex("91 05")).read).to eq([5])
    end

    it "leave one-shot calls and others' objects alone" do
      4.times { abandon { MessagePack.unpack(hex("92 d4 05 61 01"), default_exttype: wait) } }
      4.times { abandon { MessagePack.pack([low.new]) } }
      value = { "k" => ["v", { "n" => 1 }] }
      expect(MessagePack.unpack(MessagePack.pack(value))).to eq(value)
    end
  end
end
