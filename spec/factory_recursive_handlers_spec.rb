# frozen_string_literal: true

require "stringio"

# What a recursive type's handler may do to the unpackers and packers that it can reach: nothing of it makes the stream
# lose its place.
RSpec.describe MessagePack::Factory, "inside the handler of a recursive type" do
  let(:box) { FactoryHelpers::Box }

  # Around a payload of three objects, [1, PAYLOAD, "end"] and another object.
  let(:payload) { hex("91 01 a2 61 62 c0") }
  let(:message) { bytes(0x93, 1, ext_bytes(1, payload), 0xa3, "end") }
  let(:stream) { bytes(message, 7) }

  # A factory whose handler of type 1 is the block.
  def reading(&block)
    box_factory(unpacker: block)
  end

  describe "the child unpacker" do
    {
      "skips" => ->(child) { child.skip }, "skips everything" => ->(child) { 3.times { child.skip } },
      "reads all" => ->(child) { 3.times { child.read } }, "reads by each" => ->(child) { child.each {} },
      "leaves each by break" => ->(child) { child.first }, "leaves each by next" => ->(child) { child.each { next } },
      "leaves each by throw" => ->(child) { catch(:out) { child.each { |it| throw :out if it } } },
      "reads a header" => ->(child) { child.read_array_header }, "looks ahead" => ->(child) { child.skip_nil },
      "resets" => ->(child) { child.reset }, "reads and resets" => ->(child) { child.read && child.reset },
      "resets in a header" => ->(child) { child.read_array_header && child.reset },
      "resets in each" => ->(child) { child.each { child.reset } },
      "enumerates from outside" => ->(child) { child.each.then { |enum| [enum.next, enum.next] } },
      "enumerates lazily" => ->(child) { child.lazy.map(&:to_s).first(1) },
      "collects the garbage" => ->(child) { child.read && GC.start }
    }.each do |what, act|
      it "#{what}, and what follows the payload is read as if it had not" do
        factory = reading { |child| act.call(child).then { nil } }
        expect(factory.load(message)).to eq([1, nil, "end"])
        expect(factory.unpacker.feed(stream * 2).to_a).to eq([[1, nil, "end"], 7, [1, nil, "end"], 7])
        pieces = StringIO.new(stream)
        expect(factory.unpacker(pieces).each.to_a).to eq([[1, nil, "end"], 7])
      end

      it "#{what} in an inner payload" do
        inner = bytes(0x92, ext_bytes(2, payload), 5)
        factory = box_factory
        factory.register_type(2, Range, unpacker: ->(child) { act.call(child).then { nil } }, recursive: true)
        unpacker = factory.unpacker
        bytes(0x92, ext_bytes(1, inner), 6, 7).each_char { |byte| unpacker.feed(byte) }
        expect(unpacker.to_a).to eq([[box.new([nil, 5]), 6], 7])
      end
    end

    it "has nothing left after a reset" do
      left = nil
      factory = reading do |child|
        child.read
        child.reset
        left = [child.to_a, error_of { child.read }.class]
        :reset
      end
      expect(factory.load(message)).to eq([1, :reset, "end"])
      expect(left).to eq([[], MessagePack::UnderflowError])
    end

    it "takes no input" do
      errors = []
      factory = reading do |child|
        errors << error_of { child.feed("\x01") } << error_of { child.feed_reference("\x01") }
        errors << error_of { child.feed_each("\x01") {} }
        child.to_a
      end
      expect(factory.unpacker.feed(stream).to_a).to eq([[1, [[1], "ab", nil], "end"], 7])
      expect(errors.map(&:class)).to eq([RuntimeError] * 3)
    end

    it "may lose its buffer, to nobody's harm" do
      ways = [->(child) { child.buffer.clear }, ->(child) { child.buffer.read },
              ->(child) { child.read && child.buffer.skip(1) }]
      ways.each do |way|
        factory = reading do |child|
          way.call(child)
          :done
        rescue RuntimeError
          :refused
        end
        expect(factory.unpacker.feed(stream).to_a).to match([[1, be_a(Symbol), "end"], 7])
      end
    end

    it "may be read by another thread while the handler waits" do
      factory = reading { |child| Thread.new { child.to_a }.value }
      expect(factory.load(message)).to eq([1, [[1], "ab", nil], "end"])
    end

    it "registers for itself alone" do
      factory = reading do |child|
        child.register_type(9) { |data| data }
        child.read
      end
      unpacker = factory.unpacker.feed(bytes(ext_bytes(1, ext_bytes(9, "x")), ext_bytes(9, "y")))
      expect(unpacker.read).to eq("x")
      expect { unpacker.read }.to raise_error(MessagePack::UnknownExtTypeError)
      expect { factory.load(ext_bytes(9, "y")) }.to raise_error(MessagePack::UnknownExtTypeError)
    end
  end

  describe "a child unpacker that is kept" do
    # The child of a handler that has ended.
    def kept
      child = nil
      reading { |given| child = given }.unpacker.feed(stream).read
      GC.start
      child
    end

    UnpackerHelpers::CONSUMING_CALLS.each do |name, call|
      it "is dead after the handler: #{name} raises RuntimeError" do
        expect { call.call(kept) }.to raise_one_of(RuntimeError)
      end
    end

    {
      skip_nil: ->(child) { child.skip_nil }, feed: ->(child) { child.feed("\x01") }, reset: ->(child) { child.reset },
      feed_each: ->(child) { child.feed_each("\x01") {} }, tell: ->(child) { child.tell },
      buffer: ->(child) { child.buffer }, to_a: ->(child) { child.to_a },
      register_type: ->(child) { child.register_type(9) { nil } }
    }.each do |name, call|
      it "is dead after the handler: #{name} raises RuntimeError too" do
        expect { call.call(kept) }.to raise_one_of(RuntimeError)
      end
    end

    it "is dead while its stream is read on" do
      children = []
      unpacker = reading { |child| (children << child) && child.read }.unpacker.feed(stream * 2)
      unpacker.read
      expect { children[0].read }.to raise_one_of(RuntimeError)
      expect(unpacker.to_a).to eq([7, [1, [1], "end"], 7])
      children.each { |child| expect { child.read }.to raise_one_of(RuntimeError) }
    end

    it "is dead after a handler that raised or threw" do
      [-> { raise IOError }, -> { throw :out }].each do |leave|
        child = nil
        factory = reading { |given| (child = given) && leave.call }
        catch(:out) { error_of { factory.load(message) } }
        expect { child.read }.to raise_one_of(RuntimeError)
      end
    end

    it "is dead in a later handler, and in that of its parent" do
      outer = nil
      seen = []
      factory = box_factory
      factory.register_type(2, Range, recursive: true, unpacker: lambda do |child|
        seen << error_of { outer.read }.class
        outer = child
        child.read
      end)
      factory.register_type(3, Time, recursive: true, unpacker: lambda do |child|
        outer = child
        child.read.tap { seen << error_of { outer.read }.class }
      end)
      # The handler of type 2 sees its parent, which is busy; then that of type 3 sees the dead child of type 2.
      expect(factory.load(ext_bytes(3, ext_bytes(2, "\x05")))).to eq(5)
      expect(seen).to eq([RuntimeError, RuntimeError])
    end

    it "ends its enumerators" do
      enum = nil
      factory = reading do |child|
        enum = child.each
        enum.next
      end
      expect(factory.unpacker.feed(stream).to_a).to eq([[1, [1], "end"], 7])
      expect { enum.next }.to raise_one_of(RuntimeError)
      expect { enum.rewind.next }.to raise_one_of(RuntimeError)
    end
  end

  describe "the parent unpacker" do
    UnpackerHelpers::CONSUMING_CALLS.each do |name, call|
      it "refuses #{name} with a RuntimeError and is not disturbed" do
        errors = []
        unpacker = nil
        factory = reading { |child| (errors << error_of { call.call(unpacker) }) && child.to_a }
        unpacker = factory.unpacker.feed(stream)
        expect(unpacker.to_a).to eq([[1, [[1], "ab", nil], "end"], 7])
        expect(errors.map(&:class)).to eq([RuntimeError])
      end
    end

    it "takes input, which is read after what was there" do
      unpacker = nil
      factory = reading { |child| unpacker.feed(bytes(8, "\xda\xff\xff", "x" * 65_535)) && child.to_a }
      unpacker = factory.unpacker.feed(stream)
      expect(unpacker.to_a).to eq([[1, [[1], "ab", nil], "end"], 7, 8, "x" * 65_535])
    end

    it "takes the rest of the object that is being read" do
      unpacker = nil
      factory = reading { |child| unpacker.feed(bytes(0xa3, "end", 7)) && child.read }
      unpacker = factory.unpacker.feed(message[0..-5])
      expect(unpacker.to_a).to eq([[1, [1], "end"], 7])
    end

    it "obeys a reset: the outer call has nothing left" do
      unpacker = nil
      factory = reading { (unpacker.reset || unpacker.feed(hex("08"))) && :reset }
      unpacker = factory.unpacker.feed(stream)
      expect_underflow { unpacker.read }
      expect(unpacker.read).to eq(8)
    end

    it "obeys a reset from the second level, whose child is dead as ever afterwards" do
      unpacker = inner = nil
      factory = box_factory
      factory.register_type(2, Range, recursive: true, unpacker: lambda do |child|
        inner = child
        unpacker.reset
      end)
      unpacker = factory.unpacker.feed(bytes(0x92, ext_bytes(1, bytes(0x91, ext_bytes(2, payload))), 5))
      expect_underflow { unpacker.read }
      expect { inner.read }.to raise_one_of(RuntimeError)
      expect(unpacker.feed(message).skip).to be_nil
      expect(unpacker.feed(hex("07")).read).to eq(7)
    end
  end

  describe "leaving it" do
    [1, 2, 3].each do |level|
      it "by raise or throw at level #{level} is followed by the next object" do
        ways = [-> { raise IOError, "mine" }, -> { throw :out }]
        factory = box_factory
        factory.register_type(2, Range, recursive: true, unpacker: ->(child) { child.read && ways.rotate!.first.call })
        unpacker = factory.unpacker
        10.times do |number|
          unpacker.feed(bytes(0x93, 1, nested_ext_bytes(level - 1, bytes(0x92, ext_bytes(2, payload), 1)), 2, number))
          catch(:out) { expect { unpacker.read }.to raise_error(IOError, "mine") }
          expect(unpacker.read).to eq(number)
        end
      end
    end

    it "by raise lets the error itself out, through every level" do
      mine = Class.new(StandardError).new("mine").freeze
      factory = box_factory
      factory.register_type(2, Range, unpacker: ->(_child) { raise mine }, recursive: true)
      expect(error_of { factory.load(nested_ext_bytes(3, ext_bytes(2, ""))) }).to equal(mine)
    end

    it "by raise in a level that another level rescues loses nothing" do
      factory = reading do |child|
        [child.read, child.read]
      rescue IOError
        [:rescued, child.read]
      end
      factory.register_type(2, Range, unpacker: ->(_child) { raise IOError }, recursive: true)
      payload = bytes(0x92, ext_bytes(2, "\x01"), 3, 0xa1, "s")
      expect(factory.load(bytes(0x92, ext_bytes(1, payload), 7))).to eq([[:rescued, "s"], 7])
    end

    it "by a fiber's switch, while other unpackers of the same factory work" do
      factory = reading do |child|
        first = child.read
        Fiber.yield(first)
        [first, child.read]
      end
      fibers = Array.new(3) do |number|
        Fiber.new { factory.unpacker.feed(bytes(0x92, ext_bytes(1, bytes(number, 0xa1, number + 0x61)), number)).read }
      end
      expect(fibers.map(&:resume)).to eq([0, 1, 2])
      one_shot = Fiber.new { factory.load(bytes(0x92, ext_bytes(1, bytes(9, 0xa1, "z")), 9)) }
      expect(one_shot.resume).to eq(9)
      expect(fibers.map(&:resume)).to eq([[[0, "a"], 0], [[1, "b"], 1], [[2, "c"], 2]])
      expect(one_shot.resume).to eq([[9, "z"], 9])
    end

    it "by a fiber's switch for ever, leaves nothing that the GC stumbles over" do
      factory = reading { |child| child.read && Fiber.yield }
      20.times { Fiber.new { factory.load(message) }.resume }
      GC.start
      expect(box_factory.load(message)).to eq([1, box.new([1]), "end"])
    end
  end

  describe "other calls" do
    it "load and dump with the same factory" do
      factory = nil
      factory = reading { |child| factory.load(factory.dump([child.read, box.new(nil).value])) }
      expect(factory.load(message)).to eq([1, [[1], nil], "end"])
    end

    it "change the source of a one-shot call, which has been taken" do
      ["gone", "", "x" * 10_000].each do |replacement|
        source = bytes(message)
        factory = reading { |child| child.read && source.replace(replacement) && GC.start }
        expect(factory.load(source)).to eq([1, nil, "end"])
      end
    end

    it "read another stream of the same io" do
      io = StringIO.new(message)
      factory = reading { |child| [child.read, io.read(1)] }
      unpacker = factory.unpacker(io)
      expect(unpacker.read).to eq([1, [[1], nil], "end"])
    end
  end

  describe "packing" do
    # A factory whose packing handler of type 1 is the block.
    def writing(&block)
      box_factory(packer: block)
    end

    forbidden = {
      "clear" => ->(packer) { packer.clear }, "reset" => ->(packer) { packer.reset },
      "full_pack" => ->(packer) { packer.full_pack }, "write_to" => ->(packer) { packer.write_to(StringIO.new) },
      "buffer.clear" => ->(packer) { packer.buffer.clear }, "buffer.read" => ->(packer) { packer.buffer.read },
      "buffer.skip(1)" => ->(packer) { packer.buffer.skip(1) }
    }

    forbidden.each do |name, call|
      it "raises RuntimeError for #{name}, after which the write goes on" do
        errors = []
        factory = writing do |it, packer|
          packer.write(it.value)
          errors << error_of { call.call(packer) }
        end
        expect(factory.packer.write([1, box.new([box.new(2)]), 3]).to_s)
          .to eq(bytes(0x93, 1, ext_bytes(1, bytes(0x91, ext_bytes(1, "\x02"))), 3))
        expect(factory.dump(box.new(7))).to eq(ext_bytes(1, "\x07"))
        expect(errors.map(&:class)).to eq([RuntimeError] * 3)
      end

      it "rolls back if nobody rescues the error of #{name}" do
        packer = writing { |_, given| call.call(given.write("x")) }.packer.write(3)
        expect { packer.write([1, box.new(2)]) }.to raise_one_of(RuntimeError)
        expect(packer.to_s).to eq(hex("03"))
        expect { call.call(packer) }.not_to raise_error
      end
    end

    it "writes to other packers meanwhile" do
      other = MessagePack::Packer.new
      factory = nil
      factory = writing do |it, packer|
        other.write([it.value])
        packer.write(it.value == 1 ? factory.dump(box.new(2)) : it.value)
      end
      expect(factory.dump([box.new(1)])).to eq(bytes(0x91, ext_bytes(1, bytes(0xc4, 3, hex("d4 01 02")))))
      expect(other.to_s).to eq(hex("91 01 91 02"))
    end

    it "keeps packers apart that wait inside their handlers" do
      factory = writing do |it, packer|
        packer.write(it.value)
        Fiber.yield
        packer.write("after")
      end
      fibers = Array.new(3) { |number| Fiber.new { factory.packer.write([box.new(number), number]).to_s } }
      one_shot = Fiber.new { factory.dump([box.new(9), 9]) }
      [*fibers, one_shot].each(&:resume)
      expect([*fibers, one_shot].map(&:resume))
        .to eq([0, 1, 2, 9].map { |number| bytes(0x92, ext_bytes(1, bytes(number, 0xa5, "after")), number) })
    end

    it "refuses to go on with a container that the handler has changed" do
      list = [1, box.new(2), 3]
      packer = writing { |_, given| list.clear && given.write(7) }.packer.write(3)
      expect { packer.write(list) }.to raise_one_of(RuntimeError)
      expect(packer.to_s).to eq(hex("03"))
    end

    it "may keep its packer, and change nothing that was written" do
      kept = nil
      factory = writing { |it, packer| (kept = packer).write(it.value) }
      packed = factory.dump([box.new("x" * 50)])
      expected = packed.dup
      begin
        kept.write("y" * 5_000)
      rescue RuntimeError
        nil
      end
      GC.start
      expect(packed).to eq(expected).and eq(bytes(0x91, ext_bytes(1, bytes(0xd9, 50, "x" * 50))))
      expect(factory.dump(box.new(1))).to eq(hex("d4 01 01"))
    end
  end
end
