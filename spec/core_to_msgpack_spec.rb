# frozen_string_literal: true

require "stringio"

# to_msgpack on the core classes, and nowhere else.
RSpec.describe "to_msgpack" do
  let(:packer) { MessagePack::Packer.new }

  {
    nil => "c0", true => "c3", false => "c2", 1 => "01", (2**64) - 1 => "cf ff ff ff ff ff ff ff ff",
    1.5 => "cb 3f f8 00 00 00 00 00 00", "ab" => "a2 61 62", ab: "a2 61 62",
    [1, "a"] => "92 01 a1 61", { "a" => [1] } => "81 a1 61 91 01"
  }.each do |value, expected|
    describe "of #{value.class} #{value.inspect[0, 20]}" do
      it "gives a binary String without argument, and with nil" do
        expect([value.to_msgpack, value.to_msgpack(nil)]).to all(eq(hex(expected)))
        expect(value.to_msgpack.encoding).to be(Encoding::BINARY)
      end

      it "gives the packer when given one, after writing into it" do
        packer.write(7)
        expect(value.to_msgpack(packer)).to equal(packer)
        expect(packer.to_s).to eq(hex("07 #{expected}"))
      end

      it "gives the packer when given one of a subclass" do
        packer = Class.new(MessagePack::Packer).new
        expect(value.to_msgpack(packer)).to equal(packer)
        expect(packer.to_s).to eq(hex(expected))
      end

      it "gives nil for an io, after writing there" do
        io = StringIO.new(String.new)
        expect(value.to_msgpack(io)).to be_nil
        expect(io.string).to eq(hex(expected))
      end

      it "takes no second argument" do
        expect { value.to_msgpack(nil, nil) }.to raise_error(ArgumentError)
      end
    end
  end

  [MessagePack::ExtType, MessagePack::ExtensionValue].each do |klass|
    it "exists on #{klass}" do
      value = klass.new(5, "ab")
      io = StringIO.new(String.new)
      expect(value.to_msgpack).to eq(hex("d5 05 61 62"))
      expect(value.to_msgpack(packer)).to equal(packer)
      expect(value.to_msgpack(io)).to be_nil
      expect([packer.to_s, io.string]).to all(eq(hex("d5 05 61 62")))
    end
  end

  it "exists on subclasses of the core classes" do
    values = [Class.new(String).new("a"), Class.new(Array).new([1]), Class.new(Hash).new]
    expect(values.map(&:to_msgpack)).to eq([hex("a1 61"), hex("91 01"), hex("80")])
  end

  it "exists on nothing else" do
    others = [Object.new, Class, Kernel, Struct.new(:a).new(1), Time.now, (1..2), Rational(1, 2), Complex(1, 2), /a/,
              proc {}, method(:puts), $stdout, StandardError.new, Thread.current, ENV, Random.new, Encoding::UTF_8,
              MessagePack::Packer.new, MessagePack::Unpacker.new, MessagePack::Buffer.new, [1].each]
    expect(others.select { |object| object.respond_to?(:to_msgpack) }).to eq([])
  end

  it "writes through the options and registrations of the packer that it is given" do
    klass = Class.new
    packer = MessagePack::Packer.new(compatibility_mode: true)
    packer.register_exttype(klass, 5) { "x" }
    [klass.new, "a".b].to_msgpack(packer)
    expect(packer.to_s).to eq(hex("92 d4 05 78 a1 61"))
  end

  it "lets a user's to_msgpack call those of its parts" do
    pair = Struct.new(:left, :right) do
      def to_msgpack(packer)
        packer.write_array_header(2)
        left.to_msgpack(packer)
        right.to_msgpack(packer)
      end
    end
    expect(MessagePack.pack([pair.new("a", pair.new(:b, nil))])).to eq(hex("91 92 a1 61 92 a1 62 c0"))
  end

  it "rolls back what it has written when it fails" do
    packer.write(1)
    expect { [2, Object.new].to_msgpack(packer) }.to raise_error(NoMethodError)
    expect { { 2 => 2**64 }.to_msgpack(packer) }.to raise_error(RangeError)
    expect(packer.to_s).to eq(hex("01"))
  end

  it "writes nothing into an io when it fails" do
    io = StringIO.new(String.new)
    expect { [2, Object.new].to_msgpack(io) }.to raise_error(NoMethodError)
    expect(io.string).to eq("")
  end
end
