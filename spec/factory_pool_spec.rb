# frozen_string_literal: true

require "timeout"

RSpec.describe MessagePack::Factory::Pool do
  subject(:pool) { factory.pool }

  include_context "with a class that has the gem's two methods"

  let(:factory) { MessagePack::Factory.new.tap { |factory| factory.register_type(5, klass) } }

  it "is made by Factory#pool" do
    expect([factory.pool, factory.pool(3), factory.pool(2, symbolize_keys: true)])
      .to all(be_an_instance_of(described_class))
  end

  [0, 1, 2, 10].each do |size|
    it "dumps and loads again and again, with #{size} members" do
      pool = factory.pool(size)
      10.times do |number|
        packed = pool.dump([object, number, { "k" => object }])
        expect(packed).to eq(bytes(0x93, message, number, 0x81, 0xa1, "k", message))
        expect(packed.encoding).to eq(Encoding::BINARY)
        expect(pool.load(packed)).to eq([object, number, { "k" => object }])
      end
    end
  end

  it "knows the types that the factory had when it was made" do
    pool
    factory.register_type(6, Range, packer: :to_s, unpacker: ->(data) { data })
    expect { pool.dump(1..2) }.to raise_error(NoMethodError)
    expect { pool.load(ext_bytes(6, "1..2")) }.to raise_error(MessagePack::UnknownExtTypeError)
    expect(factory.pool.load(factory.pool.dump(1..2))).to eq("1..2")
    expect(factory).not_to be_frozen
  end

  it "serves a frozen factory" do
    expect(factory.freeze.pool.load(message)).to eq(object)
  end

  describe "options" do
    it "are those of packers and unpackers" do
      pool = factory.pool(1, symbolize_keys: true, freeze: true, compatibility_mode: true)
      expect(pool.dump("x" * 40)).to eq(bytes(0xda, 0, 40, "x" * 40))
      2.times do
        object = pool.load(hex("81 a1 61 91 a1 62"))
        expect(object).to eq({ a: ["b"] })
        expect([object, object[:a], object[:a][0]]).to all(be_frozen)
      end
      told = pool.unpacker { |unpacker| [unpacker.symbolize_keys?, unpacker.freeze?, unpacker.allow_unknown_ext?] }
      expect(told).to eq([true, true, false])
      expect(pool.packer(&:compatibility_mode?)).to be(true)
    end

    it "leave both strict or not" do
      expect { pool.load(ext_bytes(6, "x")) }.to raise_error(MessagePack::UnknownExtTypeError)
      expect(factory.pool(1, allow_unknown_ext: true).load(ext_bytes(6, "x")))
        .to eq(MessagePack::ExtensionValue.new(6, "x"))
      unknown = Class.new { def to_msgpack(packer) = packer.write(1) }.new
      expect(pool.dump(unknown)).to eq(hex("01"))
      expect { factory.pool(1, unknown_class: false).dump(unknown) }.to raise_error(TypeError)
    end
  end

  describe "#load" do
    it "takes a String of any encoding, and leaves it as it is" do
      source = (+"\x91\xD6\x05abcd").force_encoding(Encoding::UTF_8)
      expect([pool.load(source), pool.load(source.b.freeze)]).to eq([[object], [object]])
      expect(source).to eq("\x91\xD6\x05abcd")
    end

    {
      "too short" => ["92 01", MessagePack::UnderflowError], "empty" => ["", MessagePack::UnderflowError],
      "followed by more" => ["01 02 03", MessagePack::MalformedFormatError],
      "malformed" => ["92 c1 01", MessagePack::MalformedFormatError],
      "of an unknown type" => ["93 01 d4 06 78 02", MessagePack::UnknownExtTypeError],
      "too deep" => ["91" * 501, MessagePack::StackError]
    }.each do |what, (digits, error)|
      it "is ready for the next call after input that is #{what}" do
        2.times do
          expect { pool.load(hex(digits)) }.to raise_error(error)
          expect(pool.load(bytes(0x91, message))).to eq([object])
        end
      end
    end

    it "tells offsets from the beginning of each input" do
      offsets = Array.new(3) do
        pool.load(hex("01"))
        error_of { pool.load(hex("92 00 c1")) }.offset
      end
      expect(offsets).to eq([2, 2, 2])
    end

    it "is ready for the next call after a handler has raised, thrown or broken off" do
      factory.register_type(6, Range, packer: nil, unpacker: ->(data) { data == "r" ? raise(IOError) : throw(:out) })
      expect { pool.load(bytes(0x92, 1, ext_bytes(6, "r"))) }.to raise_error(IOError)
      expect(pool.load(hex("07"))).to eq(7)
      catch(:out) { pool.load(bytes(0x92, 1, ext_bytes(6, "t"), 1)) }
      expect(pool.load(hex("08"))).to eq(8)
    end
  end

  describe "#dump" do
    it "leaves nothing of an object that cannot be packed" do
      2.times do
        expect { pool.dump([1, object, Object.new]) }.to raise_error(NoMethodError, /to_msgpack/)
        expect(pool.dump(object)).to eq(message)
      end
    end

    it "is ready for the next call after a handler has raised or thrown" do
      factory.register_type(6, Range, packer: ->(range) { range.begin == 1 ? raise(IOError) : throw(:out) })
      expect { pool.dump([1, 1..2]) }.to raise_error(IOError)
      catch(:out) { pool.dump([2, 2..3]) }
      expect(pool.dump(object)).to eq(message)
    end

    it "gives Strings that later calls leave alone" do
      packed = Array.new(5) { |number| pool.dump(number.to_s * 40) }
      expect(packed).to eq(Array.new(5) { |number| bytes(0xd9, 40, number.to_s * 40) })
      packed[0] << "changed"
      expect(pool.dump("z")).to eq(bytes(0xa1, "z"))
    end
  end

  describe "#packer and #unpacker" do
    it "lend a member and give what the block gives" do
      expect(pool.packer { |packer| packer.write(object).write(1).to_s }).to eq(bytes(message, 1))
      expect(pool.unpacker { |unpacker| unpacker.feed(bytes(message, 1)).each.to_a }).to eq([object, 1])
    end

    it "lend members that are frozen: they write and read, and refuse to register" do
      pool.packer do |packer|
        expect(packer).to be_frozen.and be_an_instance_of(MessagePack::Packer)
        expect { packer.register_type(6, Range) }
          .to raise_error(FrozenError, "can't modify frozen MessagePack::Packer")
        expect { packer.register_exttype(Range, 6) }.to raise_error(FrozenError)
      end
      pool.unpacker do |unpacker|
        expect(unpacker).to be_frozen.and be_an_instance_of(MessagePack::Unpacker)
        expect { unpacker.register_type(6) { nil } }
          .to raise_error(FrozenError, "can't modify frozen MessagePack::Unpacker")
        expect { unpacker.default_exttype = MessagePack::ExtType }.to raise_error(FrozenError)
      end
    end

    it "reset the members that come back" do
      pool.packer { |packer| packer.write("left behind") }
      expect(pool.packer(&:to_s)).to eq("")
      expect(pool.dump(1)).to eq(hex("01"))
      pool.unpacker { |unpacker| unpacker.feed(hex("92 01")).read_array_header }
      expect(pool.unpacker { |unpacker| unpacker.buffer.size }).to eq(0)
      expect(pool.load(hex("07"))).to eq(7)
      pool.unpacker { |unpacker| expect_underflow { unpacker.feed(hex("92 01")).read } }
      expect(pool.load(hex("07"))).to eq(7)
      pool.unpacker { |unpacker| expect_underflow { unpacker.feed(hex("9f 01")).skip } }
      expect(pool.load(hex("07"))).to eq(7)
    end

    {
      "raises" => -> { raise IOError, "mine" }, "throws" => -> { throw :out },
      "is interrupted" => -> { Thread.current.raise(IOError, "mine") }
    }.each do |what, leave|
      it "reset a member whose block #{what}" do
        3.times do
          catch(:out) { error_of { pool.packer { |packer| packer.write("left behind") && leave.call } } }
          catch(:out) do
            error_of { pool.unpacker { |unpacker| unpacker.feed(hex("92 01")).read_array_header && leave.call } }
          end
          expect([pool.packer(&:to_s), pool.dump(object), pool.load(message)]).to eq(["", message, object])
        end
      end
    end

    it "reset a member whose block breaks off" do
      expect(pool.packer { |packer| break packer.write("left behind").size }).to eq(12)
      expect(pool.unpacker { |unpacker| break unpacker.feed(hex("92 01")).read_array_header }).to eq(2)
      expect([pool.packer(&:to_s), pool.load(message)]).to eq(["", object])
    end

    it "lend different members to blocks in one another, however small the pool" do
      packed = pool.packer do |outer|
        outer.write(1)
        inner = pool.packer { |packer| packer.write(pool.dump("in")).to_s }
        outer.write(inner).write(pool.unpacker { |unpacker| unpacker.feed(hex("07")).read + pool.load(hex("01")) }).to_s
      end
      expect(MessagePack::Unpacker.new.feed(packed).to_a).to eq([1, bytes(0xc4, 3, 0xa2, "in"), 8])
    end

    it "need a block" do
      expect { pool.packer }.to raise_one_of(LocalJumpError, ArgumentError)
      expect { pool.unpacker }.to raise_one_of(LocalJumpError, ArgumentError)
    end
  end

  it "serves handlers that use it themselves" do
    pool = nil
    factory.register_type(6, Range, packer: ->(range) { pool.dump(range.to_a) }, unpacker: ->(data) { pool.load(data) })
    pool = factory.pool
    packed = pool.dump([1..3, object, 4..4])
    expect(packed).to eq(bytes(0x93, ext_bytes(6, hex("93 01 02 03")), message, ext_bytes(6, hex("91 04"))))
    expect(pool.load(packed)).to eq([[1, 2, 3], object, [4]])
  end

  it "serves recursive types" do
    pool = box_factory.pool
    value = [FactoryHelpers::Box.nested(5, ["a"]), 1]
    2.times { expect(pool.load(pool.dump(value))).to eq(value) }
  end

  describe "with several threads" do
    # Runs the block in each of 4 threads, and gives what they gave. A handler that lets the others run meanwhile makes
    # a member that two threads share write the one's objects into the other's.
    def in_threads(&)
      threads = Array.new(4) { |number| Thread.new(number, &) }
      threads.each { |thread| thread.report_on_exception = false }.map(&:value)
    end

    let(:factory) do
      MessagePack::Factory.new.tap do |factory|
        factory.register_type(5, klass, packer: ->(object) { Thread.pass || object.text },
                                        unpacker: ->(data) { Thread.pass || klass.new(data) })
      end
    end

    [1, 2, 8].each do |size|
      it "keeps each one's objects apart, with #{size} members" do
        pool = factory.pool(size)
        results = in_threads do |number|
          Array.new(100) do |turn|
            value = [number, klass.new("#{number}-#{turn}"), { "k" => klass.new("x" * number) }]
            pool.load(pool.dump(value)) == value
          end
        end
        expect(results).to eq([[true] * 100] * 4)
      end
    end

    it "keeps them apart in blocks, some of which fail" do
      pool = factory.pool(2)
      results = in_threads do |number|
        Array.new(60) do |turn|
          packed = pool.packer do |packer|
            packer.write(number).write(klass.new(turn.to_s))
            raise IOError if (turn % 3).zero?

            packer.to_s
          end
          pool.unpacker { |unpacker| unpacker.feed(packed).each.to_a } == [number, klass.new(turn.to_s)]
        rescue IOError
          :failed
        end
      end
      expect(results).to eq([[:failed, true, true] * 20] * 4)
    end

    it "lends a member to one thread at a time" do
      pool = factory.pool(2)
      lent = Queue.new
      results = in_threads do
        pool.packer do |packer|
          lent << packer.object_id
          Timeout.timeout(30) { sleep 0.001 until lent.size == 4 }
          packer.object_id
        end
      end
      expect(results.uniq.size).to eq(4)
    end
  end

  it "keeps handlers and options alive that only it knows" do
    pool = MessagePack::Factory.new.tap do |factory|
      factory.register_type(5, klass, packer: proc { |it| "p#{it.text}" }, unpacker: proc { |data| "u#{data}" })
    end.pool(2, freeze: true)
    GC.start
    expect(pool.load(pool.dump([klass.new("a")]))).to eq(["upa"])
  end
end
