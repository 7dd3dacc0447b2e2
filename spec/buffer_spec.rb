# frozen_string_literal: true

require "stringio"

# The Buffer without an io: a queue of bytes. With one: buffer_io_spec.rb; as an object: buffer_object_spec.rb.
RSpec.describe MessagePack::Buffer do
  let(:buffer) { described_class.new }

  # Longer than the threshold from which a String is referenced instead of copied.
  let(:long) { "long" * 150_000 }

  def filled(*parts)
    parts.each { |part| buffer.write(part) }
    buffer
  end

  describe ".new" do
    it "takes nothing, nil, an io, options, or an io and options" do
      io = StringIO.new
      buffers = [described_class.new, described_class.new(nil), described_class.new(nil, nil), described_class.new(io),
                 described_class.new(io, nil), described_class.new(io_buffer_size: 4096),
                 described_class.new(io, io_buffer_size: 4096)]
      expect(buffers.map(&:io)).to match([nil, nil, nil, equal(io), equal(io), nil, equal(io)])
    end

    %i[io_buffer_size read_reference_threshold write_reference_threshold].each do |option|
      it "takes #{option}, also if it is small or huge", :aggregate_failures do
        [0, 1, 1024, 1_000_000].each do |value|
          buffer = described_class.new(nil, option => value)
          buffer << "ab" << long
          expect(buffer.read == "ab#{long}").to be(true), value.to_s
        end
      end

      it "refuses a #{option} that is negative or no Integer" do
        expect { described_class.new(nil, option => -1) }.to raise_error(ArgumentError, /#{option}|negative/)
        ["1", :a, [1], Object.new].each do |value|
          expect { described_class.new(nil, option => value) }.to raise_error(TypeError)
        end
      end
    end

    it "ignores options that it does not know, and refuses a third argument" do
      expect(described_class.new(nil, no_such_option: 1).write("a")).to eq(1)
      expect { described_class.new(nil, nil, nil) }.to raise_error(ArgumentError)
    end
  end

  describe "#write, #<< and #append" do
    it "tells the bytes written, or self" do
      expect(buffer.write("é")).to eq(2)
      expect(buffer.write("")).to eq(0)
      expect([buffer << "b", buffer.append("c")]).to all(equal(buffer))
      expect(buffer.to_s).to eq(bytes("ébc"))
    end

    it "takes the bytes of a String of any encoding" do
      filled("é", "\xff".b, "é".encode("ISO-8859-1"), "a".encode("UTF-16LE"), Class.new(String).new("z"))
      expect(buffer.to_s).to eq(hex("c3 a9 ff e9 61 00 7a"))
    end

    it "takes another Buffer, which it leaves as it is, and itself" do
      other = described_class.new << "other"
      expect([buffer.write("<"), buffer.write(other), buffer << other]).to match([1, 5, equal(buffer)])
      expect([buffer.to_s, other.to_s]).to eq(%w[<otherother other])
      expect([other.write(other), other.to_s]).to eq([5, "otherother"])
    end

    it "keeps what a String was, whatever becomes of it" do
      short = +"short"
      filled(short)
      short.replace("other")
      expect(buffer.to_s).to eq("short")
    end

    it "keeps what a long String was" do
      string = long.dup
      filled("a", string, "z")
      string.replace("x" * string.bytesize)
      GC.start
      expect(buffer.read == "a#{long}z").to be(true)
    end

    [nil, 1, :a, ["a"], Object.new].each do |value|
      it "refuses #{value.class}" do
        %i[write << append].each do |name|
          expect { buffer.public_send(name, value) }.to raise_error(TypeError, /String/)
        end
        expect(buffer.size).to eq(0)
      end
    end
  end

  describe "#read" do
    it "gives up to n bytes, and nil at the end" do
      filled("abc", "de")
      expect([buffer.read(2), buffer.read(2), buffer.read(2), buffer.read(2)]).to eq(["ab", "cd", "e", nil])
    end

    it "gives everything without n or with nil, and an empty String at the end" do
      expect([filled("abc", "de").read, buffer.read, buffer.read(nil)]).to eq(["abcde", "", ""])
    end

    it "gives an empty String for 0 bytes, with or without content" do
      expect([buffer.read(0), filled("a").read(0), buffer.size]).to eq(["", "", 1])
    end

    it "gives binary Strings of its own" do
      filled("abcdef")
      first = buffer.read(3)
      first << "!"
      expect([first.encoding, buffer.read, buffer.read.encoding]).to eq([Encoding::BINARY, "def", Encoding::BINARY])
    end

    it "fills the String given, and gives that back" do
      filled("abcdef")
      out = +"before"
      expect(buffer.read(2, out)).to equal(out).and eq("ab")
      expect(buffer.read(nil, out)).to equal(out).and eq("cdef")
    end

    it "empties the String given at the end, where it gives nil or that String" do
      out = +"before"
      expect([buffer.read(1, out), out]).to eq([nil, ""])
      out << "again"
      expect(buffer.read(nil, out)).to equal(out).and eq("")
    end

    it "refuses a String that is frozen or none" do
      filled("ab")
      expect { buffer.read(1, "frozen") }.to raise_error(FrozenError)
      [1, :a, []].each { |out| expect { buffer.read(1, out) }.to raise_error(TypeError) }
    end
  end

  describe "#read_all" do
    it "gives exactly n bytes" do
      filled("abc", "de")
      expect([4, 0, 1, 0].map { |n| buffer.read_all(n) }).to eq(["abcd", "", "e", ""])
    end

    it "gives everything without n" do
      expect([filled("abc").read_all, buffer.read_all, buffer.read_all(nil)]).to eq(["abc", "", ""])
    end

    it "raises UnderflowError where there is less, and consumes nothing" do
      filled("abc", "de")
      expect { buffer.read_all(6) }.to raise_error(MessagePack::UnderflowError)
      expect { buffer.read_all(2**40) }.to raise_error(MessagePack::UnderflowError)
      expect([buffer.size, buffer.read_all(5)]).to eq([5, "abcde"])
    end

    it "fills the String given" do
      out = +"before"
      expect(filled("abc").read_all(2, out)).to equal(out).and eq("ab")
      expect(buffer.size).to eq(1)
    end
  end

  describe "#skip and #skip_all" do
    it "skip up to n bytes and tell how many" do
      filled("abc", "de")
      expect([buffer.skip(2), buffer.skip(0), buffer.skip(10), buffer.skip(1)]).to eq([2, 0, 3, 0])
    end

    it "skip exactly n bytes and give self" do
      filled("abc", "de")
      expect([buffer.skip_all(4), buffer.skip_all(0)]).to all(equal(buffer))
      expect(buffer.to_s).to eq("e")
    end

    it "raise UnderflowError where there is less, and consume nothing" do
      filled("abc", "de")
      expect { buffer.skip_all(6) }.to raise_error(MessagePack::UnderflowError)
      expect(buffer.to_s).to eq("abcde")
    end
  end

  { read: [], read_all: [], skip: [nil], skip_all: [nil] }.each do |name, more|
    it "refuses lengths that are negative or no Integer in #{name}" do
      filled("abc")
      expect { buffer.public_send(name, -1) }.to raise_error(ArgumentError)
      ["1", :a, [1], 1.5, Object.new, *more].each do |length|
        expect { buffer.public_send(name, length) }.to raise_one_of(TypeError, ArgumentError)
      end
      expect(buffer.to_s).to eq("abc")
    end
  end

  describe "#to_s, #to_str and #to_a" do
    it "give binary copies" do
      filled("é", "a")
      buffer.to_s << "!"
      expect([buffer.to_s, buffer.to_str, buffer.to_a.join.b]).to all(eq(hex("c3 a9 61")))
      expect([buffer.to_s.encoding, buffer.to_str.encoding]).to all(be(Encoding::BINARY))
      expect("<" + buffer).to eq("<éa".b) # rubocop:disable Style/StringConcatenation -- to_str is what is tried
    end

    it "give pieces that joined are the whole, and change nothing when changed" do
      filled("a", long, "b")
      pieces = buffer.to_a
      expect(pieces).to all(be_a(String))
      expect(pieces.join == "a#{long}b").to be(true)
      pieces.each { |piece| piece.replace("spoiled") unless piece.frozen? }
      expect(buffer.to_s == "a#{long}b").to be(true)
    end
  end

  it "tells size and empty?" do
    expect([buffer.size, buffer.empty?]).to eq([0, true])
    filled("é", long)
    expect([buffer.size, buffer.empty?]).to eq([2 + long.bytesize, false])
    buffer.read(3)
    expect(buffer.size).to eq(long.bytesize - 1)
  end

  it "forgets everything at clear, which gives nil" do
    expect([filled("abc", long).clear, buffer.size, buffer.to_s]).to eq([nil, 0, ""])
    expect(filled("d").to_s).to eq("d")
  end

  it "has no io, and neither flush nor close do anything then" do
    expect([filled("a").io, buffer.close]).to eq([nil, nil])
    expect(buffer.flush).to equal(buffer)
  end

  it "is a queue, whatever the sizes" do
    random = Random.new(42)
    written = String.new(encoding: Encoding::BINARY)
    read = String.new(encoding: Encoding::BINARY)
    400.times do |i|
      part = random.bytes(random.rand(10) < 9 ? random.rand(300) : random.rand(20_000))
      written << part
      filled(part)
      read << (buffer.read(random.rand(1..2000)) || "") if i.odd?
      expect(buffer.size).to eq(written.bytesize - read.bytesize)
    end
    expect(read + buffer.read == written).to be(true)
  end

  it "is a queue of strings that are referenced, too" do
    filled("a", long, "b", "x", long, "c")
    expect(buffer.read(3)).to eq("alo")
    expect(buffer.skip(long.bytesize)).to eq(long.bytesize)
    expect(buffer.read_all(long.bytesize) == "#{long}c"[0...-1]).to be(true)
    expect(buffer.read).to eq("c")
  end

  describe "#write_extended_header" do
    { 0 => "c7 00 05", 1 => "d4 05", 2 => "d5 05", 3 => "c7 03 05", 4 => "d6 05", 8 => "d7 05", 16 => "d8 05",
      17 => "c7 11 05", 255 => "c7 ff 05", 256 => "c8 01 00 05", 65_535 => "c8 ff ff 05",
      65_536 => "c9 00 01 00 00 05", (2**32) - 1 => "c9 ff ff ff ff 05" }.each do |length, expected|
      it "writes that of #{length} bytes, and gives self" do
        expect(buffer.write_extended_header(5, length)).to equal(buffer)
        expect(buffer.to_s).to eq(hex(expected))
      end
    end

    it "refuses what is out of range and what is no Integer, and writes nothing" do
      [[1, -1], [1, 2**32], [128, 1], [-129, 1]].each do |typenr, length|
        expect { buffer.write_extended_header(typenr, length) }.to raise_one_of(RangeError, ArgumentError)
      end
      [[nil, 1], [1, nil], ["1", 1]].each do |typenr, length|
        expect { buffer.write_extended_header(typenr, length) }.to raise_one_of(TypeError, ArgumentError)
      end
      expect(buffer.size).to eq(0)
    end
  end
end
