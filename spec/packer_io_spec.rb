# frozen_string_literal: true

# A Packer over an io: when it hands bytes over, and what happens if the io takes few of them, none, or raises.
RSpec.describe MessagePack::Packer, "with an io" do
  let(:io) { ScriptedSink.new }
  let(:packer) { described_class.new(io) }
  let(:threshold) { 32 * 1024 }

  it "keeps what is small until it is flushed" do
    packer.write([1]).write("ab")
    expect([io.taken, packer.size]).to eq(["", 5])
    expect(packer.flush).to equal(packer)
    expect([io.taken, packer.size, packer.to_s]).to eq([hex("91 01 a2 61 62"), 0, ""])
  end

  it "does nothing at flush when there is nothing, or no io" do
    packer.flush
    expect(io.given).to eq([])
    without = described_class.new
    expect(without.write(1).flush).to equal(without)
    expect(without.to_s).to eq(hex("01"))
  end

  it "hands over by itself between calls, from 32 KiB on" do
    packer.write("a" * (threshold - 4))
    expect([packer.size, io.taken.bytesize]).to eq([threshold - 1, 0])
    # The second call makes sure that there is a "between", whichever side of it the bytes go on.
    packer.write(1).write(2)
    expect(io.taken.bytesize).to be >= threshold
    packer.flush
    expect(io.taken == bytes(0xda, [threshold - 4].pack("n"), "a" * (threshold - 4), 1, 2)).to be(true)
  end

  it "never holds much more than 32 KiB of small writes" do
    held = Array.new(3000) { packer.write("x" * 50).size }
    expect(held.max).to be < threshold + 52
    packer.flush
    expect(io.taken == bytes(0xd9, 50, "x" * 50) * 3000).to be(true)
  end

  it "hands over nothing of a failing call below 1 MiB" do
    packer.write(1)
    expect { packer.write([*["x" * 30_000] * 30, Object.new]) }.to raise_error(NoMethodError)
    expect([io.given.size, packer.to_s]).to eq([0, hex("01")])
    packer.write(2).flush
    expect(io.taken).to eq(hex("01 02"))
  end

  it "hands over calls of any size in order", :aggregate_failures do
    object = { "list" => Array.new(40) { |i| i.to_s * 50_000 }, "one" => "y" * 1_500_000, "bin" => ("z" * 70_000).b }
    packer.write(1).write(object).write(2).flush
    unpacker = MessagePack::Unpacker.new.feed(io.taken)
    expect(unpacker.read).to eq(1)
    expect(unpacker.read == object).to be(true)
    expect(unpacker.read).to eq(2)
  end

  describe "that takes less than it is given" do
    it "gets the rest again, until it has everything" do
      io = ScriptedSink.new(1, 3, 2)
      described_class.new(io).write("abcdefghij").flush
      expect(io.taken).to eq(bytes(0xaa, "abcdefghij"))
      expect(io.given.map(&:bytesize)).to eq([11, 10, 7, 5])
    end

    it "gets the rest of large data again" do
      io = ScriptedSink.new(*[1000] * 20)
      described_class.new(io).write("a" * 600_000).write("b" * 100_000).flush
      expect(io.taken == bytes(0xdb, [600_000].pack("N"), "a" * 600_000, 0xdb, [100_000].pack("N"), "b" * 100_000))
        .to be(true)
    end

    it "is an IOError when it takes nothing, and nothing is lost" do
      io = ScriptedSink.new(2, 0)
      packer = described_class.new(io).write("abcd")
      expect { packer.flush }.to raise_error(IOError)
      expect([io.taken, packer.to_s]).to eq([bytes(0xa4, "a"), "bcd"])
      packer.flush
      expect(io.taken).to eq(bytes(0xa4, "abcd"))
    end

    [nil, true, :all, "2", 2.0, 100, 2**70, Object.new].each do |result|
      it "counts as having taken all when it tells #{result.class} #{result.inspect[0, 20]}" do
        io = ScriptedSink.new(proc { result })
        expect(described_class.new(io).write("abcd").flush.size).to eq(0)
        expect(io.given).to eq([bytes(0xa4, "abcd")])
      end
    end
  end

  describe "that raises" do
    it "loses nothing" do
      io = ScriptedSink.new(IOError.new("mine"))
      packer = described_class.new(io).write([1, 2])
      expect { packer.flush }.to raise_error(IOError, "mine")
      expect([packer.to_s, io.taken]).to eq([hex("92 01 02"), ""])
      packer.write(3).flush
      expect(io.taken).to eq(hex("92 01 02 03"))
    end

    it "loses nothing after a short write either, and repeats nothing" do
      io = ScriptedSink.new(2, Errno::EPIPE.new("mine"))
      packer = described_class.new(io).write("abcd")
      expect { packer.flush }.to raise_error(Errno::EPIPE)
      expect([io.taken, packer.to_s]).to eq([bytes(0xa4, "a"), "bcd"])
      packer.flush
      expect(io.taken).to eq(bytes(0xa4, "abcd"))
    end

    it "loses nothing of several pieces" do
      io = ScriptedSink.new(700_000, IOError.new("mine"))
      packer = described_class.new(io)
      packer.buffer.write("a" * 600_000)
      packer.buffer.write("b" * 600_000)
      begin
        packer.flush
      rescue IOError
        packer.flush
      end
      expect(io.taken == ("a" * 600_000) + ("b" * 600_000)).to be(true)
    end

    it "may also throw" do
      io = ScriptedSink.new(proc { throw :out, :thrown })
      packer = described_class.new(io).write(1)
      expect(catch(:out) { packer.flush }).to eq(:thrown)
      packer.flush
      expect(io.taken).to eq(hex("01"))
    end
  end

  describe "whatever its kind" do
    it "may have << alone" do
      io = ScriptedAppendOnlySink.new
      described_class.new(io).write([1, "a"]).flush
      expect(io.taken).to eq(hex("92 01 a1 61"))
    end

    it "may be an Array or a String" do
      array = []
      string = String.new(encoding: Encoding::BINARY)
      [array, string].each { |io| described_class.new(io).write("é").write(1).flush }
      expect([array.join.b, string]).to all(eq(hex("a2 c3 a9 01")))
    end

    it "is asked for write before <<" do
      io = Class.new(ScriptedSink) { def <<(_bytes) = raise("asked") }.new
      described_class.new(io).write(1).flush
      expect(io.taken).to eq(hex("01"))
    end

    it "gets binary Strings of its own, with which it may do as it likes" do
      encoding = nil
      io = ScriptedSink.new(proc { |bytes| (encoding = bytes.encoding) && bytes.replace("spoiled") })
      packer = described_class.new(io).write("abc").flush
      expect(encoding).to be(Encoding::BINARY)
      packer.write("def").flush
      expect(io.taken).to eq(bytes(0xa3, "def"))
    end

    it "keeps what it was given, unchanged by later writes" do
      packer.write("abc").flush.write("def").flush
      expect(io.given).to eq([bytes(0xa3, "abc"), bytes(0xa3, "def")])
    end

    it "needs one of the two" do
      expect { described_class.new(Object.new).write(1).flush }.to raise_one_of(ArgumentError, TypeError, NoMethodError)
    end

    it "may be a pipe or a file" do
      reader, writer = IO.pipe(binmode: true)
      described_class.new(writer).write({ "a" => ["é"] }).flush
      writer.close
      expect(reader.read).to eq(hex("81 a1 61 91 a2 c3 a9"))
    ensure
      [reader, writer].compact.each(&:close)
    end
  end

  describe "#write_to" do
    it "hands everything to another io, tells how much, and is empty then" do
      other = ScriptedSink.new(1)
      packer = described_class.new.write([1, "ab"])
      expect([packer.write_to(other), packer.size, other.taken]).to eq([5, 0, hex("92 01 a2 61 62")])
      expect(packer.write_to(other)).to eq(0)
    end

    it "loses nothing when that io raises" do
      packer = described_class.new.write("abcd")
      other = ScriptedSink.new(2, IOError.new("mine"))
      expect { packer.write_to(other) }.to raise_error(IOError, "mine")
      packer.write_to(other)
      expect(other.taken).to eq(bytes(0xa4, "abcd"))
    end
  end
end
