# frozen_string_literal: true

require "stringio"

# Objects of a registered class that stand in a row: their handlers are called one after the other, and what these do is
# seen by the next one.
RSpec.describe MessagePack::Packer, "with registered objects in a row" do
  let(:packer) { described_class.new }
  let(:klass) { Struct.new(:number) }
  let(:list) { (0..4).map { |number| klass.new(number) } }

  # Each registers the class, with a block that gets the object before it is packed as type 1.
  giving = {
    "register_type" => lambda do |packer, klass, before|
      packer.register_type(1, klass) { |object| before.call(object) && text(object) }
    end,
    "register_exttype" => lambda do |packer, klass, before|
      packer.register_exttype(klass, 1) { |object| before.call(object) && text(object) }
    end
  }
  writing = {
    "register_lowlevel" => lambda do |packer, klass, before|
      packer.register_lowlevel(klass) { |object, to| before.call(object) && to.write(extended(object)) }
    end,
    "to_msgpack" => lambda do |_packer, klass, before|
      extended = method(:extended)
      klass.define_method(:to_msgpack) { |to| before.call(self) && to.write(extended.call(self)) }
    end,
    "a recursive type" => lambda do |_packer, klass, before|
      writes = ->(object, to) { before.call(object) && text(object).each_byte { |byte| to.write(byte) } }
      MessagePack::Factory.new.tap { |made| made.register_type(1, klass, packer: writes, recursive: true) }.packer
    end
  }

  # Bytes that are fixints.
  def text(object)
    "n" * (object.number + 1)
  end

  def extended(object)
    MessagePack::ExtensionValue.new(1, text(object))
  end

  def packed(numbers)
    header = numbers.size < 16 ? [0x90 | numbers.size].pack("C") : [0xdc, numbers.size].pack("Cn")
    numbers.inject(header) { |bytes, number| bytes << ext_bytes(1, "n" * (number + 1)) }
  end

  # The Packer to write with, whose handler calls the block first.
  def prepared(way, &before)
    made = instance_exec(packer, klass, before || ->(_object) { true }, &way)
    made.is_a?(described_class) ? made : packer
  end

  giving.merge(writing).each do |name, way|
    describe "by #{name}" do
      it "writes all of them, whatever length their payloads have" do
        numbers = [*0..19, 254, 255, 256, 70_000, *0..2]
        expect(prepared(way).write(numbers.map { |number| klass.new(number) }).to_s).to eq(packed(numbers))
      end

      it "takes all back when a handler raises, and packs the next ones" do
        packer = prepared(way) { |object| object.number == 3 ? raise("three") : true }
        packer.write(7)
        expect { packer.write(list) }.to raise_error(RuntimeError, "three")
        expect(packer.to_s).to eq(bytes(7))
        expect(packer.write(list.first(3)).to_s).to eq(bytes(7) + packed(0..2))
      end

      it "takes all back when a handler is left by throw" do
        packer = prepared(way) { |object| object.number == 2 ? throw(:out, :thrown) : true }
        expect(catch(:out) { packer.write([[list]]) }).to eq(:thrown)
        expect(packer.write(list.first(2)).to_s).to eq(packed(0..1))
      end

      it "sees what a handler has put in the place of the next ones" do
        others = [nil, { 1 => 2 }, 3]
        packer = prepared(way) { |object| object.number.zero? ? list[2..] = others : true }
        expect(packer.write(list).to_s).to eq(bytes(0x95) + packed(0..1)[1..] + bytes(0xc0, 0x81, 1, 2, 3))
      end

      it "refuses an Array that a handler has made shorter" do
        packer = prepared(way) { |object| object.number == 2 ? list.pop : true }
        expect { packer.write(list) }.to raise_error(RuntimeError, /the Array was changed/)
        expect(packer).to be_empty
      end

      it "packs those natively that a handler has unregistered", if: name != "to_msgpack" do
        packer = prepared(way) { |object| object.number == 2 ? (packer.unregister_exttype(klass) || true) : true }
        expect { packer.write(list) }.to raise_error(NoMethodError, /\(at \$\[3\]\)/)
        expect(packer).to be_empty
      end

      it "takes singleton classes as what they are" do
        def (list[2]).to_msgpack(packer) = packer.write("single")
        packer = prepared(way)
        packer.register_lowlevel(list[2].singleton_class) { |_object, to| to.write("single") }
        expect(MessagePack.unpack(packer.write(list).to_s, allow_unknown_ext: true).map { |it| it == "single" })
          .to eq([false, false, true, false, false])
      end
    end
  end

  # Rows of rows of rows, each written by the handler of an object, and a number behind each.
  def tree(klass, depth)
    (1..depth).inject(klass.new([])) { |inner, _| klass.new([inner] * 3) }
  end

  def tree_bytes(depth)
    (1..depth).inject(bytes(0x90, 7)) { |inner, _| bytes(0x93) + (inner * 3) + bytes(7) }
  end

  it "lets handlers write rows with the same Packer" do
    packer.register_lowlevel(klass) { |object, to| to.write(object.number).write(7) }
    expect(packer.write(tree(klass, 4)).full_pack).to eq(tree_bytes(4))
    klass.define_method(:to_msgpack) { |to| to.write(number).write(7) }
    expect(described_class.new.write(tree(klass, 4)).to_s).to eq(tree_bytes(4))
    expect(MessagePack.pack(tree(klass, 4))).to eq(tree_bytes(4))
  end

  it "hands much to the io before the end of a row", :slow do
    {
      register_type: ->(packer, held) { packer.register_type(1, klass) { |it| held.call && text(it) } },
      register_lowlevel: lambda do |packer, held|
        packer.register_lowlevel(klass) { |it, to| held.call && to.write(extended(it)) }
      end
    }.each_value do |register|
      io = StringIO.new("".b)
      packer = described_class.new(io)
      handed = []
      register.call(packer, -> { handed << io.size })
      packer.write([klass.new(999)] * 5000).flush
      expect(handed.last).to be > 2_000_000
      expect(io.string).to eq(packed([999] * 5000))
    end
  end

  it "tells where the object stands whose handler has given no payload" do
    packer.register_type(1, klass) { |object| object.number == 3 ? nil : "" }
    expect { packer.write([list]) }.to raise_error(TypeError, /payload as a String .* got nil.*\(at \$\[0\]\[3\]\)/)
    expect(packer).to be_empty
  end

  it "tells where the object stands whose low-level handler has returned a String" do
    packer.register_lowlevel(klass) { |object, to| object.number == 3 ? "" : to.write(1) }
    expect { packer.write([list]) }.to raise_error(TypeError, /low-level .* returned a String.*\(at \$\[0\]\[3\]\)/)
    expect(packer).to be_empty
  end

  it "counts the levels of the row in which a handler writes, whatever other fibers have written meanwhile" do
    deep = (1...498).inject([]) { |inner, _| [inner] }
    other = nil
    packer.register_lowlevel(klass) do |object, to|
      case object.number
      when 1 then (other = Fiber.new { to.write([klass.new(10)]) }).resume
      when 2 then to.write(deep)
      when 3 then other.resume
      when 4 then expect { to.write([deep]) }.to raise_error(MessagePack::NestingError)
      when 10 then Fiber.yield
      end
      nil
    end
    packer.write(list)
    expect(packer.write(deep).size).to be > 497
  end

  it "looks for interrupts between them", :slow do
    packer.register_type(1, klass) { "" }
    row = [klass.new(1)] * 70_000
    expect(packer.write(row).to_s).to eq(bytes(0xdd, [70_000].pack("N")) + (ext_bytes(1, "") * 70_000))
  end

  it "packs rows by MessagePack.pack, with the registrations of a Factory" do
    factory = MessagePack::Factory.new.tap { |made| made.register_type(1, klass, packer: ->(it) { text(it) }) }
    expect(factory.dump(list)).to eq(packed(0..4))
    expect(factory.dump([list, 1, list])).to eq(bytes(0x93) + packed(0..4) + bytes(1) + packed(0..4))
  end

  it "packs rows of Times, of which one can't be a timestamp" do
    factory = MessagePack::Factory.new
    factory.register_type(-1, Time, packer: MessagePack::Time::Packer, unpacker: MessagePack::Time::Unpacker)
    times = [0, 1, 2**33, 1.5, 2**40].map { |seconds| Time.at(seconds) }
    expect(factory.load(factory.dump(times))).to eq(times)
    expect { factory.packer.write([*times, Time.allocate]) }.to raise_error(StandardError)
    expect { factory.packer.write([*times, Time.at(2**70)]) }.to raise_error(RangeError)
  end
end
