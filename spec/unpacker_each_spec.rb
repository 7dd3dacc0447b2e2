# frozen_string_literal: true

RSpec.describe MessagePack::Unpacker, "#each and #feed_each" do
  subject(:unpacker) { described_class.new }

  def objects
    [].tap { |list| unpacker.each { |object| list << object } }
  end

  describe "#each" do
    it "yields each complete object and returns nil" do
      yielded = []
      result = unpacker.feed(hex("01 a1 61 92 02 03")).each { |object| yielded << object }

      expect(yielded).to eq([1, "a", [2, 3]])
      expect(result).to be_nil
    end

    it "yields nothing where nothing is, and takes nil and false for the objects they are" do
      expect(objects).to eq([])
      unpacker.feed(hex("c0 c2 c0"))
      expect(objects).to eq([nil, false, nil])
    end

    it "yields an Array as one argument" do
      unpacker.feed(hex("92 01 02")).each { |first, *rest| expect([first, rest]).to eq([1, [2]]) }
      unpacker.feed(hex("92 01 02"))
      counts = []
      unpacker.each { |*arguments| counts << arguments }
      expect(counts).to eq([[[1, 2]]])
    end

    it "keeps the incomplete rest for the next feed" do
      unpacker.feed(hex("01 93 02"))
      expect(objects).to eq([1])
      expect(objects).to eq([])
      unpacker.feed(hex("03 04 05"))
      expect(objects).to eq([[2, 3, 4], 5])
    end

    it "continues what read has begun" do
      unpacker.feed(hex("92 01"))
      expect_underflow { unpacker.read }
      unpacker.feed(hex("02 03"))

      expect(objects).to eq([[1, 2], 3])
    end

    it "finishes a half-done skip first" do
      unpacker.feed(hex("92 01"))
      expect_underflow { unpacker.skip }
      unpacker.feed(hex("02 03"))

      expect(objects).to eq([3])
    end

    it "raises at 0xc1 and goes on behind it when it is called again" do
      unpacker.feed(hex("01 c1 02"))
      yielded = []

      expect { unpacker.each { |object| yielded << object } }.to raise_error(MessagePack::MalformedFormatError)
      expect(yielded).to eq([1])
      expect(objects).to eq([2])
    end
  end

  describe "without a block" do
    it "is an Enumerator" do
      enumerator = unpacker.feed(hex("01 02 03")).each

      expect(enumerator).to be_a(Enumerator)
      expect(enumerator.next).to eq(1)
      expect(enumerator.next).to eq(2)
      expect(enumerator.to_a).to eq([3])
    end

    it "reads what is fed between its making and its use" do
      enumerator = unpacker.each
      unpacker.feed(hex("01 02"))

      expect(enumerator.to_a).to eq([1, 2])
    end

    it "feeds with feed_each when it is enumerated, and not before" do
      enumerator = unpacker.feed_each(hex("01 02"))
      expect(unpacker.buffer).to be_empty

      expect(enumerator.to_a).to eq([1, 2])
      expect(enumerator.to_a).to eq([1, 2])
    end

    it "works with external enumeration over feed_each" do
      enumerator = unpacker.feed_each(hex("01 92 02"))

      expect(enumerator.next).to eq(1)
      expect { enumerator.next }.to raise_error(StopIteration)
      expect(unpacker.feed(hex("03")).read).to eq([2, 3])
    end
  end

  describe "#feed_each" do
    it "feeds, yields and returns nil" do
      yielded = []

      expect(unpacker.feed_each(hex("01 92 02")) { |object| yielded << object }).to be_nil
      unpacker.feed_each(hex("03 04")) { |object| yielded << object }
      expect(yielded).to eq([1, [2, 3], 4])
    end

    it "takes one byte at a time" do
      yielded = []
      hex("93 01 a2 61 62 cd 01 00 c0").each_char { |byte| unpacker.feed_each(byte) { |object| yielded << object } }

      expect(yielded).to eq([[1, "ab", 256], nil])
    end

    it "is not concerned by a block that changes the String" do
      source = hex("a3 61 61 61 a3 62 62 62 07")
      yielded = []
      unpacker.feed_each(source) { |object| (yielded << object) && source.replace("\xC1".b * 9) }

      expect(yielded).to eq(["aaa", "bbb", 7])
    end

    it "refuses what is no String" do
      expect { unpacker.feed_each(nil) { |_object| nil } }.to raise_error(TypeError, /String/)
      expect { unpacker.feed_each(1) { |_object| nil } }.to raise_error(TypeError, /String/)
    end
  end

  # rubocop:disable Lint/UnreachableLoop -- leaving at the first object is what these are about
  describe "left in the middle" do
    before { unpacker.feed(hex("01 02 03 92 04")) }

    after { expect(unpacker.feed(hex("05")).read).to eq([4, 5]) }

    it "by break loses only the object yielded, and gives its value" do
      expect(unpacker.each { |object| break object * 10 }).to eq(10)
      expect(objects).to eq([2, 3])
    end

    it "by throw loses only the object yielded" do
      expect(catch(:out) { unpacker.each { |object| throw :out, object if object == 2 } }).to eq(2)
      expect(objects).to eq([3])
    end

    it "by an exception loses only the object yielded" do
      expect { unpacker.each { |_object| raise IOError, "mine" } }.to raise_error(IOError, "mine")
      expect(objects).to eq([2, 3])
    end

    it "by return loses only the object yielded" do
      first = -> { unpacker.each { |object| return object } }

      expect(first.call).to eq(1)
      expect(objects).to eq([2, 3])
    end

    it "by an EOFError of the block itself lets it out" do
      mine = EOFError.new("the block's own")

      expect(error_of { unpacker.each { |_object| raise mine } }).to equal(mine)
      expect(objects).to eq([2, 3])
    end

    it "by an UnderflowError of the block itself lets it out" do
      mine = error_of { described_class.new.read }

      expect(mine).to be_a(MessagePack::UnderflowError)
      expect(error_of { unpacker.each { |_object| raise mine } }).to equal(mine)
      expect(objects).to eq([2, 3])
    end

    it "by a StopIteration of the block itself lets it out" do
      expect { unpacker.each { |_object| raise StopIteration, "mine" } }.to raise_error(StopIteration, "mine")
      expect(objects).to eq([2, 3])
    end

    it "works for feed_each too" do
      expect(unpacker.feed_each("") { |object| break object }).to eq(1)
      expect(objects).to eq([2, 3])
    end
  end
  # rubocop:enable Lint/UnreachableLoop

  describe "the block" do
    it "may feed; what it fed is yielded too" do
      yielded = []
      unpacker.feed(hex("01 92 02")).each do |object|
        yielded << object
        unpacker.feed(hex("03 04")) if object == 1
      end

      expect(yielded).to eq([1, [2, 3], 4])
    end

    it "may read, skip and take headers" do
      unpacker.feed(hex("01 02 03 04 91 05 81 06 07 c0 08"))
      taken = []
      unpacker.each do |object|
        taken << object
        next unless object == 1

        taken << unpacker.read << unpacker.skip << unpacker.skip_nil << unpacker.read
        taken << unpacker.read_array_header << unpacker.read << unpacker.read_map_header
      end

      expect(taken).to eq([1, 2, nil, false, 4, 1, 5, 1, 6, 7, nil, 8])
    end

    it "may read past the end; the UnderflowError is its own" do
      unpacker.feed(hex("01 02 03"))
      pairs = []

      expect_underflow { unpacker.each { |object| pairs << [object, unpacker.read] } }
      expect(pairs).to eq([[1, 2]])
      expect(unpacker.feed(hex("04")).read).to eq(4)
    end

    it "may call each again" do
      unpacker.feed(hex("01 02 03"))
      outer = []
      inner = []
      unpacker.each { |object| (outer << object) && unpacker.each { |other| inner << other } }

      expect([outer, inner]).to eq([[1], [2, 3]])
    end

    it "may call full_unpack on the last object" do
      unpacker.feed(hex("01 92 02 03"))

      last = nil
      unpacker.each { last = unpacker.full_unpack }

      expect(last).to eq([2, 3])
    end

    it "may reset: nothing more is yielded" do
      yielded = []

      expect(unpacker.feed(hex("01 02 92 03")).each { |object| (yielded << object) && unpacker.reset }).to be_nil
      expect(yielded).to eq([1])
      expect(unpacker.tell).to eq(0)
      expect(unpacker.feed(hex("07")).read).to eq(7)
    end

    it "may ask tell, buffer and registrations" do
      unpacker.feed(hex("01 d4 05 aa 02"))
      seen = []
      unpacker.each do |object|
        seen << [object, unpacker.tell, unpacker.buffer.size]
        unpacker.register_exttype(5) { |_type, data| data.ord }
      end

      expect(seen).to eq([[1, 1, 4], [0xaa, 4, 1], [2, 5, 0]])
    end

    it "may be left for good with a fiber that is never resumed" do
      unpacker.feed(hex("01 02 03"))
      fiber = Fiber.new { unpacker.each { |object| Fiber.yield(object) } }

      expect(fiber.resume).to eq(1)
      expect(unpacker.read).to eq(2)
      expect(fiber.resume).to eq(3)
    end
  end

  describe "an Enumerator, which comes without a block" do
    it "knows no size, and shows the unpacker in short" do
      [unpacker.each, unpacker.feed_each("\x01"), unpacker.lazy].each { |enumerator| expect(enumerator.size).to be_nil }
      expect(unpacker.each.inspect)
        .to eq("#<Enumerator: #<MessagePack::Unpacker at byte 0, 0 bytes unread>:each>")
    end

    it "takes no more of the bytes than is asked for" do
      unpacker.feed(hex("01 02 03 04"))
      expect(unpacker.each.lazy.map { |number| number * 10 }.first(2)).to eq([10, 20])
      expect([unpacker.tell, unpacker.read]).to eq([2, 3])
    end

    it "takes no more of an io than is asked for" do
      io = ScriptedIO.new("\x01", "\x02", IOError.new("too far"))
      reader = described_class.new(io)
      expect(reader.each.lazy.map { |number| number * 10 }.first(2)).to eq([10, 20])
      expect(io.calls.size).to eq(2)
    end

    it "gives one object after the other to next, and between them the unpacker is free" do
      enumerator = unpacker.feed(hex("01 02 03")).each
      expect([enumerator.next, unpacker.read, enumerator.next]).to eq([1, 2, 3])
      expect { enumerator.next }.to raise_error(StopIteration)
    end

    it "feeds when it is enumerated" do
      enumerator = unpacker.feed_each("\x01\x02")
      expect(unpacker.buffer).to be_empty
      expect(enumerator.lazy.map { |number| number * 10 }.first(1)).to eq([10])
      expect(unpacker.read).to eq(2)
    end
  end

  describe "Enumerable" do
    it "is included" do
      expect(described_class).to include(Enumerable)
      expect(unpacker.feed(hex("01 02 03")).map { |number| number * 2 }).to eq([2, 4, 6])
    end

    it "takes no more than it gives" do
      unpacker.feed(hex("01 02 03 04 05"))

      expect(unpacker.first).to eq(1)
      expect(unpacker.first(2)).to eq([2, 3])
      expect(unpacker.lazy.map { |number| number * 10 }.first).to eq(40)
      expect(unpacker.include?(5)).to be(true)
    end
  end
end
