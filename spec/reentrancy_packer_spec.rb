# frozen_string_literal: true

require "stringio"

# What a handler may do to the Packer that has called it, and to the objects that are being written.
RSpec.describe MessagePack::Packer, "inside a handler" do
  let(:packer) { described_class.new }

  # An object for each way in which a Packer calls user code. The handler runs the block and writes 7, in the one case
  # as the payload of an extended type.
  #
  # @return [Hash{String => Array}] to the object and what it is written as
  def subjects(packer, &block)
    plain = Class.new { define_method(:to_msgpack) { |given| block.call(given) && given.write(7) } }
    low, high = Array.new(2) { Class.new }
    packer.register_lowlevel(low) { |_object, given| block.call(given) && given.write(7) }
    packer.register_exttype(high, 5) { block.call(packer) && "7" }
    { "to_msgpack" => [plain.new, hex("07")], "a low-level handler" => [low.new, hex("07")],
      "a high-level handler" => [high.new, hex("d4 05 37")] }
  end

  forbidden = {
    "clear" => ->(packer) { packer.clear }, "reset" => ->(packer) { packer.reset },
    "full_pack" => ->(packer) { packer.full_pack }, "write_to" => ->(packer) { packer.write_to(StringIO.new) },
    "buffer.clear" => ->(packer) { packer.buffer.clear }, "buffer.read" => ->(packer) { packer.buffer.read },
    "buffer.read(1)" => ->(packer) { packer.buffer.read(1) }, "buffer.skip(1)" => ->(packer) { packer.buffer.skip(1) },
    "buffer.read_all" => ->(packer) { packer.buffer.read_all },
    "buffer.read_all(1)" => ->(packer) { packer.buffer.read_all(1) },
    "buffer.skip_all(1)" => ->(packer) { packer.buffer.skip_all(1) },
    "buffer.write_to" => ->(packer) { packer.buffer.write_to(StringIO.new) }
  }

  forbidden.each do |name, call|
    it "raises RuntimeError for #{name}, after which the write goes on" do
      block = ->(given) { expect { call.call(given) }.to raise_one_of(RuntimeError) }
      subjects(packer, &block).each do |where, (object, written)|
        packer.write([1, object, 2])
        expect(packer.full_pack).to eq(bytes(0x93, 1, written, 2)), where
      end
    end

    it "rolls the write back if nobody rescues the error of #{name}, which works again then" do
      subjects(packer, &call).each do |where, (object, _written)|
        packer.clear
        packer.write(3)
        expect { packer.write([1, object, 2]) }.to raise_one_of(RuntimeError)
        expect(packer.to_s).to eq(hex("03")), where
        expect { call.call(packer) }.not_to raise_error
      end
    end
  end

  it "lets clear work again after a throw out of it" do
    klass = Class.new
    packer.register_lowlevel(klass) { throw :out }
    catch(:out) { packer.write([klass.new]) }
    expect { packer.clear }.not_to raise_error
    expect(packer.write(1).full_pack).to eq(hex("01"))
  end

  it "shows what is written so far" do
    seen = []
    block = lambda do |given|
      seen << [given.to_s, given.to_str, given.size, given.empty?, given.buffer.size, given.buffer.to_s]
    end
    subjects(packer, &block).each_value do |object, _written|
      packer.write([1, { "a" => object }])
      packer.clear
    end
    so_far = hex("92 01 81 a1 61")
    expect(seen).to eq([[so_far, so_far, 5, false, 5, so_far]] * 3)
  end

  it "writes to the packer again, to any depth" do
    klass = Class.new
    packer.register_lowlevel(klass) do |_object, given|
      given.write_array_header(3).write({ "k" => ["v"] })
      given.buffer << hex("c0")
      given.write_ext(5, "x")
    end
    packer.write([klass.new, { "a" => klass.new }])
    part = hex("93 81 a1 6b 91 a1 76 c0 d4 05 78")
    expect(packer.to_s).to eq(bytes(0x92, part, 0x81, 0xa1, "a", part))
  end

  it "writes with other packers and packs with the module functions" do
    other = described_class.new
    subjects(packer) { |_| MessagePack.pack([other.write([1]).size, "inner"]) && MessagePack.unpack(hex("91 01")) }
      .each_value do |object, written|
        expect(packer.write([object, "x"]).full_pack).to eq(bytes(0x92, written, 0xa1, "x"))
      end
    expect(other.to_s).to eq(hex("91 01") * 3)
  end

  it "registers and unregisters for the writes to come" do
    added = Class.new { def to_msgpack(packer) = packer.write("low") }
    object = subjects(packer) { |given| given.register_exttype(added, 9) { "high" } }.dig("to_msgpack", 0)
    packer.write(object).write(added.new)
    expect(packer.full_pack).to eq(bytes(0x07, 0xd6, 9, "high"))
    object = subjects(packer) { |given| given.unregister_exttype(added) || true }.dig("a high-level handler", 0)
    expect(packer.write(object).write(added.new).full_pack).to eq(bytes(0xd4, 5, "7", 0xa3, "low"))
  end

  it "keeps everything alive while the GC runs" do
    subjects(packer) { |_| GC.start || Array.new(8) { |i| "garbage #{i}" } }.each_value do |object, written|
      packer.write(["a" * 30, object, { "b" * 20 => object }, "c"])
      expect(packer.full_pack).to eq(bytes(0x94, 0xbe, "a" * 30, written, 0x81, 0xb4, "b" * 20, written, 0xa1, "c"))
    end
  end

  describe "flush" do
    let(:io) { ScriptedSink.new }

    it "does nothing without an io" do
      subjects(packer, &:flush).each_value do |object, written|
        expect(packer.write([1, object]).full_pack).to eq(bytes(0x92, 1, written))
      end
    end

    it "hands over what is there, and the rest follows" do
      packer = described_class.new(io)
      subjects(packer, &:flush).each_value do |object, written|
        io.taken.clear
        packer.write([1, object, 2])
        expect([io.taken, packer.to_s]).to eq([hex("93 01"), bytes(written, 2)])
        packer.flush
        expect(io.taken).to eq(bytes(0x93, 1, written, 2))
      end
    end

    it "cannot be undone by a later error: what was flushed stays, what was not is gone" do
      packer = described_class.new(io).write(3)
      klass = Class.new
      packer.register_lowlevel(klass) { |_object, given| given.flush.write("partial") && raise(IOError, "mine") }
      expect { packer.write([1, klass.new]) }.to raise_error(IOError, "mine")
      expect([io.taken, packer.to_s]).to eq([hex("03 92 01"), ""])
    end
  end

  describe "another thread that comes in meanwhile" do
    def in_thread(&)
      Thread.new(&).tap { |thread| thread.report_on_exception = false }.value
    end

    it "is refused what the handler is refused" do
      forbidden.each do |name, call|
        klass = Class.new
        packer.register_lowlevel(klass) do |_object, given|
          expect { in_thread { call.call(given) } }.to raise_one_of(RuntimeError), name
          given.write(7)
        end
        expect(packer.write([klass.new]).full_pack).to eq(hex("91 07"))
      end
    end

    it "may look at the packer, and write to it" do
      klass = Class.new
      packer.register_lowlevel(klass) do |_object, given|
        in_thread { given.write(given.size) }
      end
      expect(packer.write([klass.new]).full_pack).to eq(hex("91 01"))
    end
  end

  describe "changing the containers that are being written" do
    # Writes a container in which `object` stands, which the block changes while it is written.
    def expect_changed(container, object, &change)
      object.define_singleton_method(:to_msgpack) { |given| change.call(container) && given.write(7) }
      packer.write(3)
      expect { packer.write([0, container]) }.to raise_one_of(RuntimeError)
      expect(packer.full_pack).to eq(hex("03"))
    end

    {
      "appends to an Array" => ->(array) { array << 1 }, "takes from its end" => ->(array) { array.pop },
      "takes from its beginning" => ->(array) { array.shift }, "clears it" => ->(array) { array.clear },
      "makes it much longer" => ->(array) { array.concat([nil] * 100_000) },
      "inserts before the object" => ->(array) { array.unshift(0) }
    }.each do |name, change|
      it "raises RuntimeError if a handler #{name}, and rolls back" do
        object = Object.new
        expect_changed([1, object, "three", 4], object, &change)
      end
    end

    it "raises RuntimeError if the last element of an Array changes its length" do
      object = Object.new
      expect_changed([1, object], object) { |array| array << 1 }
      expect_changed([1, object], object, &:clear)
    end

    {
      "adds to a Hash" => ->(hash) { hash["new"] = 1 }, "deletes a later pair" => ->(hash) { hash.delete("z") || true },
      "deletes an earlier pair" => ->(hash) { hash.delete("a") || true }, "clears it" => ->(hash) { hash.clear }
    }.each do |name, change|
      it "raises RuntimeError if a handler #{name}, and rolls back" do
        object = Object.new
        expect_changed({ "a" => 1, "k" => object, "z" => 2 }, object, &change)
        many = (0...40).to_h { |i| [i, i.to_s] }
        expect_changed({ "a" => 1, "k" => object, "z" => 2, **many }, object, &change)
      end
    end

    it "raises RuntimeError if the object is a key" do
      object = Object.new
      expect_changed({ "a" => 1, object => 2, "z" => 3 }, object) { |hash| hash.delete("z") }
    end

    it "writes one or the other where the count stays the same" do
      object = Object.new
      array = [object, "before", 3]
      object.define_singleton_method(:to_msgpack) do |given|
        array[1] = "after!"
        GC.start
        given.write(7)
      end
      possible = %w[before after!].map { |text| bytes(0x93, 7, 0xa6, text, 3) }
      expect(possible).to include(packer.write(array).to_s)
    end

    it "writes what a payload was when the handler returned it" do
      payload = +"payload"
      klass = Class.new
      packer.register_exttype(klass, 5) { payload }
      packer.write([klass.new, klass.new])
      payload.replace("changed")
      expect(packer.to_s).to eq(bytes(0x92, 0xc7, 7, 5, "payload", 0xc7, 7, 5, "payload"))
    end
  end
end
