# frozen_string_literal: true

require "stringio"

# 500 open containers and levels of to_msgpack pass, one more is NestingError: cyclic structures included.
RSpec.describe MessagePack::Packer, "nesting" do
  let(:packer) { described_class.new }
  let(:limit) { 500 }

  def arrays(depth) = (1...depth).inject([]) { |inner, _| [inner] }
  def hashes(depth) = (1...depth).inject({}) { |inner, _| { 1 => inner } }

  # By identity, or Ruby would compute the hash of each key through all levels.
  def keys(depth)
    (1...depth).inject({}) { |inner, _| {}.compare_by_identity.tap { |outer| outer[inner] = 1 } }
  end

  # Objects each of which writes the next from its to_msgpack, and the last one nil.
  def objects(depth)
    klass = Class.new do
      def initialize(inner) = @inner = inner
      def to_msgpack(packer) = packer.write(@inner)
    end
    (1..depth).inject(nil) { |inner, _| klass.new(inner) }
  end

  # Fails unless this raises NestingError and leaves the packer as it was.
  def expect_too_deep(object, packer = self.packer)
    packer.write(7)
    before = packer.to_s
    expect { packer.write(object) }.to raise_error(MessagePack::NestingError)
    expect(packer.to_s).to eq(before)
  end

  {
    "arrays" => [:arrays, ->(depth) { ("\x91".b * (depth - 1)) << 0x90 }],
    "hashes" => [:hashes, ->(depth) { ("\x81\x01".b * (depth - 1)) << 0x80 }],
    "keys" => [:keys, ->(depth) { ("\x81".b * (depth - 1)) << 0x80 << ("\x01" * (depth - 1)) }],
    "to_msgpack" => [:objects, ->(_) { "\xc0".b }]
  }.each do |name, (make, expected)|
    it "passes 500 levels of #{name} and refuses 501" do
      expect(packer.write(send(make, limit)).full_pack).to eq(expected.call(limit))
      expect_too_deep(send(make, limit + 1))
    end

    it "passes 500 levels of #{name} in MessagePack.pack and refuses 501", :slow do
      expect(MessagePack.pack(send(make, limit))).to eq(expected.call(limit))
      expect { MessagePack.pack(send(make, limit + 1)) }.to raise_error(MessagePack::NestingError)
    end
  end

  it "counts containers and to_msgpack together" do
    klass = Class.new do
      def initialize(inner) = @inner = inner
      def to_msgpack(packer) = packer.write(@inner)
    end
    mixed = (1..250).inject(nil) { |inner, _| [klass.new(inner)] }
    expect(packer.write(mixed).full_pack).to eq(("\x91" * 250).b << 0xc0)
    expect_too_deep([mixed])
    expect_too_deep(klass.new(mixed))
  end

  it "counts what is open, not what was" do
    wide = Array.new(2000) { [[]] }
    expect(packer.write(wide).size).to eq(3 + 4000)
    600.times { packer.write([{}]) }
    expect(packer.size).to eq(4003 + 1200)
  end

  it "starts again from nothing after an error" do
    3.times { expect_too_deep(arrays(limit + 1)) }
    packer.clear
    expect(packer.write(arrays(limit)).size).to eq(limit)
  end

  it "is an ArgumentError that names the limit" do
    expect { packer.write(arrays(501)) }.to raise_error(MessagePack::NestingError, /500/)
    expect(MessagePack::NestingError.superclass).to equal(ArgumentError)
  end

  describe "cyclic structures" do
    def cyclic_array = [1].tap { |array| array << array }
    def cyclic_hash = {}.tap { |hash| hash["self"] = [hash] }

    it "raise NestingError, and leave nothing behind" do
      expect_too_deep(cyclic_array)
      expect_too_deep(cyclic_hash)
      expect { MessagePack.pack(cyclic_array) }.to raise_error(MessagePack::NestingError)
      expect { cyclic_hash.to_msgpack }.to raise_error(MessagePack::NestingError)
    end

    it "raise NestingError through to_msgpack and low-level handlers" do
      klass = Class.new { def to_msgpack(packer) = packer.write([self]) }
      expect_too_deep(klass.new)
      packer.register_lowlevel(klass) { |object, packer| packer.write(object) }
      expect_too_deep(klass.new)
    end

    it "raise NestingError through the to_msgpack of core classes" do
      array = []
      array << Class.new { define_method(:to_msgpack) { |packer| array.to_msgpack(packer) } }.new
      expect_too_deep(array)
    end
  end

  # A Fiber's native stack is a small fraction of that of the main thread.
  describe "in a Fiber" do
    def in_fiber(&)
      Fiber.new(&).resume
    end

    it "passes 500 levels" do
      expect(in_fiber { packer.write(arrays(limit)).size }).to eq(limit)
      expect(in_fiber { packer.write(hashes(limit)).size }).to eq(limit + (2 * limit) - 1)
    end

    it "raises NestingError for 501 and for cycles" do
      in_fiber { expect_too_deep(arrays(limit + 1)) }
      in_fiber { expect_too_deep(hashes(limit + 1)) }
      in_fiber { expect_too_deep([1].tap { |array| array << { "a" => array } }) }
    end
  end

  it "passes 500 levels in a Thread" do
    expect(Thread.new { packer.write(hashes(limit)).size }.value).to eq((2 * limit) - 1)
  end

  describe "by max_depth:" do
    let(:packer) { described_class.new(max_depth: 3) }
    let(:too_deep) { raise_error(MessagePack::NestingError, /\b3 levels/) }

    {
      "arrays" => [:arrays, ->(depth) { ("\x91".b * (depth - 1)) << 0x90 }],
      "hashes" => [:hashes, ->(depth) { ("\x81\x01".b * (depth - 1)) << 0x80 }],
      "keys" => [:keys, ->(depth) { ("\x81".b * (depth - 1)) << 0x80 << ("\x01" * (depth - 1)) }],
      "to_msgpack" => [:objects, ->(_) { "\xc0".b }]
    }.each do |name, (make, expected)|
      it "passes 3 levels of #{name} and refuses 4" do
        expect(packer.write(send(make, 3)).full_pack).to eq(expected.call(3))
        expect_too_deep(send(make, 4))
        expect { packer.write([send(make, 3)]) }.to too_deep
      end

      it "holds in each way to pack #{name}" do
        factory = MessagePack::Factory.new
        [->(object) { MessagePack.pack(object, max_depth: 3) },
         ->(object) { MessagePack.dump(object, nil, max_depth: 3) },
         ->(object) { factory.dump(object, max_depth: 3) }, ->(object) { factory.pool(1, max_depth: 3).dump(object) },
         ->(object) { factory.packer(max_depth: 3).write(object).to_s },
         ->(object) { factory.pool(1, max_depth: 3).packer { |packer| packer.write(object).to_s } }].each do |pack|
          expect(pack.call(send(make, 3))).to eq(expected.call(3))
          expect { pack.call(send(make, 4)) }.to too_deep
        end
      end
    end

    it "holds for an io, to which nothing of the object goes" do
      io = StringIO.new
      expect { MessagePack.pack(arrays(4), io, max_depth: 3) }.to too_deep
      expect(io.string).to eq("")
    end

    it "lets 0 pass nothing but what is no container" do
      flat = described_class.new(max_depth: 0)
      [nil, 7, 1.5, "a", :a, 2**63].each do |object|
        expect(flat.write(object).full_pack).to eq(MessagePack.pack(object))
      end
      [[], {}, arrays(2)].each { |object| expect { flat.write(object) }.to raise_error(MessagePack::NestingError) }
      expect(flat).to be_empty
    end

    it "may be more than 500, and is never too much for the native stack" do
      expect(MessagePack.pack(arrays(5_000), max_depth: 5_000)).to eq(("\x91".b * 4_999) << 0x90)
      expect { MessagePack.pack(arrays(5_001), max_depth: 5_000) }
        .to raise_error(MessagePack::NestingError, /5000 levels/)
      [2**32, 2**64, 2**200].each do |none|
        expect { MessagePack.pack([1].tap { |array| array << array }, max_depth: none) }
          .to raise_error(MessagePack::NestingError)
      end
    end

    it "is 500 when it is nil, and an Integer that is not negative" do
      expect(MessagePack.pack(arrays(limit), max_depth: nil).bytesize).to eq(limit)
      expect { MessagePack.pack(arrays(limit + 1), max_depth: nil) }.to raise_error(MessagePack::NestingError, /500/)
      [-1, -(2**70)].each do |depth|
        expect { MessagePack.pack(1, max_depth: depth) }.to raise_error(ArgumentError, /\Amax_depth must not be/)
      end
      ["1", 1.0, true].each do |depth|
        expect { described_class.new(max_depth: depth) }.to raise_error(TypeError, /an Integer for max_depth/)
      end
    end

    it "is about what is written, not about what is read back" do
      bytes = MessagePack.pack(arrays(600), max_depth: 600)
      expect { MessagePack.unpack(bytes) }.to raise_error(MessagePack::StackError)
      expect(MessagePack.unpack(bytes, max_depth: 600)).to eq(arrays(600))
    end
  end
end
