# frozen_string_literal: true

RSpec.describe MessagePack::Unpacker, "and extended types" do
  subject(:unpacker) { described_class.new }

  let(:ext) { MessagePack::ExtType }
  let(:pair) { ->(type, data) { [type, data] } }

  around { |example| keeping_class_level_targets { example.run } }

  describe "forms" do
    { 1 => "d4", 2 => "d5", 4 => "d6", 8 => "d7", 16 => "d8" }.each do |size, marker|
      it "reads fixext #{size}" do
        data = "abcdefghijklmnop"[0, size]

        expect(unpacker.feed(hex("#{marker} 05") + data).read).to eq(ext.new(5, data))
      end
    end

    { "ext 8" => [0xc7, "C", [0, 1, 3, 16, 255]], "ext 16" => [0xc8, "n", [0, 1, 256, 65_535]],
      "ext 32" => [0xc9, "N", [0, 1, 65_536, 300_000]] }.each do |form, (marker, length, sizes)|
      it "reads #{form}, whole or in pieces" do
        sizes.each do |size|
          message = bytes(marker, [size].pack(length), 5, "x" * size)
          expect(unpacker.feed(message).read).to eq(ext.new(5, "x" * size))

          message.each_char.each_slice([size / 3, 1].max) { |piece| unpacker.feed(piece.join) }
          expect(unpacker.read).to eq(ext.new(5, "x" * size))
        end
      end
    end

    it "gives every number of the wire to the default target", :aggregate_failures do
      [-128, -2, -1, 0, 1, 127].each do |type|
        message = [0xd4, type, 0xaa].pack("CcC")
        expect(unpacker.feed(message).read).to eq(ext.from_exttype(type, "\xAA".b))
        expect(described_class.new(default_exttype: pair).feed(message).read).to eq([type, "\xAA".b])
      end
    end
  end

  describe "the data" do
    def data_of(message)
      seen = nil
      unpacker.register_exttype(5) { |_type, data| seen = data }
      unpacker.feed(message).read
      seen
    end

    it "is an unfrozen ASCII-8BIT String", :aggregate_failures do
      [0, 1, 16, 300, 700_000].each do |size|
        data = data_of(bytes(0xc9, [size].pack("N"), 5, "y" * size))
        expect(data).to eq("y" * size).and be_an_instance_of(String)
        expect(data.encoding).to be(Encoding::BINARY)
        expect(data).not_to be_frozen
      end
    end

    it "is the handler's own: a change of it changes nothing else" do
      source = bytes(0x92, 0xc7, 30, 5, "y" * 30, 0xbe, "z" * 30)
      copy = source.dup
      unpacker.register_exttype(5) { |_type, data| data.replace("changed") && data }

      expect(unpacker.feed(source).read).to eq(["changed", "z" * 30])
      expect(source).to eq(copy)
    end

    it "is the handler's own when it is large and shares a fed String" do
      source = bytes(0x92, 0xc9, [700_000].pack("N"), 5, "y" * 700_000, 0xa1, "z")
      copy = source.dup
      unpacker.register_exttype(5) { |_type, data| data.setbyte(0, 0x41) && data.setbyte(699_999, 0x42) && data }
      data, rest = unpacker.feed_reference(source).read

      expect([data[0, 2], data[-2, 2], rest]).to eq(%w[Ay yB z])
      expect(source).to eq(copy)
    end

    it "is not shared by two objects" do
      first, second = unpacker.feed(hex("92 d4 05 aa d4 05 aa")).read
      first.data << "x"

      expect(second.data).to eq("\xAA".b)
    end
  end

  describe "what a target may be" do
    it "is a class or module with from_exttype" do
      wrapper = Struct.new(:type, :data)
      target = Class.new { define_singleton_method(:from_exttype) { |type, data| wrapper.new(type, data) } }
      unpacker.register_exttype(5, target)
      unpacker.register_exttype(6, Module.new { def self.from_exttype(_type, data) = data.unpack1("C") })

      expect(unpacker.feed(hex("92 d4 05 aa d4 06 bb")).read).to eq([wrapper.new(5, "\xAA".b), 0xbb])
    end

    it "is a class with call; from_exttype wins where there is both" do
      unpacker.register_exttype(5, Class.new { def self.call(type, _data) = [:call, type] })
      both = Class.new do
        def self.call(_type, _data) = :call

        def self.from_exttype(type, _data) = [:from_exttype, type]
      end
      unpacker.register_exttype(6, both)

      expect(unpacker.feed(hex("92 d4 05 aa d4 06 bb")).read).to eq([[:call, 5], [:from_exttype, 6]])
    end

    it "calls a Method in Ruby or in C with both, and passes on what it raises" do
      owner = Class.new { def two(type, data) = [self.class, type, data] }
      unpacker.register_exttype(2, owner.new.method(:two))
      unpacker.register_exttype(3, [].method(:push))
      unpacker.register_exttype(4, owner.new.method(:object_id))

      expect(unpacker.feed(hex("92 d4 02 61 d4 03 62")).read).to eq([[owner, 2, "a"], [3, "b"]])
      expect { unpacker.feed(hex("d4 04 61")).read }.to raise_error(ArgumentError, /given 2, expected 0/)
    end

    it "calls a Method's own call, if it has one" do
      mocked = "".method(:+)
      mocked.define_singleton_method(:call) { |*args| args }
      unpacker.register_exttype(2, mocked)

      expect(unpacker.feed(hex("d4 02 61")).read).to eq([2, "a"])
    end

    it "is a Proc, a Method, any object with call, or a block" do
      unpacker.register_exttype(1, pair)
      unpacker.register_exttype(2, pair.method(:call))
      unpacker.register_exttype(3, Class.new { def call(type, data) = [type, data] }.new)
      unpacker.register_exttype(4) { |type, data| [type, data] }

      expect(unpacker.feed(hex("94 d4 01 aa d4 02 aa d4 03 aa d4 04 aa")).read)
        .to eq([1, 2, 3, 4].map { |type| [type, "\xAA".b] })
    end

    it "may return anything, nil included" do
      results = [nil, false, [], :symbol, "frozen", 2**70]
      unpacker.register_exttype(5) { |_type, data| results.fetch(data.ord) }

      expect(unpacker.feed(hex("96 d4 05 00 d4 05 01 d4 05 02 d4 05 03 d4 05 04 d4 05 05")).read).to eq(results)
      expect(unpacker.feed(hex("d4 05 00 07")).to_a).to eq([nil, 7])
    end

    it "is called once for each object, in their order, however often the reading resumes" do
      called = []
      unpacker.register_exttype(5) { |_type, data| (called << data.ord) && data.ord }
      hex("93 d4 05 01 81 d4 05 02 d4 05 03 d4 05 04").each_char do |byte|
        expect_underflow { unpacker.read }
        unpacker.feed(byte)
      end

      expect(unpacker.read).to eq([1, { 2 => 3 }, 4])
      expect(called).to eq([1, 2, 3, 4])
    end
  end

  describe "#register_exttype" do
    it "returns the number" do
      expect(unpacker.register_exttype(0, ext)).to eq(0)
      expect(unpacker.register_exttype(127) { nil }).to eq(127)
      expect(described_class.register_exttype(22, ext)).to eq(22)
    end

    it "lets the later registration win, and nil fall through again" do
      unpacker.register_exttype(5) { :first }
      unpacker.register_exttype(5) { :second }
      expect(unpacker.feed(hex("d4 05 aa")).read).to eq(:second)

      unpacker.register_exttype(5, nil)
      expect(unpacker.exttype(5)).to be_nil
      expect(unpacker.feed(hex("d4 05 aa")).read).to eq(ext.new(5, "\xAA".b))
    end

    it "is for one unpacker alone" do
      unpacker.register_exttype(5) { :mine }

      expect(described_class.new.exttype(5)).to be_nil
    end

    [-129, -128, -1, 128, 256, 2**40].each do |number|
      it "refuses the number #{number}" do
        expect { unpacker.register_exttype(number, ext) }.to raise_error(ArgumentError)
        expect { described_class.register_exttype(number, ext) }.to raise_error(ArgumentError)
      end
    end

    # As [arguments after the number, whether with a block, the error].
    {
      "no target" => [[], false, ArgumentError], "target and block" => [[MessagePack::ExtType], true, ArgumentError],
      "a Class with neither method" => [[Class.new], false, ArgumentError],
      "a Module with neither method" => [[Module.new], false, ArgumentError],
      "a String" => [["from_exttype"], false, TypeError], "a Symbol" => [[:from_exttype], false, TypeError],
      "an Integer" => [[5], false, TypeError], "true" => [[true], false, TypeError],
      "an object without call" => [[Object.new], false, TypeError]
    }.each do |kind, (arguments, block, error)|
      it "refuses #{kind} and keeps what was there" do
        [unpacker, described_class].each do |registry|
          registry.register_exttype(5, pair)
          expect { registry.register_exttype(5, *arguments, &(proc {} if block)) }.to raise_error(error)
          expect(registry.exttype(5)).to equal(pair)
        end
      end
    end
  end

  it "keeps handlers and results alive" do
    [1, 2, 3].each { |type| unpacker.register_exttype(type) { |number, data| "result #{number} #{data}" } }

    expect(unpacker.feed(hex("93 d4 01 61 91 d4 02 62 81 d4 03 63 d4 01 64")).read)
      .to eq(["result 1 a", ["result 2 b"], { "result 3 c" => "result 1 d" }])
  end
end
