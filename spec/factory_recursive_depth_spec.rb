# frozen_string_literal: true

# Each recursive type counts one level toward max_depth, as a container does: 500 pass, one more does not.
RSpec.describe MessagePack::Factory, "and the depth of recursive types" do
  let(:factory) { box_factory }
  let(:box) { FactoryHelpers::Box }
  let(:limit) { 500 }

  def arrays(depth, core = nil) = (1..depth).inject(core) { |inner, _| [inner] }

  # A Thread's native stack is smaller than the main thread's; a Fiber has small ones of both kinds, native and Ruby's.
  def in_fiber(&)
    Fiber.new(&).resume
  end

  describe "packing" do
    # Fails unless this raises one of these errors and leaves the packer as it was.
    def expect_too_deep(object, packer = factory.packer, errors: [MessagePack::NestingError])
      packer.write(7)
      expect { packer.write(object) }.to raise_one_of(*errors)
      expect(packer.write(box.new(8)).to_s).to eq(bytes(7, ext_bytes(1, "\x08")))
      expect { factory.dump(object) }.to raise_one_of(*errors)
    end

    it "passes 500 levels and refuses 501" do
      expect(factory.dump(box.nested(limit))).to eq(nested_ext_bytes(limit))
      expect(factory.packer.write(box.nested(limit)).to_s).to eq(nested_ext_bytes(limit))
      expect_too_deep(box.nested(limit + 1))
      expect_too_deep(box.nested(10 * limit))
    end

    it "counts containers and recursive types together" do
      expect(factory.dump(arrays(limit - 20, box.nested(20)))).to eq(("\x91".b * (limit - 20)) + nested_ext_bytes(20))
      expect_too_deep(arrays(limit - 20, box.nested(21)))
      expect(factory.dump(box.nested(20, arrays(limit - 20)))).to eq(nested_ext_bytes(20, nested_arrays(limit - 20)))
      expect_too_deep(box.nested(20, arrays(limit - 19)))
    end

    it "counts what is open, not what was" do
      wide = Array.new(2 * limit) { box.new([1]) }
      expect(factory.dump(wide).bytesize).to eq(3 + (limit * 2 * 4))
      packer = factory.packer
      (2 * limit).times { packer.write(box.new(1)) }
      expect(packer.size).to eq(2 * limit * 3)
    end

    it "obeys max_depth" do
      expect(factory.dump(box.nested(3), max_depth: 3)).to eq(nested_ext_bytes(3))
      expect { factory.dump(box.nested(4), max_depth: 3) }.to raise_error(MessagePack::NestingError, /\b3\b/)
      expect { factory.packer(max_depth: 3).write([box.nested(2, [])]) }.to raise_error(MessagePack::NestingError)
      expect(factory.pool(1, max_depth: 3).dump(box.nested(3))).to eq(nested_ext_bytes(3))
    end

    it "ends cycles" do
      cycle = box.new(nil)
      cycle.value = cycle
      expect_too_deep(cycle)
      cycle.value = [1, { "k" => cycle }]
      expect_too_deep(cycle)
    end

    it "starts again from nothing after an error that a handler has rescued" do
      factory = box_factory(packer: lambda do |it, packer|
        packer.write(it.value)
      rescue MessagePack::NestingError
        packer.write("too deep")
      end)
      expect(factory.dump(box.nested(3, [[]]), max_depth: 4))
        .to eq(nested_ext_bytes(3, MessagePack.pack("too deep")))
    end

    it "is safe in a Fiber" do
      expect(in_fiber { factory.dump(box.nested(50)) }).to eq(nested_ext_bytes(50))
      cycle = box.new(nil)
      cycle.value = [cycle]
      [box.nested(limit + 1), cycle].each do |object|
        in_fiber { expect_too_deep(object, errors: [MessagePack::NestingError, SystemStackError]) }
      end
    end

    it "is safe in a Thread" do
      expect(Thread.new { factory.dump(box.nested(300)) }.value).to eq(nested_ext_bytes(300))
      Thread.new { expect_too_deep(box.nested(limit + 1)) }.join
    end
  end

  describe "unpacking" do
    # Fails unless both ways raise one of these errors and the unpacker goes on.
    def expect_too_deep(message, errors: [MessagePack::StackError])
      expect { factory.load(message) }.to raise_one_of(*errors)
      unpacker = factory.unpacker.feed(bytes(message, ext_bytes(1, "\x08")))
      expect { unpacker.read }.to raise_one_of(*errors)
      expect(unpacker.read).to eq(box.new(8))
    end

    it "passes 500 levels and refuses 501" do
      expect(factory.load(nested_ext_bytes(limit)) == box.nested(limit)).to be(true)
      expect(factory.unpacker.feed(nested_ext_bytes(limit)).read == box.nested(limit)).to be(true)
      expect_too_deep(nested_ext_bytes(limit + 1))
      expect_too_deep(nested_ext_bytes(10 * limit))
    end

    it "tells the offset of what is too deep" do
      message = nested_ext_bytes(limit + 1)
      error = error_of { factory.load(message) }
      expect(error.message).to match(/\b500\b/)
      expect(error.offset).to eq(message.bytesize - 3)
    end

    it "counts containers and recursive types together" do
      expect(factory.load(("\x91".b * (limit - 20)) + nested_ext_bytes(20)).flatten).to eq([box.nested(20)])
      expect_too_deep(("\x91".b * (limit - 20)) + nested_ext_bytes(21))
      expect(factory.load(nested_ext_bytes(20, nested_arrays(limit - 20))) == box.nested(20, arrays(limit - 20)))
        .to be(true)
      expect_too_deep(nested_ext_bytes(20, nested_arrays(limit - 19)))
    end

    it "counts below headers that the handler has read" do
      factory = box_factory(unpacker: ->(child) { (child.read_array_header == 1) && box.new(child.read) })
      message = ->(depth) { (1..depth).inject("\x91\xc0".b) { |inner, _| bytes(0x91, ext_bytes(1, inner)) } }
      expect(factory.load(ext_bytes(1, message.call(3)), max_depth: 8)).to be_a(box)
      expect { factory.load(ext_bytes(1, message.call(20)), max_depth: 8) }.to raise_error(MessagePack::StackError)
    end

    it "counts what is open, not what was" do
      wide = bytes(0xdc, [2 * limit].pack("n"), ext_bytes(1, "\x91\x01") * 2 * limit)
      expect(factory.load(wide)).to eq([box.new([1])] * 2 * limit)
      unpacker = factory.unpacker.feed(ext_bytes(1, "\x01") * 2 * limit)
      expect(unpacker.to_a).to eq([box.new(1)] * 2 * limit)
    end

    it "obeys max_depth" do
      expect(factory.load(nested_ext_bytes(3), max_depth: 3)).to eq(box.nested(3))
      expect { factory.load(nested_ext_bytes(4), max_depth: 3) }.to raise_error(MessagePack::StackError, /\b3\b/)
      expect { factory.unpacker(max_depth: 3).feed(nested_ext_bytes(2, hex("91 91 c0"))).read }
        .to raise_error(MessagePack::StackError)
      expect(factory.pool(1, max_depth: 3).load(nested_ext_bytes(3))).to eq(box.nested(3))
    end

    it "counts in skip within a payload" do
      factory = box_factory(unpacker: ->(child) { child.skip || :skipped })
      expect(factory.load(nested_ext_bytes(1, nested_arrays(2)), max_depth: 3)).to eq(:skipped)
      expect { factory.load(nested_ext_bytes(1, nested_arrays(3)), max_depth: 3) }
        .to raise_error(MessagePack::StackError)
    end

    it "is not counted where the handler does not read" do
      factory = box_factory(unpacker: ->(_child) { :unread })
      expect(factory.load(nested_ext_bytes(2 * limit))).to eq(:unread)
      expect(factory.unpacker(max_depth: 1).feed(bytes(nested_ext_bytes(20), 7)).to_a).to eq([:unread, 7])
    end

    it "is safe in a Fiber" do
      expect(in_fiber { factory.load(nested_ext_bytes(50)) }).to eq(box.nested(50))
      in_fiber { expect_too_deep(nested_ext_bytes(limit + 1), errors: [MessagePack::StackError, SystemStackError]) }
    end

    it "is safe in a Thread" do
      expect(Thread.new { factory.load(nested_ext_bytes(300)) }.value == box.nested(300)).to be(true)
      Thread.new { expect_too_deep(nested_ext_bytes(limit + 1)) }.join
    end

    it "passes 500 levels that come byte by byte" do
      unpacker = factory.unpacker
      nested_ext_bytes(limit).each_char { |byte| unpacker.feed(byte) }
      expect(unpacker.read == box.nested(limit)).to be(true)
    end
  end
end
