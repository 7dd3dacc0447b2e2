# frozen_string_literal: true

require "objspace"

# What ObjectSpace.memsize_of tells of whoever holds 1 MiB and more. Bytes held are the unread ones, however they came:
# those of a String that is referred to instead of copied are held, too, and counted by who refers to it.
RSpec.describe "ObjectSpace.memsize_of" do
  mebibyte = 1024 * 1024

  def memsize(object) = ObjectSpace.memsize_of(object)

  # Within 10 % of so many bytes.
  def be_about(bytes) = be_within(bytes / 10).of(bytes)

  # Calls the block with pieces until it has had at least so many bytes.
  def pieces(size, total)
    (total / size.to_f).ceil.times { |number| yield (97 + (number % 26)).chr * size }
  end

  # It and what it refers to.
  def memsize_with_references(object)
    memsize(object) + ObjectSpace.reachable_objects_from(object).grep_v(Module).sum { |other| memsize(other) }
  end

  describe "of a Buffer" do
    let(:buffer) { MessagePack::Buffer.new }

    [10, 1000, 4096, 16_383, 16_384, 100_000, mebibyte].each do |size|
      it "is what it holds in pieces of #{size} bytes" do
        pieces(size, mebibyte) { |piece| buffer << piece }
        expect(memsize(buffer)).to be_about(buffer.size)
      end
    end

    it "is what it holds in copied pieces that fill half of a chunk and more" do
      buffer = MessagePack::Buffer.new(write_reference_threshold: 500_000)
      pieces(40_000, 2 * mebibyte) { |piece| buffer << piece }
      expect(memsize(buffer)).to be_about(buffer.size)
    end

    # Chunks count as long as they hold anything; they are up to a 16th of what was held. The first and the last are not
    # full.
    it "follows what is read, but for two chunks" do
      pieces(4096, 4 * mebibyte) { |piece| buffer << piece }
      until buffer.size < mebibyte
        buffer.skip(500_000)
        expect(memsize(buffer)).to be_between(buffer.size, buffer.size + (2 * 4 * mebibyte / 16))
      end
      buffer.clear
      expect(memsize(buffer)).to be < 450
    end

    it "counts what it has from another Buffer" do
      pieces(mebibyte, 2 * mebibyte) { |piece| buffer << piece }
      other = MessagePack::Buffer.new
      other << buffer
      expect(memsize(other)).to be_about(2 * mebibyte)
    end
  end

  describe "of a Packer" do
    let(:packer) { MessagePack::Packer.new }

    it "is what it has packed" do
      packer.write(Array.new(300_000) { |number| number })
      expect(memsize(packer)).to be_about(packer.size)
      packer.write("text") until packer.size > 2 * mebibyte
      expect(memsize(packer)).to be_about(packer.size)
    end

    it "counts Strings that it refers to" do
      2.times { packer.write("x" * mebibyte) }
      expect(memsize(packer)).to be_about(2 * mebibyte)
    end

    it "is what it was after a write that fails" do
      packer.write("x" * 100_000)
      before = memsize(packer)
      expect { packer.write(["y" * mebibyte, "z" * 100, Object.new]) }.to raise_error(NoMethodError)
      expect(memsize(packer)).to be_within(64 * 1024).of(before)
    end

    it "counts the payload of an extended type that is being written, and what waits around it" do
      sizes = []
      payload = lambda do |box, child|
        child.write("x" * 1000) until child.buffer.size > mebibyte
        child.write(box.value)
        sizes << memsize(child)
      end
      packer = box_factory(packer: payload).packer
      packer.write([FactoryHelpers::Box.nested(3)])
      # The innermost is asked first, with two that wait around it; the outermost last, when it has all.
      expect(sizes).to match([be_about(3 * mebibyte)] * 3)
    end

    it "is a new one's when all has been handed over" do
      new = memsize(packer)
      packer.write("x" * mebibyte).full_pack
      expect(memsize(packer)).to eq(new)
    end
  end

  describe "of an Unpacker" do
    let(:unpacker) { MessagePack::Unpacker.new }

    def expect_underflow_of(unpacker)
      expect { unpacker.read }.to raise_error(MessagePack::UnderflowError)
    end

    [100, 4096, 20_000, mebibyte].each do |size|
      it "is what it was fed in pieces of #{size} bytes" do
        pieces(size, mebibyte) { |piece| unpacker.feed(piece) }
        expect(memsize(unpacker)).to be_about(unpacker.buffer.size)
      end

      it "is what it has of a string, fed in pieces of #{size} bytes" do
        unpacker.feed([0xdb, 3 * mebibyte].pack("CN"))
        pieces(size, 2 * mebibyte) do |piece|
          unpacker.feed(piece)
          expect_underflow_of(unpacker)
        end
        expect(memsize(unpacker)).to be_about(2 * mebibyte)
      end
    end

    it "counts no values of a large array or map, which are in a container of Ruby's already" do
      [[0xdd, "\x01".b], [0xdf, nil]].each do |head, element|
        unpacker.reset
        unpacker.feed([head, 500_000].pack("CN"))
        150_000.times { |number| unpacker.feed(element || [0xce, number, 1].pack("CNC")) }
        expect_underflow_of(unpacker)
        expect(unpacker.buffer.size).to eq(0)
        expect(memsize(unpacker)).to be < 256 * 1024
        expect(memsize_with_references(unpacker)).to be > 150_000 * 8
      end
    end

    # What it has asked for: twice as much each time that it was full.
    it "counts the values that wait for the ends of many containers" do
      unpacker.feed("\xdc\x03\xe8#{"\xc0" * 999}".b * 400)
      expect_underflow_of(unpacker)
      expect(memsize(unpacker)).to be_between(8 * 999 * 400, 16 * 999 * 400)
      unpacker.reset
      expect(memsize(unpacker)).to be < 16 * 1024
    end

    it "is a new one's when all has been read" do
      new = memsize(unpacker)
      unpacker.feed(MessagePack.pack("x" * mebibyte)).read
      expect(memsize(unpacker)).to be_within(1024).of(new)
    end
  end

  it "of a pool's members is what it was after large messages" do
    pool = MessagePack::Factory.new.pool(1)
    sizes = -> { [pool.packer { |packer| memsize(packer) }, pool.unpacker { |unpacker| memsize(unpacker) }] }
    before = sizes.call
    expect(pool.load(pool.dump(["x" * mebibyte] + ([[1]] * 10_000))).size).to eq(10_001)
    expect(sizes.call).to match(before.map { |size| be_within(16 * 1024).of(size) })
  end

  it "is what the process takes, measured with 32 MiB each", :slow do
    held = reports_of(<<~'RUBY')
      def hold(name)
        before = resident
        holders = yield
        report(name, resident - before, holders.sum { |holder| memsize(holder) })
        holders
      end
      def repeat(size, piece) = (size * 1024 * 1024 / piece.bytesize).times { yield piece }

      kept = []
      kept << hold("Buffer") do
        [MessagePack::Buffer.new].each { |buffer| repeat(32, "x" * 1000) { |piece| buffer << piece } }
      end
      kept << hold("Buffer of Strings") do
        [MessagePack::Buffer.new].each { |buffer| 32.times { buffer << ("x" * 1024 * 1024) } }
      end
      kept << hold("Packer") do
        [MessagePack::Packer.new].each { |packer| repeat(32, "x" * 998) { |text| packer.write(text) } }
      end
      kept << hold("Unpacker") do
        [MessagePack::Unpacker.new].each { |unpacker| repeat(32, "x" * 4096) { |piece| unpacker.feed(piece) } }
      end
      kept << hold("many Unpackers") do
        Array.new(32) { MessagePack::Unpacker.new.feed("\xdb\x00\x20\x00\x00".b).feed("x" * 1024 * 1024) }
      end
    RUBY
    expect(held.size).to eq(5)
    held.each { |name, (taken, told)| expect(told).to be_about(taken), "#{name}: #{told} of #{taken}" }
  end

  it "of an Unpacker counts the levels that are open", :slow do
    taken, told = reports_of(<<~'RUBY').fetch("levels")
      before = resident
      unpackers = Array.new(4) { MessagePack::Unpacker.new(max_depth: 2_000_000).feed("\x91".b * 1_000_000) }
      unpackers.each { |unpacker| unpacker.read rescue MessagePack::UnderflowError }
      report("levels", resident - before, unpackers.sum { |unpacker| memsize(unpacker) })
    RUBY
    expect(told).to be_about(taken)
  end
end
