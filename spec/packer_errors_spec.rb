# frozen_string_literal: true

# What a failed write leaves: the buffer as it was before the outermost call, whatever went wrong.
RSpec.describe MessagePack::Packer, "after a failed write" do
  let(:packer) { described_class.new }
  let(:unpackable) { Object.new }

  # Each of these is written only in part when the block fails.
  def shapes
    {
      "an object alone" => yield, "an Array" => [1, yield], "a Hash's value" => { "a" => 1, "b" => yield },
      "a Hash's key" => { "a" => 1, yield => 2 }, "a deep structure" => [[[{ "a" => [{ "b" => [yield] }] }]]],
      "much before it" => ["x" * 100_000, { "y" => "z" * 50_000 }, yield],
      "strings long enough to be referenced" => ["x" * 600_000, ("y" * 700_000).b, yield]
    }
  end

  it "has the bytes that it had" do
    packer.write([1, "ab"])
    shapes { unpackable }.each do |name, object|
      expect { packer.write(object) }.to raise_error(NoMethodError)
      expect([packer.size, packer.to_s]).to eq([5, hex("92 01 a2 61 62")]), name
    end
  end

  it "has the bytes that it had, if these were many" do
    packer.write("a" * 40_000).write("b" * 600_000).write(1)
    before = packer.to_s
    shapes { 2**64 }.each do |name, object|
      expect { packer.write(object) }.to raise_error(RangeError)
      expect(packer.size).to eq(before.bytesize), name
      expect(packer.to_s == before).to be(true), name
    end
  end

  it "writes on as if nothing had happened" do
    packer.write(1)
    expect { packer.write([2, "x" * 300, unpackable]) }.to raise_error(NoMethodError)
    packer.write([3])
    expect { packer.write({ "a" => unpackable }) }.to raise_error(NoMethodError)
    expect(packer.write("z").full_pack).to eq(hex("01 91 03 a1 7a"))
    expect(packer.empty?).to be(true)
  end

  it "leaves alone what was read from the buffer before" do
    packer.write([1, 2])
    packer.buffer.read(1)
    expect { packer.write([3, unpackable]) }.to raise_error(NoMethodError)
    expect(packer.to_s).to eq(hex("01 02"))
  end

  it "has rolled back after throw and Thread#raise out of to_msgpack" do
    thrower = Class.new { def to_msgpack(packer) = packer.write("partial") && throw(:out, :thrown) }.new
    raiser = Class.new { def to_msgpack(packer) = packer.write("p") && Thread.current.raise(IOError, "mine") }.new
    packer.write(1)
    expect(catch(:out) { packer.write([2, thrower]) }).to eq(:thrown)
    expect { packer.write([2, raiser]) }.to raise_error(IOError, "mine")
    expect(packer.to_s).to eq(hex("01"))
  end

  # Its block returns from this very method, through the write.
  def write_and_return_from_handler(klass)
    packer.register_exttype(klass, 5) { return :left }
    packer.write([2, klass.new])
  end

  it "has rolled back after a return out of a block that is a handler" do
    packer.write(1)
    expect(write_and_return_from_handler(Class.new)).to eq(:left)
    expect(packer.write(3).to_s).to eq(hex("01 03"))
  end

  it "goes on when a Fiber that left the middle of a handler is resumed" do
    klass = Class.new
    packer.register_lowlevel(klass) { |_object, packer| packer.write(7) && Fiber.yield(packer.size) }
    fiber = Fiber.new { packer.write([klass.new, 8]).to_s }
    expect(fiber.resume).to eq(2)
    expect(fiber.resume).to eq(hex("92 07 08"))
  end

  it "rolls back a nested write that a handler rescues, to where that nested write began" do
    klass = Class.new
    unpackable = Object.new
    packer.register_lowlevel(klass) do |_object, packer|
      packer.write([1, 2, unpackable])
    rescue NoMethodError
      packer.write("instead")
    end
    expect(packer.write([klass.new, 3]).to_s).to eq(bytes(0x92, 0xa7, "instead", 3))
  end

  it "leaves the other packers alone that were in use" do
    other = described_class.new
    klass = Class.new { define_method(:to_msgpack) { |packer| packer.write(other.write("inner").size) } }
    expect { packer.write([klass.new, unpackable]) }.to raise_error(NoMethodError)
    expect([packer.to_s, other.to_s]).to eq(["", bytes(0xa5, "inner")])
  end

  it "has rolled back in every method that writes a value" do
    packer.register_exttype(Range, 5) { nil }
    packer.write(1)
    calls = [[:write, 1..2], [:pack, [1..2]], [:write_array, [0, 1..2]], [:write_hash, { 0 => 1..2 }],
             [:write, { (1..2) => 0 }]]
    calls.each { |call| expect { packer.public_send(*call) }.to raise_error(TypeError) }
    expect(packer.to_s).to eq(hex("01"))
  end
end
