# frozen_string_literal: true

# The child unpacker of a recursive type: it sees the payload and nothing else, however the input is cut.
RSpec.describe MessagePack::Factory, "reading recursive types" do
  let(:factory) { box_factory }
  let(:box) { FactoryHelpers::Box }

  # A factory whose handler of type 1 is the block.
  def reading(&block)
    box_factory(unpacker: block)
  end

  # Loads in both ways there are; fails unless both give the same.
  def load(factory, message)
    one_shot = factory.load(message)
    expect(factory.unpacker.feed(message).read).to eq(one_shot)
    one_shot
  end

  describe "the handler" do
    it "gets an Unpacker, once for each object" do
      seen = []
      factory = reading { |*arguments| seen.concat(arguments) && arguments[0].read }
      expect(factory.load(bytes(0x92, ext_bytes(1, "\x07"), ext_bytes(1, "\xa1a")))).to eq([7, "a"])
      expect(seen).to all(be_an_instance_of(MessagePack::Unpacker))
      expect(seen.size).to eq(2)
    end

    {
      "a Symbol" => ->(_) { :from_unpacker }, "a String" => ->(_) { "from_unpacker" },
      "a Method" => ->(reader) { reader.method(:call) }, "an object with call" => ->(reader) { reader }
    }.each do |name, make|
      it "may be #{name}" do
        klass = Class.new { def self.from_unpacker(unpacker) = [unpacker.read] }
        reader = Class.new { def call(unpacker) = [unpacker.read] }.new
        factory.register_type(5, klass, unpacker: make.call(reader), recursive: true)
        expect(load(factory, ext_bytes(5, "\x07"))).to eq([7])
      end
    end

    it "may give anything, nil included" do
      results = [nil, false, [], :symbol, 2**70, "s"]
      factory = reading { |child| results.fetch(child.read) }
      expect(load(factory, bytes(0x96, *(0..5).map { |index| ext_bytes(1, [index].pack("C")) }))).to eq(results)
    end

    it "may stand in keys and values" do
      message = bytes(0x82, ext_bytes(1, "\x01"), ext_bytes(1, "\x02"), ext_bytes(1, "\xa1a"), 3)
      expect(load(factory, message)).to eq({ box.new(1) => box.new(2), box.new("a") => 3 })
    end

    it "is called in the order of the objects, inner ones before the outer is done" do
      order = []
      factory = reading do |child|
        order << :begin
        child.read.tap { |value| order << value }
      end
      factory.load(bytes(0x92, ext_bytes(1, bytes(0x92, ext_bytes(1, "\x01"), 2)), ext_bytes(1, "\x03")))
      expect(order).to eq([:begin, :begin, 1, [1, 2], :begin, 3])
    end
  end

  describe "the child" do
    # What the block makes of a child unpacker over these bytes, which other objects surround.
    def child_of(payload, &block)
      result = nil
      factory = reading { |child| (result = block.call(child)) && :read }
      expect(load(factory, bytes(0x93, 1, ext_bytes(1, payload), 2))).to eq([1, :read, 2])
      result
    end

    it "reads several objects" do
      expect(child_of(hex("07 a1 61 91 c0")) { |child| [child.read, child.unpack, child.read] }).to eq([7, "a", [nil]])
    end

    it "enumerates them" do
      payload = hex("07 a1 61 91 08")
      expect(child_of(payload, &:to_a)).to eq([7, "a", [8]])
      expect(child_of(payload) { |child| child.each.with_index.to_a }).to eq([[7, 0], ["a", 1], [[8], 2]])
      expect(child_of(payload) { |child| [].tap { |all| child.each { |object| all << object } } }).to eq([7, "a", [8]])
      expect(child_of(payload, &:first)).to eq(7)
      expect(child_of("", &:to_a)).to eq([])
    end

    it "reads headers, skips and looks ahead" do
      expect(child_of(hex("92 07 81 a1 61 c0")) do |child|
        [child.read_array_header, child.read, child.read_map_header, child.read, child.skip_nil, child.read]
      end).to eq([2, 7, 1, "a", true, nil])
      expect(child_of(hex("93 01 02 03 07")) { |child| [child.skip, child.read] }).to eq([nil, 7])
    end

    it "reads by full_unpack what is one object" do
      expect(child_of(hex("92 01 02"), &:full_unpack)).to eq([1, 2])
    end

    it "reads large payloads" do
      texts = Array.new(5) { |n| n.to_s * 200_000 }
      expect(child_of(MessagePack.pack(texts), &:read) == texts).to be(true)
    end

    it "has strings of its own, which outlive it" do
      source = ext_bytes(1, bytes(0xd9, 60, "s" * 60, 0xc4, 60, "b" * 60))
      one, two = reading { |child| [child.read, child.read] }.load(source)
      source.replace("gone")
      GC.start
      expect([one << "!", two << "!"]).to eq(["#{"s" * 60}!", "#{"b" * 60}!"])
    end

    it "has the options of its parent" do
      told = nil
      factory = reading do |child|
        told = [child.symbolize_keys?, child.freeze?, child.allow_unknown_ext?]
        child.read
      end
      message = ext_bytes(1, bytes(0x81, 0xa1, "k", ext_bytes(99, "x")))
      object = factory.load(message, symbolize_keys: true, freeze: true, allow_unknown_ext: true)
      expect(object).to eq({ k: MessagePack::ExtensionValue.new(99, "x") })
      expect(told).to eq([true, true, true])
      expect { factory.load(message) }.to raise_error(MessagePack::UnknownExtTypeError)
      expect(told).to eq([false, false, false])
    end

    it "knows what its parent has registered, and its default" do
      unpacker = factory.unpacker
      unpacker.register_type(2) { |data| [:own, data] }
      unpacker.register_exttype(3) { |type, data| [type, data] }
      unpacker.default_exttype = ->(type, data) { { type => data } }
      payload = bytes(0x93, ext_bytes(2, "a"), ext_bytes(3, "b"), ext_bytes(4, "c"))
      expect(unpacker.feed(ext_bytes(1, payload)).read).to eq(box.new([[:own, "a"], [3, "b"], { 4 => "c" }]))
    end

    it "knows the recursive type itself" do
      expect(load(factory, nested_ext_bytes(20, "\x07"))).to eq(box.nested(20, 7))
    end
  end

  describe "cut input" do
    let(:value) { [1, box.new(["ab", box.new({ "k" => box.new(nil), "l" => [box.new("x" * 20)] })]), "end"] }
    let(:message) { factory.dump(value) }
    let(:calls) { [] }
    let(:counting) { reading { |child| child.read.tap { |content| calls << content }.then { |it| box.new(it) } } }

    it "may be cut at any byte" do
      (0..message.bytesize).each do |cut|
        unpacker = factory.unpacker.feed(message.byteslice(0, cut))
        expect_underflow { unpacker.read } if cut < message.bytesize
        expect(unpacker.feed(message.byteslice(cut..)).read).to eq(value), "cut at #{cut}"
      end
    end

    it "may be cut at any two bytes" do
      small = factory.dump([box.new([1, box.new("ab")]), 2])
      (0..small.bytesize).to_a.combination(2) do |one, two|
        unpacker = factory.unpacker
        [small.byteslice(0...one), small.byteslice(one...two)].each do |piece|
          unpacker.feed(piece)
          expect_underflow { unpacker.read } if two < small.bytesize
        end
        expect(unpacker.feed(small.byteslice(two..)).read).to eq([box.new([1, box.new("ab")]), 2]), "#{one}, #{two}"
      end
    end

    it "comes byte by byte, and each handler is called once for each object" do
      unpacker = counting.unpacker
      message.byteslice(0..-2).each_char do |byte|
        unpacker.feed(byte)
        expect_underflow { unpacker.read }
      end
      expect(unpacker.feed(message.byteslice(-1)).read).to eq(value)
      expect(calls.size).to eq(4)
    end

    it "comes from an io in pieces of any size" do
      [1, 2, 3, 7, 50].each do |size|
        io = ScriptedIO.new(*(message * 2).each_char.each_slice(size).map(&:join))
        expect(counting.unpacker(io).to_a).to eq([value, value])
      end
      expect(calls.size).to eq(5 * 2 * 4)
    end

    it "comes through feed_each" do
      objects = []
      unpacker = counting.unpacker
      (message * 3).each_char.each_slice(5) { |piece| unpacker.feed_each(piece.join) { |object| objects << object } }
      expect([objects, calls.size]).to eq([[value] * 3, 12])
    end

    it "may be large" do
      large = [box.new(["a" * 300_000, box.new(["b" * 700_000, 1])]), "end" * 30_000]
      [70_000, 33_000, 600_000].each do |size|
        unpacker = factory.unpacker
        packed = factory.dump(large)
        (0...packed.bytesize).step(size) { |at| unpacker.feed_reference(packed.byteslice(at, size)) }
        expect(unpacker.read == large).to be(true)
      end
    end

    it "resumes inside containers that hold other objects" do
      whole = bytes(0x94, 0xa3, "one", ext_bytes(1, bytes(0xa5, "inner")), 0x81, 0xa1, "k", ext_bytes(1, "\xc0"), 7)
      unpacker = factory.unpacker
      whole.each_char.each_slice(4) do |piece|
        expect_underflow { unpacker.read }
        GC.start
        unpacker.feed(piece.join)
      end
      expect(unpacker.read).to eq(["one", box.new("inner"), { "k" => box.new(nil) }, 7])
    end
  end

  describe "a handler that reads too little" do
    {
      "nothing" => ->(_child) { :little }, "one object of several" => ->(child) { child.read && :little },
      "an array's header alone" => ->(child) { child.read_array_header && :little },
      "a part of an array" => ->(child) { child.read_array_header && child.read && :little },
      "a part by each" => ->(child) { child.first && :little },
      "a part, skipping" => ->(child) { child.skip || :little }
    }.each do |what, handler|
      it "reads #{what}: the rest is skipped, and what follows is not" do
        calls = 0
        factory = reading { |child| (calls += 1) && handler.call(child) }
        payload = bytes(0x93, 1, ext_bytes(9, "ab"), 3, 0xa1, "s", 0x91, 1, 0xc0)
        message = bytes(0x93, 0, ext_bytes(1, payload), { "k" => 8 }.to_msgpack)
        expect(load(factory_with_nine(factory), message)).to eq([0, :little, { "k" => 8 }])
        expect(calls).to eq(2)
        expect(factory.unpacker.feed(bytes(message, message, 7)).to_a)
          .to eq([[0, :little, { "k" => 8 }], [0, :little, { "k" => 8 }], 7])
      end
    end

    # Type 9 stands where some handlers read and some skip.
    def factory_with_nine(factory)
      factory.tap { |it| it.register_type(9, Range, packer: nil, unpacker: ->(data) { data }) }
    end

    it "does so at each level" do
      factory = reading { |child| [child.read] }
      inner = bytes(ext_bytes(1, bytes(ext_bytes(1, hex("01 ff ff")), 0xc1)), hex("92 01"))
      expect(load(factory, bytes(0x92, ext_bytes(1, inner), 7))).to eq([[[[1]]], 7])
    end

    it "does not look at what it skips, be it malformed" do
      expect(load(reading { :none }, bytes(0x92, ext_bytes(1, hex("c1 c1 df ff ff ff ff")), 7))).to eq([:none, 7])
    end
  end

  describe "a handler that reads too much" do
    let(:greedy) { reading { |child| [child.read, child.read] } }

    it "gets an UnderflowError, an EOFError, with the offset in the whole stream" do
      message = bytes(0x92, 1, ext_bytes(1, "\x07"), 8, 9)
      [-> { greedy.load(message[0..-2]) }, -> { greedy.unpacker.feed(message).read }].each do |call|
        error = error_of(&call)
        expect(error).to be_an_instance_of(MessagePack::UnderflowError).and be_a(EOFError)
        expect(error.offset).to eq(5)
      end
    end

    it "never sees what follows the payload" do
      [hex(""), hex("92 07"), hex("a5 61 62"), hex("da 01"), hex("cf 00"), hex("df 00 00 00 05 01"), hex("c7 09 01")]
        .each do |payload|
          seen = :nothing
          factory = reading { |child| seen = child.read }
          message = bytes(0x92, ext_bytes(1, payload), MessagePack.pack("follows"))
          expect_underflow { factory.load(message) }
          unpacker = factory.unpacker.feed(bytes(message, 7))
          expect_underflow { unpacker.read }
          expect([seen, unpacker.read]).to eq([:nothing, 7])
        end
    end

    %i[skip skip_nil read_array_header read_map_header full_unpack].each do |method|
      it "gets it from #{method} as well" do
        factory = reading do |child|
          child.read
          child.public_send(method)
        end
        expect_underflow { factory.load(bytes(0x92, ext_bytes(1, "\x07"), 8)) }
      end
    end

    it "may rescue it and lose nothing" do
      factory = reading do |child|
        first = child.read
        begin
          3.times { child.read }
        rescue EOFError
          first
        end
      end
      expect(load(factory, bytes(0x92, ext_bytes(1, "\x07"), 8))).to eq([7, 8])
      expect(factory.unpacker.feed(bytes(ext_bytes(1, "\x07"), 8)).to_a).to eq([7, 8])
    end

    it "lets each end without an error" do
      factory = reading { |child| [].tap { |all| child.each { |object| all << object } } }
      expect(load(factory, bytes(0x92, ext_bytes(1, hex("01 02 92 03")), 8))).to eq([[1, 2], 8])
    end

    it "fails as an error and not as input to come: each does not end silently" do
      unpacker = greedy.unpacker.feed(bytes(1, ext_bytes(1, "\x07"), 2))
      objects = []
      expect_underflow { unpacker.each { |object| objects << object } }
      unpacker.each { |object| objects << object }
      expect(objects).to eq([1, 2])
    end
  end

  describe "errors in a payload" do
    # A payload of type 2 in one of type 1, with one byte behind it.
    def wrapped(payload)
      bytes(0x92, 0xa1, "a", ext_bytes(1, bytes(0x93, 1, ext_bytes(2, payload), 2)))
    end

    # Reads two objects of a payload of type 2.
    before do
      factory.register_type(2, Range, unpacker: ->(child) { [child.read, child.read] }, recursive: true)
    end

    # As [payload, where in it the error is, error].
    {
      "0xc1" => ["c0 91 c1", 2, MessagePack::MalformedFormatError],
      "a type that is not registered" => ["c0 d4 63 00", 1, MessagePack::UnknownExtTypeError],
      "a truncated array" => ["c0 92 c0", 3, MessagePack::UnderflowError],
      "a truncated str" => ["c0 a5 61", 1, MessagePack::UnderflowError]
    }.each do |what, (digits, place, error_class)|
      it "have the offset in the whole stream: #{what}" do
        message = wrapped(hex(digits))
        start = message.bytesize - 1 - hex(digits).bytesize
        error = error_of { factory.load(message) }
        expect(error).to be_an_instance_of(error_class)
        expect(error.offset).to eq(start + place)

        unpacker = factory.unpacker.feed(bytes(1, 0xa2, "ab", message))
        2.times { unpacker.read }
        expect(error_of { unpacker.read }.offset).to eq(4 + start + place)
      end
    end

    it "have it for what full_unpack leaves over" do
      factory = reading(&:full_unpack)
      error = error_of { factory.load(bytes(0x91, ext_bytes(1, hex("01 02 03")))) }
      expect(error).to be_an_instance_of(MessagePack::MalformedFormatError)
      expect(error.message).to match(/\b2\b/)
      expect(error.offset).to eq(5)
    end

    it "have it for a header that is none, and consume nothing" do
      factory = reading do |child|
        child.read
        [error_of { child.read_array_header }, child.read]
      end
      error, object = factory.load(bytes(0x91, ext_bytes(1, hex("c0 07"))))[0]
      expect([error, object]).to match([be_an_instance_of(MessagePack::UnexpectedTypeError), 7])
      expect(error.offset).to eq(4)
    end

    it "come from the handler with the offset of its extended type, if they have none" do
      factory = reading { |child| child.read.tap { |it| raise MessagePack::MalformedFormatError, "mine" if it == 7 } }
      expect(error_of { factory.load(bytes(0x92, 1, ext_bytes(1, "\x07"))) }.offset).to eq(2)
      message = bytes(0x92, 1, ext_bytes(1, bytes(0x91, ext_bytes(1, "\x07"))))
      expect(error_of { factory.load(message) }.offset).to eq(message.bytesize - 3)
    end

    it "leave the next object readable" do
      unpacker = factory.unpacker
      ["c0 91 c1", "c0 d4 63 00", "c0 92 c0", "c0 a5 61"].map { |digits| hex(digits) }.each do |payload|
        unpacker.feed(bytes(wrapped(payload), 7))
        expect { unpacker.read }.to raise_error(StandardError)
        expect(unpacker.read).to eq(7)
      end
    end

    it "may be rescued by the handler, and the child goes on behind 0xc1" do
      factory = reading { |child| [error_of { child.read }.class, child.read] }
      expect(load(factory, bytes(0x92, ext_bytes(1, hex("c1 07")), 8)))
        .to eq([[MessagePack::MalformedFormatError, 7], 8])
    end

    it "may be rescued by the handler, and the child skips the rest of that object" do
      factory = reading { |child| [error_of { child.read }.class, child.read] }
      expect(load(factory, bytes(0x92, ext_bytes(1, hex("93 01 d4 63 00 02 07")), 8)))
        .to eq([[MessagePack::UnknownExtTypeError, 7], 8])
    end
  end

  describe "skip" do
    it "passes over recursive types and calls nothing" do
      calls = 0
      unpacker = reading { (calls += 1) && nil }.unpacker
      unpacker.feed(bytes(0x92, ext_bytes(1, hex("c1 c1 c1")), nested_ext_bytes(3), ext_bytes(1, ""), 7))
      expect([unpacker.skip, unpacker.skip, unpacker.read, calls]).to eq([nil, nil, 7, 0])
    end
  end
end
